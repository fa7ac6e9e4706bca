import { epochMs } from '../release/clock.ts';
import type { ReleaseDocument } from '../release/document.ts';
import type { MetricPoint, MetricQuery, MetricSource } from '../signals/signal.ts';

/** A time in which the same environments had the traffic. Milliseconds since the epoch. */
export interface Stretch {
  fromMs: number;
  toMs: number;
  /** The one that had all of it, where that is known. */
  soleEnvironmentId?: string | undefined;
}

/**
 * The time from one moment to another, cut where all traffic came to one side of a release or left it: a
 * source may need to know whose all the traffic was. In order, without gaps.
 */
export function trafficStretches(
  { blue, green, milestones }: Pick<ReleaseDocument, 'blue' | 'green' | 'milestones'>,
  fromMs: number,
  toMs: number,
): Stretch[] {
  const { firstShiftAt, cutoverAt, breachAt, restoredAt } = milestones;
  const turn = (at: string | null, sole?: string) =>
    at === null ? [] : [{ ms: epochMs(at), sole }];
  const turns = [
    { ms: Number.NEGATIVE_INFINITY, sole: blue?.id },
    ...turn(firstShiftAt),
    ...turn(cutoverAt, green?.id),
    // A breach found it, and a rollback is under way: who has how much is not known.
    ...(restoredAt === null ? [] : turn(breachAt)),
    ...turn(restoredAt, blue?.id),
  ];
  return turns.flatMap(({ ms, sole }, i) => {
    const begin = Math.max(ms, fromMs);
    const end = Math.min(turns[i + 1]?.ms ?? toMs, toMs);
    return begin < end ? [{ fromMs: begin, toMs: end, soleEnvironmentId: sole }] : [];
  });
}

/**
 * Points per environment id over all stretches.
 * @throws SignalUnavailableError or ThrottledError, both worth a repetition.
 */
export async function readStretches(
  source: MetricSource,
  asked: Pick<MetricQuery, 'environmentIds' | 'versions'>,
  stretches: readonly Stretch[],
): Promise<Record<string, MetricPoint[]>> {
  const parts = await Promise.all(
    stretches.map((stretch) => source.samples({ ...asked, ...stretch })),
  );
  return Object.fromEntries(
    asked.environmentIds.map((id) => [id, parts.flatMap((part) => part[id] ?? [])]),
  );
}
