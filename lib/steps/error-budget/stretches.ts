import { epochMs } from '../../release/clock.ts';
import type { ReleaseDocument, Weights } from '../../release/document.ts';

/** Milliseconds since the epoch. The sole environment had all traffic, where that is known. */
interface Stretch {
  fromMs: number;
  toMs: number;
  soleEnvironmentId?: string | undefined;
}

/**
 * The time of a look, cut where all traffic came to one side or left it: a source may need to know whose
 * all the traffic was. In order, without gaps.
 */
export function budgetStretches(look: {
  release: ReleaseDocument | null;
  weights: Weights;
  fromMs: number;
  nowMs: number;
}): Stretch[] {
  const { fromMs, nowMs } = look;
  const turns = [{ ms: fromMs, sole: soleAtFirst(look) }, ...turnsOf(look.release)];
  return turns.flatMap(({ ms, sole }, i) => {
    const from = Math.max(ms, fromMs);
    const to = Math.min(turns[i + 1]?.ms ?? nowMs, nowMs);
    return from < to ? [{ fromMs: from, toMs: to, soleEnvironmentId: sole }] : [];
  });
}

/** Before the first shift that was blue; without a release whoever has it all now. */
function soleAtFirst({ release, weights }: { release: ReleaseDocument | null; weights: Weights }) {
  if (release) return release.blue?.id;
  return Object.entries(weights).find(([, percent]) => percent === 100)?.[0];
}

interface Turn {
  ms: number;
  sole: string | undefined;
}

function turnsOf(release: ReleaseDocument | null): Turn[] {
  if (!release) return [];
  const { blue, green, milestones } = release;
  const { firstShiftAt, cutoverAt, breachAt, restoredAt } = milestones;
  const turn = (at: string | null, sole?: string): Turn[] =>
    at === null ? [] : [{ ms: epochMs(at), sole }];
  return [
    ...turn(firstShiftAt),
    ...turn(cutoverAt, green?.id),
    // A rollback was under way: who had how much is not known.
    ...(restoredAt === null ? [] : turn(breachAt)),
    ...turn(restoredAt, blue?.id),
  ];
}
