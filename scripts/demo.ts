/**
 * `npm run demo`: real processes released blue/green under real traffic on this machine. `-- --json`
 * prints one JSON document and nothing else; `-- --keep` leaves everything running, with a release to
 * look at in the console. Exits with 1 when an outcome is not the expected one or a request failed
 * because of a switch.
 */
import process from 'node:process';
import picocolors from 'picocolors';
import { signInLink } from '../cli/commands/console.ts';
import { followRelease } from '../cli/live.ts';
import { createSession, type Session } from '../cli/session.ts';
import { renderEnding, renderEvent } from '../cli/timeline.ts';
import type { Outcome, ReleaseStatus } from '../lib/http/api.ts';
import { type LocalConductor, up } from '../lib/platform/local.ts';
import { createLocalMeasure } from './demo/local-experience.ts';
import { type ReleaseReport, renderReport, reportRelease, summarize } from './demo/report.ts';
import { createWorkplace, startTraffic, type Traffic, type Workplace } from './demo/storefront.ts';
import { terminal } from './demo/terminal.ts';

const requestsPerSecond = 120;
const isJson = process.argv.includes('--json');
const isKept = process.argv.includes('--keep');
const unknown = process.argv.slice(2).find((it) => !['--json', '--keep'].includes(it));

/** Everything an act of the demo needs. */
interface Stage {
  session: Session;
  conductor: LocalConductor;
  place: Workplace;
  reports: ReleaseReport[];
}

function say(...lines: string[]): void {
  if (!isJson) for (const line of lines) console.log(line);
}

function chapter(title: string, story: string): void {
  say('', picocolors.bold(picocolors.cyan(title)), picocolors.dim(story));
}

async function release(
  stage: Stage,
  version: string,
  title: string,
  expected: Outcome,
  onceLive: () => void = () => {},
) {
  const { session, place, reports, conductor } = stage;
  await untilQuiet(conductor, session);
  const artifact = { uri: place.artifact(version), version };
  const started = await session.api.startRelease({ service: 'storefront', artifact });
  const live = until(session, started.releaseId, (it) => it.watch !== null || it.outcome !== null);
  const told = live.then(onceLive);
  const status = await followRelease(session, started.releaseId);
  await told;
  reports.push(reportRelease(title, expected, status, measureOn(conductor)));
  return status;
}

/** The release is known already: only what is new of it is told. */
async function rollBack(stage: Stage, releaseId: string): Promise<void> {
  const { session, reports, conductor } = stage;
  const before = new Set((await session.api.release(releaseId)).events.map((event) => event.id));
  await session.api.rollback(releaseId, { reason: 'a customer found a bug' });
  const status = await until(session, releaseId, (it) => it.outcome !== null);
  const fresh = status.events.filter((event) => !before.has(event.id));
  const style = { color: session.hasColor, width: session.io.columns };
  say(...fresh.map((event) => renderEvent(event, fresh[0]?.at ?? '', style)));
  say(...renderEnding(status, style));
  const title = 'v2 undone by an operator';
  reports.push(reportRelease(title, 'rolled-back', status, measureOn(conductor)));
}

function measureOn(conductor: LocalConductor) {
  return createLocalMeasure(conductor.metrics, 'storefront');
}

/** A release is refused while its alarm still fires for the one before (rule 11). */
async function untilQuiet({ alarms }: LocalConductor, { io }: Session): Promise<void> {
  while (alarms.firing('storefront', ['storefront-5xx']).length > 0) await io.sleep(100);
}

async function until(session: Session, id: string, isThere: (status: ReleaseStatus) => boolean) {
  for (;;) {
    const status = await session.api.release(id);
    if (isThere(status)) return status;
    await session.io.sleep(50);
  }
}

