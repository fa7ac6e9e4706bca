import picocolors from 'picocolors';
import type { Outcome, ReleaseEvent, ReleaseStatus, Timings } from '../../lib/http/api.ts';
import type { Verdict } from '../../lib/steps/judge/verdict.ts';
import type { TrafficCounts } from './traffic.ts';

/** What one release of the demo came to. Rates are fractions, latencies milliseconds. */
export interface ReleaseReport {
  /** What was done, in a few words. */
  title: string;
  version: string;
  releaseId: string;
  outcome: Outcome | null;
  expected: Outcome;
  reason: string | null;
  timings: Timings;
  /** Requests that green answered. */
  requestsOnGreen: number;
  errorRate: { green: number | null; blue: number | null };
  latencyP95Ms: { green: number | null; blue: number | null };
  checks: { passed: number; total: number };
  /** Points of green, of a second each, until the comparison with blue found it to be slower; null where it did not. */
  pointsUntilSlow: number | null;
}

/** The whole demo, as `--json` prints it. */
export interface DemoReport {
  releases: ReleaseReport[];
  traffic: {
    requests: number;
    failedBySwitch: number;
    statuses: Record<string, number>;
    reasons: Record<string, number>;
  };
  /** Whether every outcome was the expected one and no request failed by a switch. */
  isAsExpected: boolean;
}

/** What users had of one environment in a stretch of time. */
export interface Experience {
  requests: number;
  /** A fraction; null without requests. */
  errorRate: number | null;
  /** Milliseconds; null without requests. */
  p95: number | null;
}

/** Measures one environment. Times are milliseconds since the Unix epoch. */
export type Measure = (environmentId: string, fromMs: number, toMs: number) => Experience;

const baselineMs = 30_000;
/** So many points of green a rule over their median waits for, as this project's did before the judge. */
const pointsOfAMedian = 5;
const nothing: Experience = { requests: 0, errorRate: null, p95: null };

/** The figures of a release that has just ended. */
export function reportRelease(
  title: string,
  expected: Outcome,
  status: ReleaseStatus,
  measure: Measure,
): ReleaseReport {
  const { blue, green, events } = status;
  const shift = events.find((event) => event.type === 'Traffic Shifted');
  const shiftMs = shift ? Date.parse(shift.at) : Number.POSITIVE_INFINITY;
  const endMs = Math.max(...events.map((event) => Date.parse(event.at)));
  const hadTraffic = shift !== undefined;
  // Points begin on whole seconds, and green may not have lived for one.
  const wholeSecond = Math.floor(shiftMs / 1000) * 1000;
  const onGreen = green && hadTraffic ? measure(green.id, wholeSecond, endMs + 1000) : nothing;
  const onBlue = blue && hadTraffic ? measure(blue.id, shiftMs - baselineMs, shiftMs) : nothing;
  return {
    title,
    version: status.version,
    releaseId: status.releaseId,
    outcome: status.outcome,
    expected,
    reason: status.reason,
    timings: status.timings,
    requestsOnGreen: onGreen.requests,
    errorRate: { green: onGreen.errorRate, blue: onBlue.errorRate },
    latencyP95Ms: { green: onGreen.p95, blue: onBlue.p95 },
    checks: countChecks(events),
    pointsUntilSlow: pointsUntilSlow(events),
  };
}

function pointsUntilSlow(events: ReleaseEvent[]): number | null {
  const verdicts = events.filter(({ type }) => type === 'Verdict').map(({ data }) => data);
  const metrics = verdicts.flatMap((data) => (data as unknown as Verdict).metrics);
  const found = metrics.find(({ verdict }) => verdict === 'breach');
  return found && 'points' in found.evidence ? found.evidence.points : null;
}

function countChecks(events: ReleaseEvent[]) {
  const verdicts = events
    .filter((event) => event.type === 'Check Finished')
    .map((event) => event.data.verdict);
  return {
    passed: verdicts.filter((verdict) => verdict !== 'fail').length,
    total: verdicts.length,
  };
}

