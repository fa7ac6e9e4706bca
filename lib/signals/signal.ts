/** An alarm that is firing now. */
export interface FiringAlarm {
  name: string;
  /** ISO 8601, when it began to fire. */
  since: string;
  /** One sentence with numbers. */
  reason: string;
}

/** What is known of an alarm besides its state. */
export interface AlarmFacts {
  name: string;
  exists: boolean;
  /** Whether it tells the conductor by an action of its own; null where the provider cannot say. */
  hasAction: boolean | null;
}

/**
 * Whom alarms tell besides the conductor. Each call is idempotent; of a name that does not exist nothing
 * is said. They throw SignalUnavailableError, ThrottledError or, where a right is missing,
 * ConfigInvalidError.
 */
export interface AlarmActions {
  /** Those of these alarms that have actions which are in force. */
  inForce(names: readonly string[]): Promise<string[]>;
  /** Alarms go on changing their state, and tell nobody by their actions. */
  suspend(names: readonly string[]): Promise<void>;
  resume(names: readonly string[]): Promise<void>;
}

/** Alarms that can be asked whether they fire. They also push: see `Operations.recordAlarm`. */
export interface Signal {
  /**
   * Which of these alarms fire now.
   * @throws AlarmUnknownError when a name does not exist.
   * @throws SignalUnavailableError or ThrottledError, both worth a repetition.
   */
  firing(names: readonly string[]): Promise<FiringAlarm[]>;
  /**
   * Whether these alarms are there and reach the conductor, in the order of `names`. A name that does
   * not exist is an answer here.
   * @throws SignalUnavailableError or ThrottledError, both worth a repetition.
   */
  examine(names: readonly string[]): Promise<AlarmFacts[]>;
  /** Absent where alarms have no actions, or nobody but their owner may touch them. */
  readonly actions?: AlarmActions;
}

/** What one environment did in one stretch of time. */
export interface MetricPoint {
  /** ISO 8601, the beginning of the stretch. */
  at: string;
  periodSeconds: number;
  /** How many requests were answered. */
  requests: number;
  /** How many of them failed on the server's side (5xx, no answer, broken answer). */
  errors: number;
  /** Milliseconds; null when there were no requests. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
}

/** What to measure. Times are milliseconds since the Unix epoch; points begin in `[fromMs, toMs)`. */
export interface MetricQuery {
  environmentIds: readonly string[];
  fromMs: number;
  toMs: number;
  /** The version of each environment, for sources that tell them apart by it. */
  versions?: Readonly<Record<string, string>> | undefined;
  /** The environment that had all traffic in that time, where that is known. */
  soleEnvironmentId?: string | undefined;
}

/** Measures environments of one service. */
export interface MetricSource {
  /**
   * How long after its end a point may still be missing or change, in seconds: data that is late, and
   * clocks that differ. The length of a point if absent.
   */
  settleSeconds?: number;
  /**
   * Points per environment id, oldest first; an id without data has an empty list.
   * @throws SignalUnavailableError or ThrottledError, both worth a repetition.
   */
  samples(query: MetricQuery): Promise<Record<string, MetricPoint[]>>;
}
