import process from 'node:process';
import picocolors from 'picocolors';
import { printableLine } from '../../cli/printable.ts';
import { renderTable } from '../../cli/table.ts';
import type { ChecksReport, FaultReport, GoodReport, KindTally, Verdict } from './judge.ts';

/** Widths of columns, in characters. */
export interface Columns {
  name: number;
  kind: number;
  /** Of the whole line. */
  line: number;
}

const paint = picocolors;
const usual = 120;
const narrowest = 80;
const widest = 160;

/** Columns that fit these faults and kinds, as wide as the terminal. */
export function columnsFor(faults: readonly { name: string }[], kinds: string[]): Columns {
  const longest = (texts: string[]) => Math.max(...texts.map((text) => text.length));
  const width = process.stdout.columns ?? usual;
  return {
    name: longest(['good-1000', ...faults.map(({ name }) => name)]),
    kind: longest(['caught by', ...kinds]),
    line: Math.min(Math.max(width, narrowest), widest),
  };
}

/** One release of the good shop, and every warning or false alarm below it. */
export function renderGood(report: GoodReport, columns: Columns): string[] {
  const { version, outcome, reason, tookMs, verdicts } = report;
  const isLive = outcome === 'completed';
  const head = `  ${version.padEnd(columns.name)}  ${(isLive ? 'live' : (outcome ?? 'running')).padEnd(columns.kind)}  ${seconds(tookMs)}`;
  const passed = verdicts.filter(({ verdict }) => verdict === 'pass').length;
  const line = `${head}         ${passed} of ${verdicts.length} checks passed`;
  const lines = [isLive ? line : paint.red(line)];
  if (!isLive && reason) lines.push(...below(reason, columns).map(paint.red));
  return [...lines, ...verdicts.flatMap((it) => renderUnhappy(it, columns))];
}

function renderUnhappy({ name, verdict, summary }: Verdict, columns: Columns): string[] {
  if (verdict === 'pass') return [];
  const colour = verdict === 'warn' ? paint.yellow : paint.red;
  return below(`${name} ${verdict === 'warn' ? 'warns' : 'fails'}: ${summary}`, columns).map(
    colour,
  );
}

/** The heading over faults. */
export function renderHeading({ name, kind }: Columns): string {
  return paint.dim(
    `  ${'fault'.padEnd(name)}  ${'caught by'.padEnd(kind)}    took  users  what it said`,
  );
}

/** A version that is being released. */
export function renderUnderWay(version: string, columns: Columns): string {
  return `  ${version.padEnd(columns.name)}  ${paint.dim('…')}`;
}

/** One fault, with what is not as it should be below it. */
export function renderFault(report: FaultReport, columns: Columns): string[] {
  const { version, kind, check, caughtBy, tookMs, requestsOfUsers, problem } = report;
  const own = caughtBy.find(({ name }) => name === check) ?? caughtBy[0];
  const by = (own?.kind ?? 'nobody').padEnd(columns.kind);
  const users = String(requestsOfUsers).padStart(5);
  const start = `  ${version.padEnd(columns.name)}  ${by}  ${seconds(tookMs)}  ${users}  `;
  const room = columns.line - start.length;
  const said = clip(own?.summary ?? `${kind} should have`, room);
  if (problem !== null) return [start + said, ...below(problem, columns)].map(paint.red);
  return [start.replace(by, paint.green(by)) + paint.dim(said)];
}

/** A line below a row, in its own colour. */
function below(text: string, { name, line }: Columns): string[] {
  return [`  ${' '.repeat(name)}  ${clip(text, line - name - 4)}`];
}

/** What kinds said of the good shop, when it was released many times. */
export function renderTally(kinds: readonly KindTally[]): string[] {
  const head = ['kind', 'verdicts', 'passed', 'warned', 'false alarms'];
  const rows = kinds.map((it) => [
    ...[it.kind, String(it.verdicts), String(it.passed), String(it.warned)],
    String(it.falseAlarms),
  ]);
  const [heading = '', ...lines] = renderTable([head, ...rows]);
  const body = lines.flatMap((line, i) => {
    const { falseAlarms = 0, said = [] } = kinds[i] ?? {};
    const shown = `  ${line}`;
    const reasons = said.map((text) => paint.dim(`    ${clip(text, widest)}`));
    return [falseAlarms > 0 ? paint.red(shown) : shown, ...reasons];
  });
  return [paint.dim(`  ${heading}`), ...body];
}

/** The figures at the end, each next to what it should be. */
export function renderEnding(report: ChecksReport): string[] {
  const lines = figuresOf(report).map(({ name, value, target, isMet }) => {
    const mark = isMet ? paint.green('✔') : paint.red('✖');
    return `  ${mark} ${name.padEnd(38)}${value.padEnd(24)}${paint.dim(`target ${target}`)}`;
  });
  const left = report.skipped.map(({ reason, faults }) =>
    paint.yellow(`  left out: ${faults.length > 0 ? `${faults.join(', ')}: ` : ''}${reason}`),
  );
  return [...lines, ...left];
}

interface Figure {
  name: string;
  value: string;
  target: string;
  isMet: boolean;
}

function figuresOf({ good, faults, kinds, traffic }: ChecksReport): Figure[] {
  const live = good.filter(({ outcome }) => outcome === 'completed').length;
  const verdicts = kinds.reduce((sum, it) => sum + it.verdicts, 0);
  const alarms = kinds.reduce((sum, it) => sum + it.falseAlarms, 0);
  const caught = faults.filter(({ problem }) => problem === null).length;
  const ofFaults: Figure[] = [
    {
      name: 'faults caught by the check meant for them',
      value: `${caught} of ${faults.length}`,
      target: 'all',
      isMet: caught === faults.length,
    },
    {
      name: 'answers of faulty versions to users',
      value: `${traffic.onFaults} of ${count(traffic.requests)}`,
      target: '0',
      isMet: traffic.onFaults === 0,
    },
  ];
  return [
    ...(faults.length > 0 ? ofFaults : []),
    {
      name: 'good versions that went live',
      value: `${live} of ${good.length}`,
      target: 'all',
      isMet: live === good.length,
    },
    {
      name: 'false alarms on them',
      value: `${alarms} of ${count(verdicts)} verdicts`,
      target: '0',
      isMet: alarms === 0,
    },
    {
      name: 'requests of users without an answer',
      value: `${traffic.failed} of ${count(traffic.requests)}`,
      target: '0',
      isMet: traffic.failed === 0,
    },
  ];
}

const count = (value: number) => value.toLocaleString('en');

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(6);
}

function clip(text: string, width: number): string {
  const line = printableLine(text);
  return line.length <= width ? line : `${line.slice(0, Math.max(1, width - 1))}…`;
}
