import { isBlueKnown } from './opponents.ts';
import type {
  JudgeVerdict,
  MetricJudgement,
  MetricQuestion,
  RateMetric,
  ValueMetric,
} from './question.ts';
import type { RateFinding } from './rate-metric.ts';
import { medianOf } from './reference.ts';
import { fewestPoints, type ValueFinding } from './value-metric.ts';

/** What decided about a value, in one sentence with numbers. */
export function describeValue(
  metric: ValueMetric,
  { at, way, evidence }: ValueFinding,
  minRequests: number,
): string {
  const { name, unit, requests } = metric;
  const { baselinePoints, points, extremes, since, statistic, threshold } = evidence;
  if (baselinePoints === 0) {
    return `${name}: there is no blue to compare with, it needs ${fewestPoints} points`;
  }
  const sides = `green ${quantity(evidence.candidateMedian, unit)}, blue ${quantity(evidence.baselineMedian, unit)} in the middle of ${points} and ${baselinePoints} points${onEarlierDays(metric)}, ${allowed(metric, way)}`;
  if (at !== null && extremes > 0) {
    return `${name}: ${extremes} points lie far ${way === 'increase' ? 'above' : 'below'} all that blue did, up to look ${at}; ${sides}`;
  }
  const strength = `evidence ${number(statistic)}, ${number(threshold)} allowed`;
  if (at !== null) {
    const side = way === 'increase' ? 'above' : 'below';
    return `${name}: green stands ${side} blue from look ${since} to ${at} (${strength}); ${sides}`;
  }
  if (points < fewestPoints) {
    return `${name}: green has ${points} of the ${fewestPoints} points that a verdict needs`;
  }
  if (requests !== undefined && requests < minRequests) {
    return `${name}: ${tooFew(requests, minRequests)}`;
  }
  return `${name}: ${sides} (${strength})`;
}

/** What blue did on earlier days, where it counts. */
function onEarlierDays({ baseline: { earlier = [], concurrent = [] }, unit }: ValueMetric): string {
  const days = earlier.map((day) => day.filter((it) => it !== null));
  const points = days.flat();
  if (points.length < fewestPoints || concurrent.some((it) => it !== null)) return '';
  const count = days.filter((day) => day.length > 0).length;
  const noun = count === 1 ? 'earlier day' : 'earlier days';
  return `, ${quantity(medianOf(points), unit)} on ${count} ${noun}`;
}

/** What decided about a rate, in one sentence with numbers. */
export function describeRate(
  metric: RateMetric,
  { at, way, evidence }: RateFinding,
  minRequests: number,
): string {
  const { name } = metric;
  const { requests, since, errorsSince, requestsSince, baselineRequests } = evidence;
  if (at === null && requests < minRequests) return `${name}: ${tooFew(requests, minRequests)}`;
  const blue =
    baselineRequests > 0
      ? `blue ${ofRequests(evidence.baselineErrors, baselineRequests)}`
      : withoutBlue(metric);
  const limit = `${way === 'increase' ? 'at most' : 'at least'} ${percent(evidence.allowedRate)} allowed`;
  const odds = `evidence ${odd(evidence.logEvidence)}, ${odd(evidence.logThreshold)} needed`;
  const green =
    at === null
      ? `green ${ofRequests(evidence.errors, requests)}`
      : `green ${ofRequests(errorsSince, requestsSince)} from look ${since} to ${at}`;
  return `${name}: ${green}, ${blue}, ${limit} (${odds})`;
}

function withoutBlue(metric: RateMetric): string {
  return isBlueKnown(metric, metric.candidate.length - 1)
    ? 'blue is known from earlier days only'
    : 'there is no blue to compare with';
}

/** What decided about the release. */
export function describeRelease(
  verdict: JudgeVerdict,
  at: number | null,
  metrics: readonly MetricJudgement[],
): string {
  if (metrics.length === 0) return 'nothing to compare';
  const deciding = decidingMetrics(verdict, at, metrics);
  return (deciding.length > 0 ? deciding : metrics).map(({ reason }) => reason).join('; ');
}

function decidingMetrics(
  verdict: JudgeVerdict,
  at: number | null,
  metrics: readonly MetricJudgement[],
): readonly MetricJudgement[] {
  if (verdict !== 'breach') {
    return metrics.filter((it) => it.isCritical && it.verdict === verdict);
  }
  const until = metrics.filter((it) => it.at !== null && it.at <= (at ?? 0));
  const critical = until.filter((it) => it.isCritical);
  return critical.length > 0 ? critical : until;
}

function allowed({ tolerance, minEffect, unit }: MetricQuestion, way: 'increase' | 'decrease') {
  const most = way === 'increase' ? 'at most' : 'at least';
  const effect = minEffect ? ` and ${quantity(minEffect, unit)}` : '';
  if ('ratio' in tolerance) {
    const ratio = way === 'increase' ? tolerance.ratio : 1 / tolerance.ratio;
    return `${most} ${number(ratio)}x${effect} allowed`;
  }
  const more = way === 'increase' ? 'more' : 'less';
  return `${quantity(tolerance.absolute, unit)} ${more}${effect} allowed`;
}

function tooFew(requests: number, minRequests: number): string {
  if (requests === 0) return 'green had no requests';
  return `green answered ${requests} of the ${minRequests} requests that a verdict needs`;
}

function ofRequests(errors: number, requests: number): string {
  const whole = (count: number) => count.toLocaleString('en', { maximumFractionDigits: 1 });
  return `${whole(errors)} of ${whole(requests)} requests (${percent(requests > 0 ? errors / requests : null)})`;
}

function quantity(value: number | null, unit: string | undefined): string {
  return value !== null && unit ? `${number(value)} ${unit}` : number(value);
}

/** Three digits that count. */
function number(value: number | null): string {
  if (value === null) return 'nothing';
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

function percent(rate: number | null): string {
  return rate === null ? 'none' : `${number(rate * 100)} %`;
}

/** Odds to one, as people say them. */
function odd(logarithm: number): string {
  const odds = Math.exp(Math.min(logarithm, Math.log(1e9)));
  return `${logarithm > Math.log(1e9) ? 'more than ' : ''}${number(odds)} : 1`;
}
