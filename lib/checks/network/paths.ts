import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import type { Target } from '../network.ts';
import { pause } from '../requests.ts';
import type { Probe, Tried } from './probe.ts';

/** What became of one way out. */
export interface PathFinding {
  target: Target;
  green: Tried;
  /** Only asked where it is closed to green; why there is no answer where there is none. */
  blue: Tried | { unknown: string } | null;
}

/** Closed is what is closed so many times in a row. */
const attempts = 3;
const pauseSeconds = 0.5;

/**
 * Tries every target from green, and those that are closed from blue.
 * @throws whatever green's probe throws.
 */
export async function findPaths(
  targets: readonly Target[],
  { green, blue }: { green: Probe; blue: Probe | null },
  { timers, abort }: { timers: Timers; abort: AbortSignal },
): Promise<PathFinding[]> {
  const fromGreen = await tryPatiently(targets, green, { timers, abort });
  const closed = targets.filter((_, i) => !fromGreen[i]?.isOpen);
  const fromBlue = closed.length > 0 ? await tryFromBlue(closed, blue) : [];
  return targets.flatMap((target, i) => {
    const tried = fromGreen[i];
    if (!tried) return [];
    const answer = tried.isOpen ? null : (fromBlue[closed.indexOf(target)] ?? null);
    return [{ target, green: tried, blue: answer }];
  });
}

async function tryPatiently(
  targets: readonly Target[],
  probe: Probe,
  { timers, abort }: { timers: Timers; abort: AbortSignal },
): Promise<Tried[]> {
  let tried = await probe(targets);
  for (let number = 2; number <= attempts; number += 1) {
    const before = tried;
    const closed = targets.filter((_, i) => !before[i]?.isOpen);
    if (closed.length === 0 || abort.aborted) break;
    await pause(timers, pauseSeconds, abort);
    const again = await probe(closed);
    tried = before.map((one, i) => {
      const place = targets[i] ? closed.indexOf(targets[i]) : -1;
      return again[place] ?? one;
    });
  }
  return tried;
}

async function tryFromBlue(
  closed: readonly Target[],
  blue: Probe | null,
): Promise<(Tried | { unknown: string })[]> {
  if (!blue) return [];
  try {
    return await blue(closed);
  } catch (error) {
    return closed.map(() => ({ unknown: messageOf(error) }));
  }
}
