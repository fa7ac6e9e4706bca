import { median } from '../numbers.ts';
import type { PairJudge } from './judges.ts';
import { type Injection, inject, injections, onsetOf, type Pair } from './pairs.ts';

/** How a judge did on pairs of one length. */
export interface Tally {
  pairs: number;
  falsePositives: number;
  /** In the order of `injections`. */
  found: Found[];
}

interface Found extends Injection {
  /** Points from the onset to the verdict, of each that was found: called a breach at or after the onset. */
  delays: number[];
}

/** Lets a judge decide about the pairs as they are, and with every injection. */
export function tally(judge: PairJudge, pairs: readonly Pair[]): Tally {
  return {
    pairs: pairs.length,
    falsePositives: pairs.filter((pair) => judge(pair) !== null).length,
    found: injections.map((injection) => ({
      ...injection,
      delays: delaysOf(judge, pairs, injection),
    })),
  };
}

function delaysOf(judge: PairJudge, pairs: readonly Pair[], injection: Injection): number[] {
  const breaches = pairs.flatMap(({ baseline, candidate }) => {
    const at = judge({ baseline, candidate: inject(candidate, injection) });
    return at === null ? [] : [at - onsetOf(injection, candidate.length) + 1];
  });
  // One that comes before the onset is a false alarm, and finds nothing of what was injected.
  return breaches.filter((delay) => delay > 0);
}

/** Several together. */
export function sumOf(tallies: readonly Tally[]): Tally {
  return {
    pairs: total(tallies.map(({ pairs }) => pairs)),
    falsePositives: total(tallies.map(({ falsePositives }) => falsePositives)),
    found: injections.map((injection, i) => ({
      ...injection,
      delays: tallies.flatMap(({ found }) => found[i]?.delays ?? []),
    })),
  };
}

/** Of one judge and one length, as the report has it. Shares are in percent, delays in points. */
export interface TallyRow {
  falsePositives: number;
  recall: Record<string, number>;
  /** Median; null where nothing was found. */
  delay: Record<string, number | null>;
}

/** `whole x2`, `late x1.5`. */
export function labelOf({ where, factor }: Injection): string {
  return `${where} x${factor}`;
}

export function rowOf({ pairs, falsePositives, found }: Tally): TallyRow {
  return {
    falsePositives: percentOf(falsePositives, pairs),
    recall: Object.fromEntries(
      found.map((it) => [labelOf(it), percentOf(it.delays.length, pairs)]),
    ),
    delay: Object.fromEntries(
      found.map((it) => [labelOf(it), it.delays.length > 0 ? median(it.delays) : null]),
    ),
  };
}

function percentOf(count: number, all: number): number {
  return all > 0 ? Math.round((count / all) * 1000) / 10 : 0;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, it) => sum + it, 0);
}
