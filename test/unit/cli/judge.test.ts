import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JudgedMetric, Judgement } from '../../../cli/io.ts';
import { chartOf } from '../../../cli/judge/picture.ts';
import { createCommandLine } from '../../support/command-line.ts';
import { failures, latencies } from '../../support/series.ts';

const blue = latencies(1, 30);
const green = latencies(2, 30);
const slow = green.map((value) => value * 2);

/** A command line in a directory with these files. */
function withFiles(files: Record<string, string>) {
  const cli = createCommandLine('http://127.0.0.1:1');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cli.io.cwd, name), text);
  return { ...cli, read: (name: string) => readFileSync(join(cli.io.cwd, name), 'utf8') };
}

const timeOf = (minute: number) => `2026-01-01 00:${String(minute).padStart(2, '0')}:00`;
const csv = (values: readonly (number | string)[], name = 'value') =>
  `timestamp,${name}\n${values.map((it, i) => `${timeOf(i)},${it}`).join('\n')}\n`;
const lines = (...pairs: unknown[]) => `${pairs.map((it) => JSON.stringify(it)).join('\n')}\n`;
const files = ['--baseline', 'a.csv', '--candidate', 'b.csv'];

describe('verdigris judge on two files', () => {
  // It gets worse within the window: in another order it would be another story.
  const late = green.map((value, i) => (i < 15 ? value : value * 2));

  it.each<[string, (minute: number) => string]>([
    ['timestamp', timeOf],
    ['ts', (minute) => String(1_767_225_600 + 60 * minute)],
    ['time', (minute) => String(1_767_225_600_000 + 60_000 * minute)],
    ['date,time', (minute) => timeOf(minute).replace(' ', ',')],
    ['', (minute) => `${timeOf(minute).replace(' ', 'T')}Z`],
  ])('puts rows in the order of their times: %s', async (column, at) => {
    const heading = column === '' ? [] : [`${column},value`];
    const rows = (values: readonly number[]) => values.map((it, i) => `${at(i)},${it}`);
    const judgeRows = async (change: (list: string[]) => string[]) => {
      const text = (values: readonly number[]) => [...heading, ...change(rows(values))].join('\n');
      const { verdigris, json } = withFiles({ 'a.csv': text(blue), 'b.csv': text(late) });
      await verdigris('judge', ...files, '--json');
      return json();
    };

    const inOrder = await judgeRows((list) => list);
    expect(inOrder).toMatchObject({ verdict: 'breach', metrics: [{ name: 'value' }] });
    expect(inOrder).toHaveProperty('metrics.length', 1);
    expect(await judgeRows((list) => list.toReversed())).toEqual(inOrder);
    expect(await judgeRows((list) => [...list.slice(7), ...list.slice(0, 7)])).toEqual(inOrder);
  });

  it('exits with 0 where green is as blue, and says why', async () => {
    const { verdigris, output } = withFiles({ 'a.csv': csv(blue), 'b.csv': csv(green) });

    expect(await verdigris('judge', ...files)).toBe(0);
    expect(output.stdout).toMatch(
      /^✔ healthy: value\n {2}value: green \d+, blue \d+ in the middle/,
    );
  });

  it('exits with 3 on a breach, and says at which look', async () => {
    const { verdigris, output } = withFiles({ 'a.csv': csv(blue), 'b.csv': csv(slow) });

    expect(await verdigris('judge', ...files)).toBe(3);
    expect(output.stdout).toMatch(
      /^✖ breach at look \d: value\n {2}value: green stands above blue/,
    );
  });

  it('prints one document with --json', async () => {
    const { verdigris, json } = withFiles({ 'a.csv': csv(blue), 'b.csv': csv(slow) });

    expect(await verdigris('judge', ...files, '--json')).toBe(3);
    expect(json()).toMatchObject({
      verdict: 'breach',
      metrics: [{ name: 'value', verdict: 'breach', evidence: { baselinePoints: 30 } }],
    });
  });

  it('says where there is not enough data, which is no breach', async () => {
    const { verdigris, output } = withFiles({ 'a.csv': csv(blue), 'b.csv': csv([100, 100]) });

    expect(await verdigris('judge', ...files)).toBe(0);
    expect(output.stdout).toMatch(/^• not enough data: value/);
  });

  it('takes tolerance, direction, minimum effect and the length of the window', async () => {
    const { verdigris } = withFiles({ 'a.csv': csv(slow), 'b.csv': csv(blue) });
    const judge = (...options: string[]) => verdigris('judge', ...files, ...options);

    expect(await judge()).toBe(0);
    expect(await judge('--direction', 'decrease')).toBe(3);
    expect(await judge('--direction', 'either')).toBe(3);
    expect(await judge('--direction', 'decrease', '--tolerance', '4x')).toBe(0);
    expect(await judge('--direction', 'decrease', '--tolerance', '200')).toBe(0);
    expect(await judge('--direction', 'decrease', '--tolerance', '20')).toBe(3);
    expect(await judge('--direction', 'decrease', '--min-effect', '150')).toBe(0);
    expect(await judge('--direction', 'decrease', '--looks', '60')).toBe(3);
  });

  it('compares what counters add, also where they began anew', async () => {
    const countUp = (values: number[]) => {
      let sum = 0;
      return values.map((it, i) => {
        sum = i === 12 ? it : sum + it;
        return sum;
      });
    };
    const { verdigris } = withFiles({
      'a.csv': csv(countUp(blue)),
      'good.csv': csv(countUp(green)),
      'slow.csv': csv(countUp(slow)),
    });
    const judge = (file: string) =>
      verdigris('judge', '--baseline', 'a.csv', '--candidate', file, '--counter');

    expect(await judge('good.csv')).toBe(0);
    expect(await judge('slow.csv')).toBe(3);
  });

  it('judges every column of both files, errors and requests as one, or those that are named', async () => {
    const rows = (counts: { errors: number; requests: number }[], values: number[]) =>
      `time,errors,requests,p95\n${counts.map((it, i) => `${i},${it.errors},${it.requests},${values[i]}`).join('\n')}`;
    const { verdigris, output, json } = withFiles({
      'a.csv': rows(failures(3, 30, 1000, 0.01), blue),
      'b.csv': rows(failures(4, 30, 1000, 0.08), green),
    });

    expect(await verdigris('judge', ...files, '--json')).toBe(3);
    const { metrics } = json<{ metrics: { name: string; verdict: string }[] }>();
    expect(metrics.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['errorRate', 'breach'],
      ['p95', 'healthy-so-far'],
    ]);
    output.stdout = '';
    expect(await verdigris('judge', ...files, '--metric', 'p95')).toBe(0);
    expect(output.stdout).not.toContain('errorRate');
    expect(await verdigris('judge', ...files, '--metric', 'p95', '--metric', 'errors')).toBe(3);
  });

  it('reads files without a heading, and missing samples', async () => {
    const holes = slow.flatMap((value) => ['', value]);
    const { verdigris, output } = withFiles({
      'a.csv': blue.join('\n'),
      'b.csv': holes.map((value, i) => `${timeOf(i)},${value}`).join('\r\n'),
    });

    expect(await verdigris('judge', ...files)).toBe(1);
    expect(output.stderr).toContain('b.csv');
    writeFileSync(join(withFiles({}).io.cwd, 'b.csv'), '');
    const other = withFiles({ 'a.csv': blue.join('\n'), 'b.csv': csv(holes) });
    expect(await other.verdigris('judge', ...files)).toBe(3);
  });

  it('draws the series with the moment of the verdict', async () => {
    const { verdigris, read, json } = withFiles({ 'a.csv': csv(blue), 'b.csv': csv(slow) });

    expect(await verdigris('judge', ...files, '--svg', 'o.svg', '--json')).toBe(3);
    const picture = read('o.svg');
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox/);
    expect(picture.match(/<circle class="dot a"/g)).toHaveLength(31);
    expect(picture.match(/<circle class="dot b"/g)).toHaveLength(31);
    expect(picture).toContain(`>breach at look ${json<{ at: number }>().at}<`);
    expect(picture).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('draws what is constant, missing or a rate', async () => {
    const { verdigris, read } = withFiles({
      'a.csv': 'errors,requests,free\n0,100,0\n1,100,0\n,,0\n',
      'b.csv': 'errors,requests,free\n0,100,0\n0,0,0\n,,\n',
    });

    expect(await verdigris('judge', ...files, '--svg', 'o.svg')).toBe(0);
    expect(read('o.svg')).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('the picture', () => {
  const terms = {
    tolerance: { ratio: 2 },
    direction: 'increase',
    minEffect: 0,
    counter: false,
  } as const;

  it('has room for as many looks as a file has', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => i % 100);
    const metric = { name: 'value', kind: 'value', baseline: { before: many }, candidate: many };
    const judgement = { verdict: 'healthy', reason: '', metrics: [] } as unknown as Judgement;

    const { panels } = chartOf([metric as JudgedMetric], terms, judgement);

    expect(panels[0]?.y).toMatchObject({ from: 0, until: 100 * 1.06 });
  });

  it('is well-formed whatever a column is called', async () => {
    const name = 'p95\u0000\u0008\u001b[31m\ufffe <&]]> é';
    const { verdigris, read } = withFiles({ 'a.csv': csv(blue, name), 'b.csv': csv(slow, name) });

    expect(await verdigris('judge', ...files, '--svg', 'o.svg')).toBe(3);
    // Char of XML 1.0, section 2.2.
    expect(read('o.svg')).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u);
    expect(read('o.svg')).toContain('>p95\ufffd\ufffd\ufffd[31m\ufffd &lt;&amp;]]&gt; é<');
  });
});

describe('verdigris judge on pairs', () => {
  it('answers each line with one', async () => {
    const { verdigris, output } = withFiles({
      'pairs.jsonl': lines(
        { baseline: blue, candidate: green },
        { baseline: blue, candidate: slow, name: 'left out' },
        { baseline: blue, candidate: [null, null] },
        { baseline: failures(3, 30, 1000, 0), candidate: [{ errors: 50, requests: 1000 }] },
      ),
    });

    expect(await verdigris('judge', '--pairs', 'pairs.jsonl')).toBe(3);
    const answers = output.stdout.trimEnd().split('\n');
    expect(answers.map((it) => JSON.parse(it))).toEqual([
      { breach: false, at: null, reason: expect.any(String) },
      { breach: true, at: expect.any(Number), reason: expect.stringContaining('stands above') },
      { breach: false, at: null, reason: expect.stringContaining('0 of the 5 points') },
      { breach: true, at: 0, reason: expect.stringContaining('50 of 1,000 requests') },
    ]);
  });

  it('exits with 0 without a breach, and prints one list with --json', async () => {
    const { verdigris, json } = withFiles({
      'p.jsonl': lines({ baseline: blue, candidate: green }),
    });

    expect(await verdigris('judge', '--pairs', 'p.jsonl', '--json')).toBe(0);
    expect(json()).toMatchObject([{ breach: false, at: null }]);
  });

  it('takes blue at the same time and earlier days', async () => {
    const { verdigris } = withFiles({
      'beside.jsonl': lines({ baseline: blue, concurrent: slow, candidate: slow }),
      'earlier.jsonl': lines({ baseline: blue, earlier: [slow], candidate: slow }),
    });

    expect(await verdigris('judge', '--pairs', 'beside.jsonl')).toBe(0);
    expect(await verdigris('judge', '--pairs', 'earlier.jsonl')).toBe(0);
  });
});

describe('what verdigris judge does not take', () => {
  it.each([
    ['{"baseline": [1], "candidate": [1}', 'p.jsonl:2: is no JSON'],
    ['[1, 2]', 'p.jsonl:2: needs { "baseline": […], "candidate": […] }'],
    ['{"baseline": [1]}', 'p.jsonl:2: candidate needs a list'],
    ['{"baseline": [1, "x"], "candidate": [1]}', 'p.jsonl:2: baseline[1] needs a number'],
    ['{"baseline": [{"errors": 2, "requests": 1}], "candidate": []}', 'p.jsonl:2: baseline[0]'],
    ['{"baseline": [1], "candidate": [{"errors": 0, "requests": 1}]}', 'p.jsonl:2: mixes numbers'],
    ['{"baseline": [1], "candidate": [1], "earlier": 3}', 'p.jsonl:2: earlier needs a list'],
  ])('a line such as %s', async (line, message) => {
    const { verdigris, output } = withFiles({
      'p.jsonl': `${lines({ baseline: blue, candidate: slow })}${line}\n`,
    });

    expect(await verdigris('judge', '--pairs', 'p.jsonl')).toBe(1);
    expect(output.stderr).toContain(`error SamplesInvalidError: ${message}`);
    expect(output.stdout).toBe('');
  });

  it.each([
    ['timestamp,value\n1,2\n2,abc\n', 'a.csv:3: value is "abc", which is no number'],
    ['timestamp,value\n1,2\n2\n', 'a.csv:3: has 1 cells, and the heading has 2'],
    ['value,value\n1,2\n', 'a.csv:1: names a column twice'],
    ['timestamp,value\n', 'a.csv: has no samples'],
    ['', 'a.csv: has no samples'],
    [
      'ts,value\n60,1\n120,2\n60,3\n',
      'a.csv:4: has the same time as a.csv:2; there is one row for each look',
    ],
    ['date,time,value\n2026-01-01,00:01,1\n2026-01-01,00:01,2\n', 'a.csv:3: has the same time as'],
    ['2026-01-01T00:01,1\n2026-01-01T01:01+01:00,2\n', 'a.csv:2: has the same time as a.csv:1'],
    ['time,value\n1,2\n01/02/2026,3\n', 'a.csv:3: has the time "01/02/2026", which is neither'],
    ['time,value\n,2\n', 'a.csv:2: has the time "", which is neither'],
    ['timestamp,other\n1,2\n', 'a.csv and b.csv have no column in common: other and value'],
    ['errors,requests,value\n3,2,1\n', 'a.csv: look 0 has 3 errors of 2 requests'],
  ])('a file such as %j', async (text, message) => {
    const heading = text.startsWith('errors') ? 'errors,requests,value\n0,9,1\n' : csv(green);
    const { verdigris, output } = withFiles({ 'a.csv': text, 'b.csv': heading });

    expect(await verdigris('judge', ...files)).toBe(1);
    expect(output.stderr).toContain(`error SamplesInvalidError: ${message}`);
  });

  it('a file that is not there', async () => {
    const { verdigris, output } = withFiles({ 'a.csv': csv(blue) });

    expect(await verdigris('judge', ...files)).toBe(1);
    expect(output.stderr).toContain('b.csv: cannot be read (ENOENT)');
    expect(await verdigris('judge', '--pairs', 'p.jsonl')).toBe(1);
  });

  it('a picture that cannot be written', async () => {
    const { verdigris, output } = withFiles({ 'a.csv': csv(blue), 'b.csv': csv(green) });

    expect(await verdigris('judge', ...files, '--svg', 'no/where.svg')).toBe(1);
    expect(output.stderr).toContain('no/where.svg: cannot be written (ENOENT)');
  });

  it.each([
    [['--baseline', 'a.csv'], '--baseline and --candidate, or --pairs'],
    [['--pairs', 'p.jsonl', ...files], '--pairs goes with neither'],
    [[...files, '--tolerance', '0.5x'], 'needs a multiplier of at least 1x'],
    [[...files, '--tolerance', 'much'], '--tolerance much: needs a number of at least 0, such as'],
    [[...files, '--min-effect=-1'], '--min-effect -1: needs a number'],
    [[...files, '--direction', 'up'], '--direction up: needs increase, decrease or either'],
    [[...files, '--looks', '3'], '--looks 3: needs a whole number of at least 30'],
    [
      [...files, '--metric', 'valeu'],
      '--metric valeu: is no column of both files; did you mean value?',
    ],
  ])('the options %j', async (options, message) => {
    const { verdigris, output } = withFiles({ 'a.csv': csv(blue), 'b.csv': csv(green) });

    expect(await verdigris('judge', ...options)).toBe(2);
    expect(output.stderr).toContain(message);
  });
});
