import type { Baseline, Count, MetricQuestion } from './question.ts';

/**
 * What a counter that only rises added from sample to sample. One that falls began anew, after a
 * restart: what it has counted since is the increment, as in Prometheus's `increase`. A missing sample
 * gives a missing increment, and the next one holds what came in both.
 *
 * @returns as many as there are samples; the first is missing
 */
export function incrementsOf(samples: readonly (number | null)[]): (number | null)[] {
  let last: number | null = null;
  return samples.map((sample) => {
    const before = last;
    last = sample ?? last;
    if (sample === null || before === null) return null;
    return sample >= before ? sample - before : sample;
  });
}

/** The same of errors and requests. */
function countsOf(samples: readonly (Count | null)[]): (Count | null)[] {
  const errors = incrementsOf(samples.map((it) => it?.errors ?? null));
  const requests = incrementsOf(samples.map((it) => it?.requests ?? null));
  return errors.map((failed, i) => {
    const all = requests[i] ?? null;
    return failed === null || all === null ? null : { errors: failed, requests: all };
  });
}

/** A metric whose counters are increments, so that it can be compared. */
export function withIncrements(metric: MetricQuestion): MetricQuestion {
  if (!metric.counter) return metric;
  return metric.kind === 'value'
    ? { ...metric, ...sidesOf(metric, incrementsOf) }
    : { ...metric, ...sidesOf(metric, countsOf) };
}

interface Sides<Look> {
  baseline: Baseline<Look>;
  candidate: readonly (Look | null)[];
}

function sidesOf<Look>(
  { baseline: { before, concurrent = [], earlier = [] }, candidate }: Sides<Look>,
  increments: (samples: readonly (Look | null)[]) => (Look | null)[],
): Sides<Look> {
  return {
    baseline: {
      before: increments(before),
      concurrent: increments(concurrent),
      earlier: earlier.map(increments),
    },
    candidate: increments(candidate),
  };
}
