import type { Chart, Panel } from '../../cli/judge/chart.ts';
import { defaultLevels } from '../../lib/signals/judge/judge-release.ts';
import type { Count } from '../../lib/signals/judge/question.ts';
import { rankTuning } from '../../lib/signals/judge/rank-cusum.ts';
import { judgeRate } from '../../lib/signals/judge/rate-metric.ts';
import { judgeValue } from '../../lib/signals/judge/value-metric.ts';
import { type CountsReport, factors, looks } from '../bench/judge/counts.ts';
import { lengths, type NoiseReport } from '../bench/judge/noise.ts';
import { drawPoisson } from './poisson.ts';
import { seededRandom } from './random.ts';

/** Of the drawn example: green gets worse at this look of thirty. */
const onset = 20;
const window = 30;

/** What a value and a rate look like, and what the judge makes of them, look by look. */
export function drawHow(): Chart {
  const random = seededRandom(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const latencies = (from: number) =>
    Array.from({ length: window }, (_, i) => 100 * Math.exp(0.2 * normal()) * (i < from ? 1 : 1.8));
  const failures = (from: number): Count[] =>
    Array.from({ length: window }, (_, i) => ({
      errors: drawPoisson(i < from ? 5 : 14, random),
      requests: 1000,
    }));
  const value = { before: latencies(window), green: latencies(onset) };
  const rate = { before: failures(window), green: failures(onset) };
  const errorsOf = (counts: Count[]) => counts.map(({ errors }) => errors);
  return {
    title: 'How a late regression is found',
    description:
      'A latency and the errors of green get worse at look 20. Below each the evidence, which lies near zero until then, rises, and crosses its threshold after a few looks.',
    caption: `Green gets worse at look ${onset}. Above what is measured, below what the judge holds against green`,
    columns: 2,
    panelHeight: 150,
    panels: [
      seriesPanel('A latency, milliseconds', value.before, value.green),
      seriesPanel('Failed requests of 1,000', errorsOf(rate.before), errorsOf(rate.green)),
      evidencePanel('Sum of ranks above 0.65', valueEvidence(value.before, value.green)),
      evidencePanel('Odds, powers of ten', rateEvidence(rate.before, rate.green)),
    ],
    legend: [
      { className: 'a', as: 'dots', label: 'blue before the cutover' },
      { className: 'b', as: 'dots', label: 'green' },
      { className: 'c', as: 'line', label: 'evidence' },
    ],
  };
}

interface Evidence {
  /** By look. */
  points: number[];
  threshold: number;
}

function valueEvidence(before: number[], green: number[]): Evidence {
  const evidence = green.map((_, i) => {
    const [finding] = judgeValue(
      {
        kind: 'value',
        name: 'latency',
        tolerance: { ratio: 1.25 },
        baseline: { before },
        candidate: green.slice(0, i + 1),
      },
      window,
      defaultLevels.values,
    );
    return finding?.evidence;
  });
  return {
    points: evidence.map((it) => it?.statistic ?? 0),
    threshold: evidence[0]?.threshold ?? 0,
  };
}

function rateEvidence(before: Count[], green: Count[]): Evidence {
  const points = green.map((_, i) => {
    const [finding] = judgeRate(
      {
        kind: 'rate',
        name: 'errors',
        tolerance: { ratio: 1.25 },
        baseline: { before },
        candidate: green.slice(0, i + 1),
      },
      window,
      defaultLevels.rates,
    );
    return (finding?.evidence.logEvidence ?? 0) / Math.LN10;
  });
  return { points, threshold: -Math.log10(defaultLevels.rates) };
}

function seriesPanel(title: string, before: number[], green: number[]): Panel {
  return {
    title,
    x: { from: -window, until: window, label: 'looks' },
    y: { from: 0, until: Math.max(...before, ...green) * 1.1, label: '' },
    series: [
      { className: 'a', as: 'dots', points: before.map((y, i) => ({ x: i - window, y })) },
      { className: 'b', as: 'dots', points: green.map((y, x) => ({ x, y })) },
    ],
    marks: [{ x: 0, label: 'cutover' }],
    limits: [],
  };
}

/** Evidence stays where it is after the breach: then nobody looks any more. */
function evidencePanel(title: string, { points, threshold }: Evidence): Panel {
  const breach = points.findIndex((it) => it > threshold);
  const seen = breach < 0 ? points : points.slice(0, breach + 1);
  return {
    title,
    x: { from: -window, until: window, label: 'looks' },
    y: {
      from: Math.min(0, ...seen) * 1.1,
      until: Math.max(threshold, ...seen) * 1.3,
      label: '',
    },
    series: [{ className: 'c', as: 'line', points: seen.map((y, x) => ({ x, y })) }],
    marks: breach < 0 ? [] : [{ x: breach, label: `breach at look ${breach}` }],
    limits: [{ y: threshold, label: 'needed for a breach' }],
  };
}

/** What is found and what is called wrongly, for every level, beside the references. */
export function drawNoise({ settings, rows }: NoiseReport): Chart {
  const panelOf = (where: string, length: number): Panel => {
    const column = `${where} x2`;
    const pointOf = (row: { falsePositives: number; recall: Record<string, number> }) => ({
      x: row.falsePositives,
      y: row.recall[column] ?? null,
    });
    const bySetting = settings.filter(
      (it) => it.allowance === rankTuning.allowance && it.length === length,
    );
    const byJudge = (judge: string) =>
      rows.filter((it) => it.judge === judge && it.length === length).map(pointOf);
    return {
      title: `x2 ${where === 'late' ? 'in the last third' : 'all the time'}, ${length} points`,
      x: { from: 0, until: 12, label: 'false alarms, %' },
      y: { from: 0, until: 100, label: 'found, %' },
      series: [
        { className: 'b', as: 'line', points: bySetting.map(pointOf) },
        { className: 'b', as: 'dots', points: byJudge('sequential') },
        { className: 'a', as: 'dots', points: byJudge('Mann-Whitney') },
        { className: 'c', as: 'dots', points: byJudge('mean threshold') },
      ],
      marks: [],
      limits: [],
    };
  };
  return {
    title: 'Found and false on real noise',
    description:
      'The judge finds as much as the test of Mann and Whitney of what lasts, at fewer false alarms, and most of what comes late, of which that test finds a tenth. A threshold on the mean finds more at two to four times as many false alarms.',
    caption: 'Candidates of real series times two. Up and to the left is better',
    columns: 3,
    panelHeight: 150,
    panels: ['whole', 'late'].flatMap((where) => lengths.map((length) => panelOf(where, length))),
    legend: [
      { className: 'b', as: 'dots', label: 'the judge' },
      { className: 'b', as: 'line', label: 'with levels from 0.03 to 0.15' },
      { className: 'a', as: 'dots', label: 'Mann-Whitney' },
      { className: 'c', as: 'dots', label: 'mean threshold' },
    ],
  };
}

/** How long it takes to find more errors, beside the test that knows the answer. */
export function drawCounts({ rows }: CountsReport): Chart {
  const panelOf = (factor: number): Panel => {
    const lineOf = (tolerance: number, of: 'delay' | 'limit') =>
      meansOf(
        rows
          .filter((row) => row.tolerance === tolerance)
          .map((row) => ({
            x: Math.log10(row.rate * row.requests),
            y: row.regressions.find((it) => it.factor === factor)?.[of] ?? null,
          })),
      );
    return {
      title: `x${factor}`,
      x: { from: -2, until: 4, label: 'errors per look before it, powers of ten' },
      y: { from: 0, until: looks, label: 'looks until half are found' },
      series: [
        { className: 'b', as: 'line', points: lineOf(1, 'delay') },
        { className: 'c', as: 'line', points: lineOf(1.25, 'delay') },
        { className: 'a', as: 'line', points: lineOf(1, 'limit') },
      ],
      marks: [],
      limits: [],
    };
  };
  return {
    title: 'Looks until more errors are found',
    description:
      'The judge needs about three times as many looks as the test that knows both rates and looks once, and one look where there are many errors.',
    caption: `Poisson errors, ${looks} looks of blue, at most ${looks} of green`,
    columns: 2,
    panelHeight: 130,
    panels: factors.map(panelOf),
    legend: [
      { className: 'b', as: 'line', label: 'the judge without tolerance' },
      { className: 'c', as: 'line', label: 'with 1.25x' },
      { className: 'a', as: 'line', label: 'the test that knows the answer' },
    ],
  };
}

interface Point {
  x: number;
  y: number | null;
}

/** Cells with as many errors per look are one point; one that is beyond the window has none. */
function meansOf(points: readonly Point[]): Point[] {
  const groups = Map.groupBy(points, ({ x }) => x.toFixed(3));
  return [...groups.values()]
    .map((group) => ({
      x: group[0]?.x ?? 0,
      y: group.every(({ y }) => y !== null)
        ? group.reduce((sum, { y }) => sum + (y ?? 0), 0) / group.length
        : null,
    }))
    .sort((a, b) => a.x - b.x);
}
