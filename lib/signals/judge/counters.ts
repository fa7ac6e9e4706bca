/**
 * What a counter that only rises added from sample to sample. One that falls began anew, after a
 * restart: what it has counted since is the increment, as in Prometheus's `increase`. A missing sample
 * gives a missing increment, and the next one holds what came in both.
 *
 * @returns one increment less than there are samples
 */
export function incrementsOf(samples: readonly (number | null)[]): (number | null)[] {
  let last = samples[0] ?? null;
  return samples.slice(1).map((sample) => {
    const before = last;
    last = sample ?? last;
    if (sample === null || before === null) return null;
    return sample >= before ? sample - before : sample;
  });
}
