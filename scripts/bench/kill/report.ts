import { renderTable } from '../../../cli/table.ts';
import { round, type Spread, spreadOf } from '../numbers.ts';
import { type BenchReport, describeMachine } from '../report.ts';
import type { KillResult } from './kill-once.ts';
import type { Verdict } from './visit.ts';

/** A kill after which something was not as it should be. */
export interface Violation {
  /** `npm run bench:kill -- --kills 1 --seed <seed>` draws this kill again; null for the closing look. */
  seed: number | null;
  what: string[];
  story: string[];
}

/** A whole run, as `--json` prints it. Times are milliseconds unless a name says otherwise. */
export interface KillReport {
  /** Version of this shape. */
  schema: 1;
  /** ISO 8601. */
  at: string;
  machine: BenchReport['machine'];
  seed: number;
  kills: number;
  /** Kills during the recovery from another one; not among `kills`. */
  secondKills: number;
  seconds: number;
  /** Kills by where the release stood. */
  phases: Record<string, number>;
  /** Releases by how they ended. */
  outcomes: Record<string, number>;
  requests: Record<Verdict, number>;
  /** From a kill to the end of the first answer. */
  silenceMs: Spread;
  /** From the start of a process to the answer of its API. */
  restartMs: Spread;
  /** From a kill until everything was as it should be. */
  recoveredMs: Spread;
  violations: Violation[];
}

/** What a run measured besides its kills. */
export interface RunFacts {
  at: string;
  seed: number;
  seconds: number;
  silencesMs: readonly number[];
  closing: Violation[];
}

/** Puts the parts together. */
export function summarize(results: readonly KillResult[], facts: RunFacts): KillReport {
  const { at, seed, seconds, silencesMs, closing } = facts;
  const bad = results.filter(({ problems }) => problems.length > 0);
  const sum = (verdict: Verdict) => results.reduce((all, it) => all + it.requests[verdict], 0);
  return {
    schema: 1,
    at,
    machine: describeMachine(),
    seed,
    kills: results.length,
    secondKills: results.filter(({ plan }) => plan.secondKillMs !== null).length,
    seconds: round(seconds),
    phases: countBy(results.map(({ phase }) => phase)),
    outcomes: countBy(results.map(({ outcome }) => outcome)),
    requests: {
      answered: sum('answered'),
      cut: sum('cut'),
      own: sum('own'),
      failed: sum('failed'),
    },
    silenceMs: spreadOf(silencesMs),
    restartMs: spreadOf(results.flatMap(({ restartMs }) => restartMs ?? [])),
    recoveredMs: spreadOf(results.flatMap(({ recoveredMs }) => recoveredMs ?? [])),
    violations: [
      ...bad.map(({ plan, problems, story }) => ({
        seed: plan.seed,
        what: problems,
        story: [JSON.stringify(plan), ...story],
      })),
      ...closing,
    ],
  };
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a));
}

/** The table, and every violation with its story. */
export function renderReport(report: KillReport): string[] {
  const { requests, violations, kills, secondKills, seconds, seed } = report;
  const rows: [string, string][] = [
    ['kills', `${kills}, and ${secondKills} during the recovery; ${seconds} s; seed ${seed}`],
    ['they fell into', listOf(report.phases)],
    ['the releases ended as', listOf(report.outcomes)],
    ['requests answered', String(requests.answered)],
    ['… cut off or refused while no conductor ran', String(requests.cut)],
    ['… failed by a bad version itself', String(requests.own)],
    ['… failed by the conductor', String(requests.failed)],
    ['kill → first answer', spread(report.silenceMs)],
    ['start → API answers', spread(report.restartMs)],
    ['kill → everything in order', spread(report.recoveredMs)],
    ['violations', String(violations.length)],
  ];
  return [...renderTable(rows), ...violations.flatMap(tell)];
}

function listOf(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function spread({ p50, p99, max }: Spread): string {
  return `p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms, slowest ${Math.round(max)} ms`;
}

function tell({ seed, what, story }: Violation): string[] {
  const head = seed === null ? 'at the end' : `seed ${seed}`;
  const indent = (lines: string[], by: string) => lines.map((line) => `${by}${line}`);
  return ['', `✖ ${head}`, ...indent(what, '  '), ...indent(story, '    ')];
}
