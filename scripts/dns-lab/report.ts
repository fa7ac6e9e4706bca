import { renderTable } from '../../cli/table.ts';
import { type BenchReport, describeMachine } from '../bench/report.ts';
import type { AudienceFigures } from './figures.ts';
import type { ChangeResult, Measured, SplitResult } from './run.ts';
import type { Scale } from './scenarios.ts';

/** A whole run, as `--json` prints it and `.verdigris-bench/dns.json` keeps it. */
export interface DnsReport extends Measured {
  /** Version of this shape. */
  schema: 1;
  /** ISO 8601. */
  at: string;
  machine: BenchReport['machine'];
  scale: Scale;
  seconds: number;
}

/** Puts the parts together. */
export function reportOf(at: string, seconds: number, scale: Scale, measured: Measured): DnsReport {
  return { schema: 1, at, machine: describeMachine(), scale, seconds, ...measured };
}

/** Questions that nobody answered in time, and answers without an address. */
export function countBad({ cutovers, split }: Measured): { empty: number; failed: number } {
  const seen = [
    ...cutovers.flatMap(({ changes }) => changes.flatMap(({ audiences }) => audiences)),
    ...split.audiences,
  ];
  const sum = (count: (it: { empty: number; failed: number }) => number) =>
    seen.reduce((all, it) => all + count(it), 0);
  return { empty: sum(({ empty }) => empty), failed: sum(({ failed }) => failed) };
}

/** The tables, in seconds. */
export function renderReport(report: DnsReport): string[] {
  const { empty, failed } = countBad(report);
  return [
    ...report.cutovers.flatMap(({ what, changes }) => [what, ...cutoverTable(changes), '']),
    ...splitTable(report.split),
    '',
    `empty answers ${empty}, unanswered questions ${failed}`,
  ];
}

const heading = [
  'change',
  'INSYNC',
  'converged',
  'asked',
  'first new',
  'last old',
  'old after converged',
  'per client p50',
  'p95',
  'kept until',
  'back again',
];

function cutoverTable(changes: readonly ChangeResult[]): string[] {
  const rows = changes.flatMap(({ change, insyncMs, convergedMs, audiences }) =>
    audiences.map((it) => [change, seconds(insyncMs), seconds(convergedMs), ...cellsOf(it)]),
  );
  return renderTable([heading, ...rows]);
}

function cellsOf(it: AudienceFigures): string[] {
  const { p50, p95 } = it.clientLastOldMs;
  return [
    it.audience,
    seconds(it.firstNewMs),
    it.isCutOff ? `≥ ${seconds(it.lastOldMs)}` : seconds(it.lastOldMs),
    it.afterConverged ? `${it.afterConverged.old} of ${it.afterConverged.answers}` : '–',
    seconds(p50),
    seconds(p95),
    seconds(it.oldKeptUntilMs),
    `${it.clientsThatWentBack} of ${it.clients}`,
  ];
}

function seconds(ms: number | null): string {
  return ms === null || Number.isNaN(ms) ? '–' : `${(ms / 1000).toFixed(1)} s`;
}

function splitTable({ ttl, greenWeight, audiences }: SplitResult): string[] {
  const rows = audiences.map(({ audience, answers, greenShare, curve }) => [
    audience,
    String(answers),
    percent(greenShare),
    percent(Math.max(...curve.map(({ share }) => share))),
  ]);
  return [
    `${greenWeight} % on green, TTL ${ttl}`,
    ...renderTable([['asked', 'answers', 'green', 'green, most in a second'], ...rows]),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
