import type { ComparableMetric, Comparison, Comparisons } from '../../release/comparison.ts';
import type { Plan } from '../../release/plan.ts';
import { judgeRelease } from '../../signals/judge/judge-release.ts';
import type {
  Baseline,
  Count,
  JudgeVerdict,
  MetricJudgement,
  MetricQuestion,
  RateEvidence,
  ValueEvidence,
} from '../../signals/judge/question.ts';
import type { EarlierStretch } from './earlier-days.ts';
import { type Stretch, sumOf } from './stretches.ts';

/** Names of events and of the console: what is healthy so far is `healthy`. */
export type VerdictName = 'healthy' | 'breach' | 'not-enough-data';

/** What is said of one metric. Rates are fractions, latencies milliseconds. */
export interface MetricVerdict {
  metric: ComparableMetric;
  verdict: VerdictName;
  isCritical: boolean;
  /** Null where there was nothing to measure. */
  baseline: number | null;
  /** Of green since it stands out, or since the shift. */
  candidate: number | null;
  /** Null where `maxIncrease` is what is allowed. */
  maxRatio: number | null;
  /** In the metric's unit; null where a ratio is what is allowed. */
  maxIncrease: number | null;
  /** The way in which green is worse; null where it is not. */
  direction: 'increase' | 'decrease' | null;
  evidence: ValueEvidence | RateEvidence;
  /** One sentence with the numbers that decided. */
  reason: string;
}

/** What is said as a whole, as the event `Verdict` has it. */
export interface Verdict {
  verdict: VerdictName;
  reason: string;
  /** How long the stretches are that `look` means in reasons and evidence; null where nothing is compared. */
  lookSeconds: number | null;
  metrics: MetricVerdict[];
}

/** Both sides in stretches of one length, oldest first; null where one did nothing. */
export interface Sides {
  /** Blue before the shift. */
  before: readonly (Stretch | null)[];
  /** Blue at the same hour of each earlier day; none if absent. */
  earlier?: readonly (readonly (EarlierStretch | null)[])[];
  /** Blue since this shift. */
  beside: readonly (Stretch | null)[];
  /** Green since this shift. */
  green: readonly (Stretch | null)[];
  /** In so many of its first stretches green warms up: its latencies say nothing yet, its errors do. */
  warmUpLooks: number;
  /** Of all traffic, what the route gives green; the rest is blue's. */
  weightPercent: number;
  /** Requests to the service in such a stretch before the shift; 0 where that is not known. */
  usualRequests: number;
  lookSeconds: number;
  /** How many stretches the window has. */
  plannedLooks: number;
}

/** What is worse by less than this nobody notices. Milliseconds. */
const latencyMinEffectMs = 1;
/** Where the route gives blue nothing, this share of the usual traffic still says how blue does. */
const realShare = 0.2;

/** Compares green with blue as the plan asks. */
export function compareSides({ compare, minRequests }: Plan['watch'], sides: Sides): Verdict {
  const { plannedLooks, lookSeconds } = sides;
  const asked = entriesOf(compare);
  const known = { ...sides, beside: besideOf(sides, minRequests) };
  const metrics = asked.map(([metric, comparison]) => questionOf(metric, comparison, known));
  const judged = judgeRelease({ metrics, plannedLooks, minRequests });
  return {
    verdict: nameOf(judged.verdict),
    reason: judged.reason,
    lookSeconds: asked.length > 0 ? lookSeconds : null,
    metrics: asked.flatMap(([metric, comparison], i) => {
      const found = judged.metrics[i];
      return found ? [verdictOf(metric, comparison, found)] : [];
    }),
  };
}

/**
 * Blue where it has enough requests to say how it does. Probes and stragglers at a blue that has lost its
 * traffic are not: who still follows an old address is not who came before. Each stretch decides for
 * itself, so that later ones leave it as it was.
 */
function besideOf(sides: Sides, minRequests: number): (Stretch | null)[] {
  const { beside, weightPercent, usualRequests, plannedLooks } = sides;
  const share = weightPercent < 100 ? 0 : realShare * (usualRequests || Number.POSITIVE_INFINITY);
  const fewest = Math.max(minRequests / plannedLooks, share);
  return beside.map((it) => (it && it.requests >= fewest ? it : null));
}

function entriesOf(compare: Comparisons): [ComparableMetric, Comparison][] {
  return Object.entries(compare) as [ComparableMetric, Comparison][];
}

export function requestsOf(stretches: readonly (Stretch | null)[]): number {
  return sumOf(stretches, (it) => it?.requests ?? 0);
}

function questionOf(metric: ComparableMetric, asked: Comparison, sides: Sides): MetricQuestion {
  const { maxRatio = 1, maxIncrease, direction, minEffect, weight, isCritical } = asked;
  const base = {
    name: metric,
    tolerance: maxIncrease === undefined ? { ratio: maxRatio } : { absolute: maxIncrease },
    ...(direction && { direction }),
    ...(weight !== undefined && { weight }),
    critical: isCritical ?? true,
  };
  if (metric === 'errorRate') {
    return {
      ...{ ...base, kind: 'rate', ...(minEffect !== undefined && { minEffect }) },
      baseline: baselineOf(sides, (it): Count => ({ errors: it.errors, requests: it.requests })),
      candidate: sides.green.map((it) => it && { errors: it.errors, requests: it.requests }),
    };
  }
  const percentile = percentileOf[metric];
  return {
    ...{ ...base, kind: 'value', minEffect: minEffect ?? latencyMinEffectMs, unit: 'ms' },
    baseline: baselineOf(sides, (it) => it.latencyMs?.[percentile] ?? null),
    candidate: sides.green.map((it, look) =>
      look < sides.warmUpLooks ? null : (it?.latencyMs?.[percentile] ?? null),
    ),
    requests: requestsOf(sides.green),
  };
}

const percentileOf = { latencyP50: 'p50', latencyP95: 'p95', latencyP99: 'p99' } as const;

function baselineOf<Look>(
  { before, beside, earlier = [] }: Sides,
  lookOf: (stretch: EarlierStretch) => Look | null,
): Baseline<Look> {
  const looks = (stretches: readonly (EarlierStretch | null)[]) =>
    stretches.map((it) => it && lookOf(it));
  return {
    before: looks(before),
    ...(beside.length > 0 && { concurrent: looks(beside) }),
    ...(earlier.length > 0 && { earlier: earlier.map(looks) }),
  };
}

function verdictOf(
  metric: ComparableMetric,
  { maxRatio, maxIncrease }: Comparison,
  found: MetricJudgement,
): MetricVerdict {
  const { evidence, reason, direction, isCritical } = found;
  return {
    metric,
    verdict: nameOf(found.verdict),
    isCritical,
    ...bothSides(evidence, found.at !== null),
    maxRatio: maxRatio ?? null,
    maxIncrease: maxIncrease ?? null,
    ...{ direction, evidence, reason },
  };
}

/** What is shown of blue and green. */
function bothSides(evidence: ValueEvidence | RateEvidence, isBreach: boolean) {
  if ('baselineMedian' in evidence) {
    return { baseline: evidence.baselineMedian, candidate: evidence.candidateMedian };
  }
  const { baselineRate, rate, errorsSince, requestsSince } = evidence;
  const since = requestsSince > 0 ? errorsSince / requestsSince : rate;
  return { baseline: baselineRate, candidate: isBreach ? since : rate };
}

function nameOf(verdict: JudgeVerdict): VerdictName {
  return verdict === 'healthy-so-far' ? 'healthy' : verdict;
}