/** Puts the parts together. */
export function summarize(releases: ReleaseReport[], counts: TrafficCounts): DemoReport {
  const traffic = {
    requests: counts.requests,
    failedBySwitch: counts.unanswered,
    statuses: counts.statuses,
    reasons: counts.reasons,
  };
  const isAsExpected =
    counts.unanswered === 0 && releases.every(({ outcome, expected }) => outcome === expected);
  return { releases, traffic, isAsExpected };
}

/** The closing table, and the figures next to what blue/green practice aims at. */
export function renderReport(report: DemoReport): string[] {
  const paint = picocolors;
  const head = [
    '',
    'outcome',
    'cutover',
    'restored',
    'on green',
    'errors green/blue',
    'p95 green/blue',
    'checks',
  ];
  const rows = report.releases.map((release) => [
    release.title,
    release.outcome ?? 'running',
    duration(release.timings.cutoverMs),
    duration(release.timings.detectToRestoredMs),
    String(release.requestsOnGreen),
    `${percent(release.errorRate.green)} / ${percent(release.errorRate.blue)}`,
    `${ms(release.latencyP95Ms.green)} / ${ms(release.latencyP95Ms.blue)}`,
    `${release.checks.passed} of ${release.checks.total}`,
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (row: string[]) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('   ')}`;
  return [
    paint.dim(line(head)),
    ...rows.map((row, i) => paintRow(line(row), report.releases[i])),
    '',
    ...targets(report).map(([name, value, target, isMet]) => {
      const mark = isMet ? paint.green('✔') : paint.red('✖');
      return `  ${mark} ${name.padEnd(38)}${value.padEnd(24)}${paint.dim(`target ${target}`)}`;
    }),
  ];
}

function paintRow(text: string, release: ReleaseReport | undefined): string {
  if (!release || release.outcome !== release.expected) return picocolors.red(text);
  return text;
}

type Target = [name: string, value: string, target: string, isMet: boolean];

function targets({ releases, traffic }: DemoReport): Target[] {
  const kept = releases.filter((release) => release.outcome === 'completed');
  const cutovers = releases.flatMap((release) => release.timings.cutoverMs ?? []);
  const restored = releases.flatMap((release) => release.timings.detectToRestoredMs ?? []);
  const asExpected = releases.filter((release) => release.outcome === release.expected).length;
  const checks = kept.map((release) => release.checks);
  const passed = checks.reduce((sum, check) => sum + check.passed, 0);
  const total = checks.reduce((sum, check) => sum + check.total, 0);
  const ratio = (pick: (release: ReleaseReport) => { green: number | null; blue: number | null }) =>
    Math.max(
      0,
      ...kept.map(pick).flatMap(({ green, blue }) => (green && blue ? [green / blue] : [])),
    );
  const p95 = ratio((release) => release.latencyP95Ms);
  const errors = ratio((release) => release.errorRate);
  const slowest = Math.max(0, ...cutovers);
  const longest = Math.max(0, ...restored);
  const points = releases.flatMap(({ pointsUntilSlow }) => pointsUntilSlow ?? []);
  const most = Math.max(0, ...points);
  return [
    [
      'requests failed by a switch',
      `${traffic.failedBySwitch} of ${traffic.requests}`,
      '0',
      traffic.failedBySwitch === 0,
    ],
    [
      'cutovers that did what they should',
      `${asExpected} of ${releases.length}`,
      '99%',
      asExpected === releases.length,
    ],
    ['time to cutover, slowest', duration(slowest), '< 2 min', slowest < 120_000],
    ['detection to restored, slowest', duration(longest), '< 5 min', longest < 300_000],
    [
      'slow version: samples until found',
      String(most),
      `< ${pointsOfAMedian}`,
      most < pointsOfAMedian,
    ],
    ['error rate of what was kept', `${errors.toFixed(2)}x of blue`, '≤ 2x', errors <= 2],
    ['p95 of what was kept', `${p95.toFixed(2)}x of blue`, '≤ 2x', p95 <= 2],
    ['critical checks of what was kept', `${passed} of ${total}`, '100%', passed === total],
  ];
}

function duration(value: number | null): string {
  if (value === null) return '–';
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

function percent(rate: number | null): string {
  return rate === null ? '–' : `${(rate * 100).toFixed(1)}%`;
}

function ms(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(1)} ms`;
}
