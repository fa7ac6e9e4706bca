import { epochMs } from '../../../release/clock.ts';
import type { ReleaseDocument } from '../../../release/document.ts';

/** A time in which the same environments had the traffic. Milliseconds since the epoch. */
export interface Stretch {
  fromMs: number;
  toMs: number;
  /** The one that had all of it, where that is known. */
  soleEnvironmentId?: string | undefined;
}

/** Blue is shown this far back before the first shift: as long as it is watched, within these bounds. */
const shortestLookBackMs = 60_000;
const longestLookBackMs = 1_800_000;
/** How things went on after the end. */
const aftermathMs = 60_000;

/**
 * The time that charts of a release show, cut where all traffic came to one side or left it. At least
 * one stretch, in order, without gaps.
 */
export function stretchesOf(document: ReleaseDocument, nowMs: number): Stretch[] {
  const { blue, green, milestones } = document;
  const at = (iso: string | null) => (iso === null ? null : epochMs(iso));
  const endedMs = at(milestones.endedAt);
  const toMs = endedMs === null ? nowMs : Math.min(nowMs, endedMs + aftermathMs);
  const shiftMs = at(milestones.firstShiftAt);
  const fromMs = Math.min(shiftMs ?? endedMs ?? nowMs, nowMs) - lookBackMs(document);
  const restoredMs = at(milestones.restoredAt);
  const turns: [number | null, string | undefined][] = [
    [fromMs, blue?.id],
    [shiftMs, undefined],
    [at(milestones.cutoverAt), green?.id],
    // A breach found it, and a rollback is under way: who has how much is not known.
    [restoredMs === null ? null : at(milestones.breachAt), undefined],
    [restoredMs, blue?.id],
  ];
  const known = turns.flatMap(([ms, sole]) => (ms === null ? [] : [{ ms, sole }]));
  return known.flatMap(({ ms, sole }, i) => {
    const until = Math.min(known[i + 1]?.ms ?? toMs, toMs);
    return ms < until ? [{ fromMs: ms, toMs: until, soleEnvironmentId: sole }] : [];
  });
}

function lookBackMs({ plan }: ReleaseDocument): number {
  const watchedSeconds = (plan?.steps ?? []).reduce((sum, step) => sum + step.windowSeconds, 0);
  return Math.min(longestLookBackMs, Math.max(shortestLookBackMs, watchedSeconds * 1000));
}
