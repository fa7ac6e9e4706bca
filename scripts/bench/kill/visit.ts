/** One request of a user and what became of it. Times are milliseconds of one clock. */
export interface Visit {
  sentAt: number;
  /** When it had a connection, or null when it got none. */
  connectedAt: number | null;
  endedAt: number;
  /** 0 when there was no whole answer. */
  status: number;
  /** The mark of the version that answered; null when nobody or the proxy itself did. */
  version: string | null;
  /** Whether the body says what it should; false for one that contradicts the mark. */
  isTruthful: boolean;
  /** What went wrong with the connection, or null. */
  failure: string | null;
}

/** A stretch of time without a conductor, hence without a proxy. */
export interface Outage {
  /** The kill. */
  from: number;
  /**
   * When a request had a connection that was answered again; infinite until then. Not when that was
   * sent: on a busy machine the kernel may look at two connections in another order.
   */
  until: number;
}

/**
 * What became of a visit. `answered`: well. `cut`: its connection broke or was refused while no
 * conductor ran. `own`: a bad version's own failure, which bears its mark. `failed`: anything else,
 * which is the conductor's fault: an answer of the proxy itself, a contradiction, a broken connection
 * while a conductor ran.
 */
export type Verdict = 'answered' | 'cut' | 'own' | 'failed';

/** Judges one visit. `isBad` knows the versions that fail by themselves. Pure. */
export function judgeVisit(
  visit: Visit,
  outages: readonly Outage[],
  isBad: (version: string) => boolean,
): Verdict {
  const { failure, status, version, isTruthful } = visit;
  if (failure !== null) return outages.some((one) => overlaps(visit, one)) ? 'cut' : 'failed';
  if (version === null) return 'failed';
  if (status === 500 && isBad(version)) return 'own';
  return status === 200 && isTruthful ? 'answered' : 'failed';
}

function overlaps({ sentAt, endedAt }: Visit, { from, until }: Outage): boolean {
  return endedAt >= from && sentAt <= until;
}

/** A visit in one line. */
export function describeVisit({ status, version, failure, isTruthful }: Visit): string {
  if (failure !== null) return failure;
  const by = version === null ? 'the proxy itself' : version;
  return `status ${status} by ${by}${isTruthful ? '' : ', with a body that contradicts it'}`;
}

/** When these visits were sent, next to the outage that began last. */
export function describeTimes(visits: readonly Visit[], outages: readonly Outage[]): string {
  const { from, until } = outages.at(-1) ?? { from: 0, until: 0 };
  const afterKill = (time: number) => `${Math.round((time - from) * 100) / 100} ms`;
  const sent = visits.map(({ sentAt }) => sentAt);
  const first = afterKill(Math.min(...sent));
  const last = afterKill(Math.max(...sent));
  return `sent ${first} to ${last} after the kill, and users were answered again after ${afterKill(until)}`;
}
