import process from 'node:process';
import picocolors from 'picocolors';
import { printableLine, wrap } from '../../cli/printable.ts';
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
  const passed = verdicts.filter(({ verdict }) => verdict === 'pass').length;
  const word = isLive ? 'live' : `${outcome}`;
  const start = rowStart(version, word, tookMs, columns, isLive ? paint.green : String);
  const row = `${start}         ${passed} of ${verdicts.length} checks passed`;
  const why = isLive ? [] : below(`${reason}`, columns);
  const unhappy = verdicts.flatMap((verdict) => renderUnhappy(verdict, columns));
  return [...[row, ...why].map((line) => (isLive ? line : paint.red(line))), ...unhappy];
}

function renderUnhappy({ name, verdict, summary }: Verdict, columns: Columns): string[] {
  if (verdict === 'pass') return [];
  const [colour, word] = verdict === 'warn' ? [paint.yellow, 'warns'] : [paint.red, 'fails'];
  return below(`${name} ${word}: ${summary}`, columns).map(colour);
}

/** The heading over faults. */
export function renderHeading({ name, kind }: Columns): string {
  const start = `  ${'fault'.padEnd(name)}  ${'caught by'.padEnd(kind)}`;
  return paint.dim(`${start}    took  users  what it said`);
}

/** A version that is being released, and what is the matter with it. */
export function renderUnderWay(version: string, matter: string, columns: Columns): string {
  const start = `  ${version.padEnd(columns.name)}  `;
  return start + paint.dim(clip(`… ${matter}`, columns.line - start.length));
}

/** One fault in two lines at most, and below them what is not as it should be. */
export function renderFault(report: FaultReport, columns: Columns): string[] {
  const { version, kind, check, caughtBy, tookMs, requestsOfUsers, problem } = report;
  const own = caughtBy.find(({ name }) => name === check) ?? caughtBy[0];
  const by = own?.kind ?? 'nobody';
  const users = String(requestsOfUsers).padStart(5);
  const start = `${rowStart(version, by, tookMs, columns)}  ${users}  `;
  const [first = '', ...rest] = inTwoLines(
    own?.summary ?? `${kind} should have`,
    columns.line - start.length,
  );
  const more = rest.map((line) => ' '.repeat(start.length) + line);
  if (problem !== null) return [start + first, ...more, ...below(problem, columns)].map(paint.red);
  const painted = `${rowStart(version, by, tookMs, columns, paint.green)}  ${users}  `;
  return [painted + first, ...more];
}

function rowStart(
  version: string,
  word: string,
  tookMs: number,
  { name, kind }: Columns,
  colour: (text: string) => string = String,
): string {
  return `  ${version.padEnd(name)}  ${colour(word.padEnd(kind))}  ${seconds(tookMs)}`;
}

function inTwoLines(text: string, width: number): string[] {
  const lines = wrap(printableLine(text), width);
  const [first = '', ...rest] = lines;
  return rest.length === 0 ? [first] : [first, clip(rest.join(' '), width)];
}

/** A line below a row, in the column after the name. */
function below(text: string, { name, line }: Columns): string[] {
  return inTwoLines(text, line - name - 4).map((it) => `  ${' '.repeat(name)}  ${it}`);
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
    return `  ${mark} ${name.padEnd(42)}${value.padEnd(24)}${paint.dim(`target ${target}`)}`;
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
