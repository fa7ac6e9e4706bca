/** One entry of a Task's Retry, as ASL has it. Seconds; what is absent is ASL's default. */
export interface Retrier {
  ErrorEquals: readonly string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
}

/** Says after each failure of one state how many seconds to wait for the next try; null is the end. */
export type Patience = (errorName: string) => number | null;

/**
 * The Retry of one state, from its first try on: every retrier counts for itself. JitterStrategy is left
 * out on purpose: it spreads many callers, and here there is one.
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function createPatience(retriers: readonly Retrier[]): Patience {
  const tried = retriers.map(() => 0);
  return (errorName) => {
    const index = retriers.findIndex(({ ErrorEquals }) => matches(ErrorEquals, errorName));
    const retrier = retriers[index];
    if (!retrier) return null;
    const attempt = tried[index] ?? 0;
    if (attempt >= (retrier.MaxAttempts ?? 3)) return null;
    tried[index] = attempt + 1;
    const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity } = retrier;
    return Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** attempt);
  };
}

function matches(names: readonly string[], errorName: string): boolean {
  return names.some(
    (name) =>
      name === errorName ||
      name === 'States.ALL' ||
      (name === 'States.TaskFailed' && errorName !== 'States.Timeout'),
  );
}
