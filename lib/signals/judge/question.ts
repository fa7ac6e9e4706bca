/** Numbers of one side, one for each look, oldest first; null where one is missing. */
export type Series = readonly (number | null)[];

/** What happened between two looks: how many requests, and how many of them failed. */
export interface Count {
  errors: number;
  requests: number;
}

/** Counts of one side, one for each look, oldest first; null where one is missing. */
export type Counts = readonly (Count | null)[];

/** What is known of blue. */
export interface Baseline<Look> {
  /** Before the cutover. */
  before: readonly (Look | null)[];
  /** At the same looks as green, while blue still has traffic. Preferred: drift and rhythm are in both. */
  concurrent?: readonly (Look | null)[];
  /** The same hour on earlier days. Where nothing is concurrent, green must stand out against it too. */
  earlier?: readonly (readonly (Look | null)[])[];
}

/** How much worse than blue green may be: this many times, or by this much. */
export type Tolerance = { ratio: number } | { absolute: number };

/** Which change is bad. */
export type Direction = 'increase' | 'decrease' | 'either';

interface MetricBase {
  /** Unique within the question. */
  name: string;
  tolerance: Tolerance;
  /** Increase if absent. */
  direction?: Direction;
  /** Beyond the tolerance, in the metric's unit: what is worse by less is no breach. 0 if absent. */
  minEffect?: number;
  /** Its share of the allowed false alarms, and its say where it is not critical. 1 if absent. */
  weight?: number;
  /** A breach of it alone is a breach of the release. True if absent. */
  critical?: boolean;
  /** Its samples only rise, and what they add is compared. False if absent. */
  counter?: boolean;
  /** For the words: `ms`. */
  unit?: string;
}

/** Something that is measured, such as a latency. */
export interface ValueMetric extends MetricBase {
  kind: 'value';
  baseline: Baseline<number>;
  candidate: Series;
  /** How many requests green has answered, where that is known: a pass needs `minRequests` of them. */
  requests?: number;
}

/**
 * Something that is counted, such as failed requests. Its unit is the fraction of requests. An absolute
 * tolerance is measured from blue before the cutover, whatever blue does at the same time.
 */
export interface RateMetric extends MetricBase {
  kind: 'rate';
  baseline: Baseline<Count>;
  candidate: Counts;
  /** A rate that is never a breach, whatever blue does. 0.0001 if absent. */
  floor?: number;
}

export type MetricQuestion = ValueMetric | RateMetric;

/** What the judge is asked. */
export interface ReleaseQuestion {
  metrics: readonly MetricQuestion[];
  /** How many looks there will be at most in this window. */
  plannedLooks: number;
  /** How often a window in which nothing is wrong may be called a breach: 0.08 and 0.01 if absent. */
  levels?: { values: number; rates: number };
  /** A pass needs so many requests to green: 100 if absent. */
  minRequests?: number;
}

export type JudgeVerdict = 'healthy-so-far' | 'breach' | 'not-enough-data';

/** What decided about a value. Looks count from 0. */
export interface ValueEvidence {
  /** Points of blue that green's last one was compared with. */
  baselinePoints: number;
  /** Points of green that were compared. */
  points: number;
  baselineMedian: number | null;
  /** Of green since it stands out, or of all its points. */
  candidateMedian: number | null;
  /** The look since which green stands out. */
  since: number | null;
  /** Of the rank CUSUM, as it stands at the end or at the breach. */
  statistic: number;
  /** What the statistic must exceed for a breach; null where there is nothing to compare. */
  threshold: number | null;
  /** Of blue from one point to the next, 0 where there is none. It raises the threshold. */
  autocorrelation: number;
  /** How many far points were a breach by themselves; 0 where it was not they. */
  extremes: number;
}

/** What decided about a rate. Looks count from 0. */
export interface RateEvidence {
  baselineErrors: number;
  baselineRequests: number;
  errors: number;
  requests: number;
  /** The look since which green stands out; its errors and requests since then. */
  since: number | null;
  errorsSince: number;
  requestsSince: number;
  /** Null where there is no baseline. */
  baselineRate: number | null;
  /** Null where there were no requests. */
  rate: number | null;
  /** The largest rate that is no breach, by what is known of blue. */
  allowedRate: number;
  /** Odds against "not worse than allowed", as natural logarithm. */
  logEvidence: number;
  /** What they must reach. */
  logThreshold: number;
  /** How many times as uneven as chance blue's errors come, its worst look left out; 1 where they do not. */
  dispersion: number;
}

/** What the judge says of one metric. */
export interface MetricJudgement {
  name: string;
  verdict: JudgeVerdict;
  /** The look at which the breach was found. */
  at: number | null;
  /** The way in which green is worse. */
  direction: 'increase' | 'decrease' | null;
  isCritical: boolean;
  evidence: ValueEvidence | RateEvidence;
  /** One sentence with the numbers that decided. */
  reason: string;
}

/** What it says as a whole. */
export interface ReleaseJudgement {
  verdict: JudgeVerdict;
  /** The look at which the breach was found. */
  at: number | null;
  reason: string;
  /** In the order of the question. */
  metrics: MetricJudgement[];
}