async function play(stage: Stage): Promise<void> {
  const { conductor, place } = stage;
  say(
    picocolors.bold('Verdigris: blue/green releases of real processes under real traffic'),
    picocolors.dim(
      `storefront ${place.storefrontUrl}   API ${conductor.url}   ${requestsPerSecond} requests/s all the time`,
    ),
  );
  chapter('v1, the first release', 'Nothing is live yet; v1 gets all traffic.');
  let traffic: Traffic | undefined;
  await release(stage, 'v1', 'v1 first release', 'completed', () => {
    traffic = startTraffic(place.storefrontUrl, requestsPerSecond);
  });

  chapter('v2, a good one', 'Checked, switched in one step, watched, kept.');
  const second = await release(stage, 'v2', 'v2 good', 'completed');
  chapter(
    'v3, fails for real users only',
    'Its checks pass; the alarm sees it and pushes traffic back.',
  );
  await release(stage, 'v3', 'v3 fails under traffic', 'rolled-back');
  chapter('v4, five times slower', 'No alarm knows it; the comparison with blue does.');
  await release(stage, 'v4', 'v4 slow', 'rolled-back');
  chapter('v5, broken', 'Fails its checks and never sees a user.');
  await release(stage, 'v5', 'v5 fails its checks', 'discarded');
  chapter(
    'an operator changes their mind about v2',
    'Completed a while ago, still inside its retention time.',
  );
  // One that did not go live has nothing to undo; the table says what became of it.
  if (second.outcome === 'completed') await rollBack(stage, second.releaseId);

  const counts = await traffic?.stop();
  if (!counts) throw new Error('there was no traffic');
  const report = summarize(stage.reports, counts);
  if (isJson) console.log(JSON.stringify(report, null, 2));
  say('', picocolors.bold('What happened'), ...renderReport(report), '');
  process.exitCode = report.isAsExpected ? 0 : 1;
}

async function main(): Promise<void> {
  if (unknown) {
    console.error(`error: ${unknown} is no option of the demo; it knows --json and --keep`);
    process.exitCode = 2;
    return;
  }
  const place = await createWorkplace();
  const conductor = await up({ configPath: place.configPath });
  const end = async () => {
    await conductor.close();
    place.remove();
  };
  // One Ctrl-C may arrive twice: from the terminal, and passed on by whoever started us.
  let isEnding = false;
  const endWith = (code: number) => () => {
    if (!isEnding) void end().then(() => process.exit(code));
    isEnding = true;
  };
  process.on('SIGINT', endWith(130));
  process.on('SIGTERM', endWith(143));
  const session = await createSession(
    { url: conductor.url, token: conductor.token, json: isJson },
    terminal(),
  );
  try {
    const stage = { session, conductor, place, reports: [] };
    await play(stage);
    if (isKept) return await keep(stage);
  } catch (error) {
    await end();
    throw error;
  }
  await end();
}

/** Leaves everything running until Ctrl-C, with something to look at: users, and a release under way. */
async function keep(stage: Stage): Promise<void> {
  const { conductor, place } = stage;
  startTraffic(place.storefrontUrl, requestsPerSecond);
  await startLongRelease(stage);
  const tell = isJson ? console.error : console.log;
  const lines = [
    `console     ${signInLink(conductor.url, conductor.token)}`,
    '            v2 is being released again and watched for a quarter of an hour: look, and roll it back.',
    `            Then release v3 (fails for real users), v4 (slow) or v5 (broken) from ${place.artifact('v3')} …`,
    `storefront  ${place.storefrontUrl}  (its page shows which version is live)`,
    `API         ${conductor.url}  (token in ${place.directory}/.verdigris/token)`,
    `try         export VERDIGRIS_URL=${conductor.url} VERDIGRIS_TOKEN=${conductor.token}`,
    '            npm run verdigris -- rollback storefront',
    `            npm run verdigris -- release storefront --artifact ${place.artifact('v3')} --version v3 --watch`,
    'Ctrl-C ends it and removes the folder.',
  ];
  for (const line of lines) tell(line);
  setInterval(() => {}, 2 ** 30);
}

/** Releases v2 once more, and leaves time to look at it. */
async function startLongRelease({ session, conductor, place }: Stage): Promise<void> {
  const { manifest } = place;
  const watch = { ...(manifest.watch as object), window: '15m' };
  await session.api.applyManifest('storefront', { ...manifest, watch });
  await untilQuiet(conductor, session);
  const artifact = { uri: place.artifact('v2'), version: 'v2' };
  const { releaseId } = await session.api.startRelease({ service: 'storefront', artifact });
  await until(session, releaseId, (it) => it.watch !== null || it.outcome !== null);
}

await main();
