/**
 * `npm run demo:cloud`: Verdigris deployed into an emulator of AWS on this machine, where it releases a
 * Lambda function behind an alias under live invocations. `-- --json` prints one JSON document and
 * nothing else. Exits with 1 when an outcome is not the expected one, an invocation found no version,
 * or a repeated event started a release. Needs Python 3.10 or later besides Node.js.
 */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import picocolors from 'picocolors';
import { followRelease } from '../cli/live.ts';
import { createSession, type Session } from '../cli/session.ts';
import type { Outcome } from '../lib/http/api.ts';
import { messageOf } from '../lib/release/errors.ts';
import { clientConfig } from './cloud/emulators.ts';
import { skippedGuarantees } from './cloud/guarantees.ts';
import { type Cloud, openCloud } from './cloud/open-cloud.ts';
import { openShop, type Shop } from './cloud/shop.ts';
import { type ReleaseReport, renderReport, reportRelease, summarize } from './demo/report.ts';
import { terminal } from './demo/terminal.ts';
import type { CloudDemoReport } from './demo-cloud/report.ts';
import { startVisitors, type Visitors } from './demo-cloud/visitors.ts';

const windowSeconds = 10;
const intervalSeconds = 2;
const visitsPerSecond = 20;
const isJson = process.argv.includes('--json');
const unknown = process.argv.slice(2).find((it) => it !== '--json');

/** Everything an act of the demo needs. */
interface Stage {
  cloud: Cloud;
  session: Session;
  shop: Shop;
  visitors: Visitors;
  reports: ReleaseReport[];
}

function say(...lines: string[]): void {
  if (!isJson) for (const line of lines) console.log(line);
}

function chapter(title: string, story: string): void {
  say('', picocolors.bold(picocolors.cyan(title)), picocolors.dim(story));
}

/** Puts a version into the bucket and follows the release that this starts. */
async function release(stage: Stage, version: string, title: string, expected: Outcome) {
  const { session, shop, visitors, reports } = stage;
  const artifact = await shop.put(version);
  const releaseId = await releaseOf(session, version);
  const following = followRelease(session, releaseId);
  // The same event once more, while its release runs.
  await shop.repeat(artifact);
  const status = await following;
  reports.push(reportRelease(title, expected, status, visitors.measure));
  await shop.repeat(artifact);
}

/** The id of the release that an artifact's event started. */
async function releaseOf({ api }: Session, version: string): Promise<string> {
  for (let tried = 0; tried < 300; tried += 1) {
    const { releases } = await api.releases({ service: 'storefront' });
    const found = releases.find((it) => it.version === version);
    if (found) return found.releaseId;
    await delay(100);
  }
  throw new Error(`the artifact ${version} started no release within half a minute`);
}

/** Executions of the release machine by the version they release. */
async function countExecutions({ cloud, reports }: Stage): Promise<Record<string, number>> {
  const client = new SFNClient(clientConfig(cloud.url));
  const stateMachineArn = cloud.outputs.ReleaseStateMachineArn;
  const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
  const counts = reports.map(({ version, releaseId }) => [
    version,
    executions.filter(({ name }) => name === releaseId).length,
  ]);
  const known = new Set(reports.map(({ releaseId }) => releaseId));
  const others = executions.filter(({ name }) => !known.has(name ?? '')).length;
  return { ...Object.fromEntries(counts), ...(others > 0 ? { others } : {}) };
}

async function play(stage: Stage): Promise<void> {
  chapter(
    'v2, a good one',
    'storefront/v2.zip lands in the bucket; its event arrives three times and starts one release.',
  );
  await release(stage, 'v2', 'v2 good', 'completed');
  chapter(
    'v3, cannot fill a cart',
    'Its checks pass; the alarm hears of it from users, and its SNS message pushes traffic back.',
  );
  await release(stage, 'v3', 'v3 fails for users', 'rolled-back');
  await finish(stage);
}

async function finish(stage: Stage): Promise<void> {
  const counts = await stage.visitors.stop();
  // A repeated event that started something would be visible by now.
  await delay(2000);
  const executions = await countExecutions(stage);
  const summary = summarize(stage.reports, counts);
  const isAsExpected =
    summary.isAsExpected && Object.values(executions).every((count) => count === 1);
  const report: CloudDemoReport = { ...summary, executions, skippedGuarantees, isAsExpected };
  if (isJson) console.log(JSON.stringify(report, null, 2));
  const started = Object.entries(executions).map(([version, count]) => `${version} ${count}`);
  say(
    '',
    picocolors.bold('What happened'),
    ...renderReport(report),
    `  executions of the release machine, three equal events each: ${started.join(', ')}`,
    '',
    picocolors.bold('What an emulator cannot show'),
    ...skippedGuarantees.map((it) => picocolors.dim(`  - ${it}`)),
    '',
  );
  process.exitCode = isAsExpected ? 0 : 1;
}

async function main(): Promise<void> {
  if (unknown) {
    console.error(`error: ${unknown} is no option of this demo; it knows --json`);
    process.exitCode = 2;
    return;
  }
  say(picocolors.bold('Verdigris on an emulated AWS: a Lambda function behind its alias'));
  const tell = (what: string) => say(picocolors.dim(`${what} …`));
  const cloud = await openCloud({ intervalSeconds, tell });
  let isEnding = false;
  const stop = () => {
    if (!isEnding) void cloud.close().then(() => process.exit(130));
    isEnding = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const options = { url: cloud.apiUrl, token: cloud.token, json: isJson };
    const session = await createSession(options, terminal());
    const shop = await openShop(cloud);
    await session.api.applyManifest('storefront', shop.manifest(windowSeconds, intervalSeconds));
    say(
      picocolors.dim(
        `emulator ${cloud.url}   API ${cloud.apiUrl}   ${visitsPerSecond} invocations/s all the time`,
      ),
    );
    const visitors = startVisitors(shop, visitsPerSecond);
    await play({ cloud, session, shop, visitors, reports: [] });
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    await cloud.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 1;
}
