import type { MetricSummary } from '../../release/document.ts';
import type { ComparableMetric } from '../../release/manifest.ts';

/** What the judge is asked. */
export interface JudgeQuestion {
  /** Metric to the largest allowed ratio of green to blue. */
  compare: Partial<Record<ComparableMetric, { maxRatio: number }>>;
  /** Requests to green before a metric is judged. */
  minRequests: number;
  baseline: MetricSummary;
  /** Green since its first shift of this window. */
  candidate: MetricSummary;
}

/** What it says of one metric. Rates are fractions, latencies milliseconds. */
export interface MetricVerdict {
  metric: ComparableMetric;
  verdict: 'healthy' | 'breach' | 'not-enough-data';
  /** Null where there was nothing to measure. */
  baseline: number | null;
  candidate: number | null;
  maxRatio: number;
  reason: string;
}

/** What it says as a whole. */
export interface Verdict {
  verdict: 'healthy' | 'breach' | 'not-enough-data';
  /** One sentence with the numbers that decided. */
  reason: string;
  metrics: MetricVerdict[];
}

/** An error rate below this is never a breach: a baseline of zero must not make one error fatal. */
const errorRateFloor = 0.001;
/** Fewer errors than this are never a breach. */
const minErrors = 3;
/** Two-sided 99 % confidence. */
const z = 2.576;
/** A latency needs this many points of data on both sides. */
const minLatencyPoints = 5;
/** A latency that is worse by less is never a breach: nobody notices a fraction of a millisecond. */
const latencyFloorMs = 1;

/**
 * Compares green with blue. Pure: the same samples give the same verdict.
 * Errors are judged as a proportion with its sample size: a breach needs the lower end of the Wilson
 * score interval (E. B. Wilson 1927) above what is allowed. Latencies are judged by the median over
 * time of each point's percentile, which a few slow seconds do not move.
 */
export function judge(question: JudgeQuestion): Verdict {
  const entries = Object.entries(question.compare) as [ComparableMetric, { maxRatio: number }][];
  const metrics = entries.map(([metric, { maxRatio }]) => judgeMetric(metric, maxRatio, question));
  const worst =
    metrics.find((metric) => metric.verdict === 'breach') ??
    metrics.find((metric) => metric.verdict === 'not-enough-data');
  if (worst) return { verdict: worst.verdict, reason: worst.reason, metrics };
  const reason =
    metrics.length > 0 ? metrics.map((it) => it.reason).join('; ') : 'nothing to compare';
  return { verdict: 'healthy', reason, metrics };
}

function judgeMetric(
  metric: ComparableMetric,
  maxRatio: number,
  question: JudgeQuestion,
): MetricVerdict {
  const { requests } = question.candidate;
  if (requests < question.minRequests) {
    return {
      metric,
      verdict: 'not-enough-data',
      baseline: null,
      candidate: null,
      maxRatio,
      reason: `${metric}: green answered ${requests} of the ${question.minRequests} requests that a verdict needs`,
    };
  }
  return metric === 'errorRate'
    ? judgeErrors(maxRatio, question)
    : judgeLatency(metric, maxRatio, question);
}

function judgeErrors(maxRatio: number, { baseline, candidate }: JudgeQuestion): MetricVerdict {
  const blue = rateOf(baseline);
  const green = rateOf(candidate);
  const { errors, requests } = candidate;
  const allowed = Math.max((blue ?? 0) * maxRatio, errorRateFloor);
  const surely = wilsonLowerBound(errors, requests);
  const isBreach = errors >= minErrors && surely > allowed;
  return {
    metric: 'errorRate',
    verdict: isBreach ? 'breach' : 'healthy',
    baseline: blue,
    candidate: green,
    maxRatio,
    reason: `errorRate: green ${percent(green)}, blue ${percent(blue)}, at most ${percent(allowed)} allowed`,
  };
}

type LatencyMetric = Exclude<ComparableMetric, 'errorRate'>;
const percentileOf = { latencyP50: 'p50', latencyP95: 'p95', latencyP99: 'p99' } as const;

function judgeLatency(
  metric: LatencyMetric,
  maxRatio: number,
  { baseline, candidate }: JudgeQuestion,
): MetricVerdict {
  const percentile = percentileOf[metric];
  const blue = baseline.latencyMs?.[percentile] ?? null;
  const green = candidate.latencyMs?.[percentile] ?? null;
  const base = { metric, baseline: blue, candidate: green, maxRatio };
  const fewest = Math.min(baseline.latencyPoints, candidate.latencyPoints);
  if (blue === null || green === null || fewest < minLatencyPoints) {
    const measured = `${metric}: ${baseline.latencyPoints} points of blue and ${candidate.latencyPoints} of green, ${minLatencyPoints} of each needed`;
    const reason =
      baseline.latencyPoints === 0 ? `${metric}: there is no blue to compare with` : measured;
    return { ...base, verdict: 'not-enough-data', reason };
  }
  const isBreach = green > blue * maxRatio && green - blue > latencyFloorMs;
  const reason = `${metric}: green ${milliseconds(green)}, blue ${milliseconds(blue)}, at most ${maxRatio}x allowed`;
  return { ...base, verdict: isBreach ? 'breach' : 'healthy', reason };
}

function rateOf({ requests, errors }: MetricSummary): number | null {
  return requests > 0 ? errors / requests : null;
}

function wilsonLowerBound(errors: number, requests: number): number {
  if (requests === 0) return 0;
  const rate = errors / requests;
  const spread = z * Math.sqrt((rate * (1 - rate) + z ** 2 / (4 * requests)) / requests);
  return (rate + z ** 2 / (2 * requests) - spread) / (1 + z ** 2 / requests);
}

function percent(rate: number | null): string {
  return rate === null ? 'no data' : `${(rate * 100).toFixed(2)}%`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}
