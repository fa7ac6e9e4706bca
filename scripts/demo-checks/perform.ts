import picocolors from 'picocolors';
import type { Traffic } from '../demo/storefront.ts';
import { type Arguments, UsageError } from './arguments.ts';
import type { Fault } from './faults.ts';
import {
  type ChecksReport,
  type FaultReport,
  type GoodReport,
  isAsExpected,
  type Skipped,
  tally,
  withAllRequests,
} from './judge.ts';
import { isCheckKind, type ShopManifest } from './manifest.ts';
import { createPlay, type Play } from './play.ts';
import {
  type Columns,
  columnsFor,
  renderEnding,
  renderFault,
  renderGood,
  renderHeading,
  renderTally,
  renderUnderWay,
} from './report.ts';
import type { Stage } from './stage.ts';
import { createView, type View } from './view.ts';

const requestsPerSecond = 40;
/** Blue should have had some users before anything is compared with it. */
const firstAnswers = 100;

/** Shows the good shop and then the faults, or the good shop many times, and says what came of it. */
export async function perform(
  stage: Stage,
  args: Arguments,
  wanted: readonly Fault[],
): Promise<ChecksReport> {
  const view = createView(args);
  const manifest = stage.manifest();
  const { faults, skipped } = args.runs === null ? sortOut(wanted, manifest, stage) : noFaults;
  const columns = columnsFor(faults, [...manifest.kinds.values()]);
  view.say(...introduction(stage));

  view.chapter('A good version goes live');
  let traffic: Traffic | undefined;
  const scene = { view, columns, play: createPlay(stage, () => traffic) };
  const good = [await showGood(scene, 'blue', true)];
  traffic = stage.startTraffic(requestsPerSecond);
  await untilUsed(traffic, stage);
  if (args.runs === null) good.push(await showGood(scene, 'good', true));
  else good.push(...(await showManyGood(scene, args.runs)));

  const reports = faults.length > 0 ? await showFaults(scene, faults) : [];
  const report = conclude(good, reports, skipped, await traffic.stop());
  view.chapter('What happened');
  if (args.runs !== null) view.say(...renderTally(report.kinds), '');
  view.say(...renderEnding(report), '');
  return report;
}

const noFaults = { faults: [], skipped: [] };

/** What releases are shown with. */
interface Scene {
  view: View;
  columns: Columns;
  play: Play;
}

function introduction({ storefrontUrl, conductor, whyNoDatabase }: Stage): string[] {
  const database = whyNoDatabase === null ? 'PostgreSQL' : 'no database';
  const facts = [
    `storefront ${storefrontUrl}`,
    `API ${conductor.url}`,
    `${requestsPerSecond} requests/s all the time`,
    database,
  ];
  return [
    picocolors.bold('Verdigris: faulty versions, and the checks that keep them from users'),
    picocolors.dim(facts.join('   ')),
  ];
}

/**
 * Faults whose check cannot run here are left out, by reason.
 * @throws UsageError naming a fault whose check is nowhere
 */
function sortOut(
  wanted: readonly Fault[],
  { kinds, leftOut }: ShopManifest,
  { whyNoDatabase }: Stage,
): { faults: Fault[]; skipped: Skipped[] } {
  const reasons = new Map<string, string[]>();
  const faults = wanted.filter(({ name, kind, check }) => {
    if (kinds.get(check) === kind) return true;
    const found = leftOut.find((it) => it.name === check && it.kind === kind);
    if (!found && isCheckKind(kind))
      throw new UsageError(`${name} is for the check ${check} of kind ${kind}, which is nowhere`);
    const lack = found?.reason ?? `there is no check kind ${kind}`;
    const reason = found?.fact ? (whyNoDatabase ?? lack) : lack;
    reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
    return false;
  });
  const skipped = [...reasons].map(([reason, names]) => ({ reason, faults: names }));
  return { faults, skipped };
}

async function untilUsed(traffic: Traffic, { session }: Stage): Promise<void> {
  while (traffic.counts().requests < firstAnswers) await session.io.sleep(100);
}

async function showGood(
  { view, columns, play }: Scene,
  version: string,
  isShown: boolean,
): Promise<GoodReport> {
  view.underWay(renderUnderWay(version, 'nothing is wrong with it', columns));
  const report = await play.releaseGood(version);
  const isHappy = report.verdicts.every(({ verdict }) => verdict === 'pass');
  if (isShown || !isHappy || report.outcome !== 'completed')
    view.say(...renderGood(report, columns));
  return report;
}

/** Only those that are not entirely good are shown one by one. */
async function showManyGood(scene: Scene, runs: number): Promise<GoodReport[]> {
  const reports: GoodReport[] = [];
  for (let run = 1; run <= runs; run += 1) {
    reports.push(await showGood(scene, `good-${run}`, false));
  }
  return reports;
}

async function showFaults(
  { view, columns, play }: Scene,
  faults: readonly Fault[],
): Promise<FaultReport[]> {
  view.chapter('Faulty versions do not');
  view.say(renderHeading(columns));
  const reports: FaultReport[] = [];
  for (const fault of faults) {
    view.underWay(renderUnderWay(fault.name, fault.summary, columns));
    const report = await play.releaseFault(fault);
    view.say(...renderFault(report, columns));
    reports.push(report);
  }
  return reports;
}

function conclude(
  good: GoodReport[],
  shown: FaultReport[],
  skipped: Skipped[],
  { requests, unanswered, reasons, versions }: Awaited<ReturnType<Traffic['stop']>>,
): ChecksReport {
  const faults = shown.map((it) => withAllRequests(it, versions[it.version] ?? 0));
  const onFaults = faults.reduce((sum, it) => sum + it.requestsOfUsers, 0);
  const traffic = { requests, failed: unanswered, reasons, versions, onFaults };
  const report = { good, faults, kinds: tally(good), skipped, traffic };
  return { ...report, isAsExpected: isAsExpected(report) };
}
