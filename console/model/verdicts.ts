import type { ReleaseEvent } from '../types.ts';
import { listed } from '../words/text.ts';

/** What the judge says of one metric. Rates are fractions, latencies milliseconds. */
export interface MetricVerdict {
  metric: string;
  verdict: 'healthy' | 'breach' | 'not-enough-data';
  /** Null where there was nothing to measure. */
  baseline: number | null;
  candidate: number | null;
  /** Null where a difference is what is allowed. */
  maxRatio: number | null;
  /** What is allowed where no ratio is, in the metric's unit. Absent in events of before 0.2.0. */
  maxIncrease?: number | null;
  /** The way in which green is worse; null where it is not. Absent, for more, in events of before 0.2.0. */
  direction?: 'increase' | 'decrease' | null;
  /** Absent, for yes, in events of before 0.2.0. */
  isCritical?: boolean;
  reason: string;
}

/** One look of the judge. */
export interface Look {
  at: string;
  verdict: MetricVerdict['verdict'];
  reason: string;
  metrics: MetricVerdict[];
}

const metricNames: Record<string, string> = {
  errorRate: 'error rate',
  latencyP50: 'median latency',
  latencyP95: 'p95 latency',
  latencyP99: 'p99 latency',
};

/** Every look of the judge, oldest first. */
export function looksOf(events: readonly ReleaseEvent[]): Look[] {
  return events.flatMap(({ type, at, data }) => {
    if (type !== 'Verdict' || !isVerdict(data.verdict)) return [];
    const metrics = Array.isArray(data.metrics) ? data.metrics.filter(isMetricVerdict) : [];
    return [{ at, verdict: data.verdict, reason: String(data.reason ?? ''), metrics }];
  });
}

/** A metric as people call it. */
export function metricName(metric: string): string {
  return metricNames[metric] ?? metric;
}

/** A metric's value with its unit: `0.42 %`, `38.2 ms`, `no data`. */
export function metricValue(metric: string, value: number | null): string {
  if (value === null) return 'no data';
  return metric === 'errorRate' ? `${(value * 100).toFixed(2)} %` : `${value.toFixed(1)} ms`;
}

/** What green may have, beside what blue has: `2× blue`, `blue ± 50.0 ms`. */
export function allowedInWords({ metric, maxRatio, maxIncrease = null }: MetricVerdict): string {
  return maxIncrease === null ? `${maxRatio}× blue` : `blue ± ${metricValue(metric, maxIncrease)}`;
}

/** What a look came to, in one sentence that somebody can read aloud. */
export function lookInWords({ verdict, metrics, reason }: Look): string {
  const bad = metrics.filter((it) => it.verdict === 'breach');
  const deciding = bad.filter((it) => it.isCritical !== false);
  if (verdict === 'breach' && bad.length > 0) {
    return (deciding.length > 0 ? deciding : bad).map(breachInWords).join(' ');
  }
  if (verdict === 'not-enough-data') return `Not enough data yet: ${plainReason(reason)}.`;
  if (metrics.length === 0) return 'Nothing is compared; only alarms count.';
  const good = metrics.filter((it) => it.verdict !== 'breach');
  const warnings = bad.map((it) => `${breachInWords(it)} That alone is no breach.`);
  const names = listed(good.map((it) => metricName(it.metric)));
  return [
    ...(good.length > 0 ? [`Green does as well as blue in ${names}.`] : []),
    ...warnings,
  ].join(' ');
}

function breachInWords(it: MetricVerdict): string {
  const { metric, baseline, candidate, maxRatio, maxIncrease = null, direction } = it;
  const green = metricValue(metric, candidate);
  const blue = metricValue(metric, baseline);
  const sides = `Green's ${metricName(metric)} is ${green}, blue's is ${blue}`;
  const isLess = direction === 'decrease';
  if (maxIncrease !== null) {
    return `${sides}: more than ${metricValue(metric, maxIncrease)} ${isLess ? 'below' : 'above'} it.`;
  }
  return isLess
    ? `${sides}: less than 1/${maxRatio} of it.`
    : `${sides}: more than ${maxRatio} times as much.`;
}

/** A reason with the names that people use for metrics, instead of those that manifests use. */
export function plainReason(reason: string): string {
  return Object.entries(metricNames).reduce(
    (text, [metric, name]) => text.replaceAll(new RegExp(`\\b${metric}\\b`, 'g'), name),
    reason,
  );
}

function isVerdict(value: unknown): value is Look['verdict'] {
  return value === 'healthy' || value === 'breach' || value === 'not-enough-data';
}

function isMetricVerdict(value: unknown): value is MetricVerdict & null {
  const it = value as Partial<MetricVerdict> | null;
  return (
    typeof it === 'object' && it !== null && typeof it.metric === 'string' && isVerdict(it.verdict)
  );
}
