import type { JudgedMetric, Judgement, JudgeTerms } from '../io.ts';
import { type Chart, drawChart, type Panel } from './chart.ts';

type Points = readonly (number | null)[];

/** Draws both sides of each metric, one after the other, with the moment of the verdict. */
export function drawSeries(
  metrics: readonly JudgedMetric[],
  terms: JudgeTerms,
  judgement: Judgement,
): string {
  return drawChart(chartOf(metrics, terms, judgement));
}

/** The picture as data. */
export function chartOf(
  metrics: readonly JudgedMetric[],
  terms: JudgeTerms,
  { verdict, reason, metrics: verdicts }: Judgement,
): Chart {
  return {
    title: verdict === 'breach' ? 'Breach' : verdict.replaceAll('-', ' '),
    description: reason,
    caption: `${metrics.length === 1 ? 'One metric' : `${metrics.length} metrics`} of blue before the cutover and of green after it`,
    columns: 1,
    panelHeight: 200,
    panels: metrics.map((metric, i) => panelOf(metric, terms, verdicts[i]?.at ?? null)),
    legend: [
      { className: 'a', as: 'dots', label: 'blue' },
      { className: 'b', as: 'dots', label: 'green' },
    ],
  };
}

function panelOf(metric: JudgedMetric, terms: JudgeTerms, at: number | null): Panel {
  const { blue, green } = pointsOf(metric);
  const known = [...blue, ...green].filter((it) => it !== null);
  const limits = limitsOf(blue, terms);
  const all = [...known, ...limits.map(({ y }) => y)];
  const lowest = known.reduce((least, it) => Math.min(least, it), 0);
  const highest = all.reduce((most, it) => Math.max(most, it), Number.NEGATIVE_INFINITY);
  return {
    title: metric.kind === 'rate' ? `${metric.name} in %` : metric.name,
    x: { from: -blue.length, until: Math.max(1, green.length), label: 'looks' },
    y: { from: lowest, until: highest > lowest ? highest * 1.06 : lowest + 1, label: '' },
    series: [
      { className: 'a', as: 'dots', points: blue.map((y, i) => ({ x: i - blue.length, y })) },
      { className: 'b', as: 'dots', points: green.map((y, x) => ({ x, y })) },
    ],
    marks: [
      { x: 0, label: 'cutover' },
      ...(at === null ? [] : [{ x: at, label: `breach at look ${at}` }]),
    ],
    limits,
  };
}

/** Rates are drawn in percent. */
function pointsOf(metric: JudgedMetric): { blue: Points; green: Points } {
  if (metric.kind === 'value') return { blue: metric.baseline.before, green: metric.candidate };
  const toPercent = (counts: typeof metric.candidate): Points =>
    counts.map((it) => (it && it.requests > 0 ? (it.errors / it.requests) * 100 : null));
  return { blue: toPercent(metric.baseline.before), green: toPercent(metric.candidate) };
}

/** What green may have, as far as blue's middle tells. */
function limitsOf(blue: Points, { tolerance, direction }: JudgeTerms): Panel['limits'] {
  if (!('ratio' in tolerance) || direction === 'either') return [];
  const known = blue.filter((it) => it !== null).toSorted((a, b) => a - b);
  const middle = known[Math.floor(known.length / 2)];
  if (middle === undefined) return [];
  const factor = direction === 'increase' ? tolerance.ratio : 1 / tolerance.ratio;
  return [{ y: middle * factor, label: `${Number(factor.toPrecision(3))}x of blue's middle` }];
}
