/**
 * Counts latencies in buckets whose bounds grow by 4 %. A bucket answers with its geometric middle,
 * so what is read is within 2 % of what was measured, between 0.1 ms and 10 minutes; what lies
 * outside is counted in the first or last bucket. 400 buckets, 800 bytes.
 */
export type Histogram = Uint16Array;

const smallestMs = 0.1;
const growth = Math.log(1.04);
const buckets = 400;
const fullBucket = 65_535;

/** A histogram without counts. */
export function createHistogram(): Histogram {
  return new Uint16Array(buckets);
}

/** Counts one latency in milliseconds. */
export function addLatency(histogram: Histogram, latencyMs: number): void {
  const bucket = Math.floor(Math.log(Math.max(latencyMs, smallestMs) / smallestMs) / growth);
  const index = Math.min(bucket, buckets - 1);
  const count = histogram[index] ?? 0;
  if (count < fullBucket) histogram[index] = count + 1;
}

/** The latency in milliseconds at or below which each share (0 to 1, rising) lies; nearest rank. */
export function percentiles(histogram: Histogram, shares: readonly number[]): number[] {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const found: number[] = [];
  let seen = 0;
  for (let bucket = 0; bucket < buckets && found.length < shares.length; bucket += 1) {
    seen += histogram[bucket] ?? 0;
    while (found.length < shares.length && seen > 0 && seen >= rank(shares[found.length], total)) {
      found.push(middleMs(bucket));
    }
  }
  return found;
}

function rank(share: number | undefined, total: number): number {
  return Math.ceil((share ?? 1) * total);
}

function middleMs(bucket: number): number {
  const value = smallestMs * Math.exp((bucket + 0.5) * growth);
  return Number(value.toPrecision(4));
}
