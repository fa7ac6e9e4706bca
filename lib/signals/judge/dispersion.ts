import { isCount, sumOf } from './counts.ts';
import { chiSquareUpperQuantile } from './quantiles.ts';
import type { Count, Counts } from './question.ts';

/** Groups of looks that a statement needs, and the errors that each is to have on average. */
const fewestGroups = 10;
const errorsPerGroup = 2;
/** With more than this hardly any regression would be found. */
const highestDispersion = 20;

/**
 * How many times as uneven as chance blue's errors come: where one cause fails many requests at once,
 * each error says less. Without blue's worst look: one bad minute is not how errors come.
 */
export function dispersionOf(counts: Counts): number {
  const looks = counts.filter(isCount);
  return Math.min(highestDispersion, unevennessOf(withoutWorst(looks)) ?? 1);
}

/** Whether blue has had errors enough to show that they come as by chance, in each of its looks. */
export function isKnownEven(counts: Counts): boolean {
  return unevennessOf(counts.filter(isCount)) === 1;
}

/** Without the look whose errors exceed most what it would have on average. */
function withoutWorst(looks: readonly Count[]): Count[] {
  const { errors, requests } = sumOf(looks);
  const excesses = looks.map((look) => look.errors - (errors / requests) * look.requests);
  return looks.toSpliced(excesses.indexOf(Math.max(...excesses)), 1);
}

/**
 * 1 unless errors vary more than chance makes them once in a hundred times (χ² test of homogeneity,
 * R. A. Fisher 1925), because its own uncertainty would cost sensitivity. Null where errors are too few.
 */
function unevennessOf(looks: readonly Count[]): number | null {
  const total = sumOf(looks);
  const groups = Math.min(looks.length, Math.floor(total.errors / errorsPerGroup));
  if (groups < fewestGroups) return null;
  const grouped = groupLooks(looks, total.requests / groups);
  const rate = total.errors / total.requests;
  const chiSquare = grouped.reduce((sum, { errors, requests }) => {
    const mean = rate * requests;
    return sum + (errors - mean) ** 2 / mean;
  }, 0);
  const freedom = grouped.length - 1;
  if (freedom < 1) return null;
  if (chiSquare <= chiSquareUpperQuantile(freedom, 0.01)) return 1;
  return chiSquare / freedom;
}

/** Neighbours together, until a group has so many requests. A rest stays out. */
function groupLooks(looks: readonly Count[], requests: number): Count[] {
  const groups: Count[] = [];
  let open: Count = { errors: 0, requests: 0 };
  for (const look of looks) {
    open = sumOf([open, look]);
    if (open.requests < requests * 0.999) continue;
    groups.push(open);
    open = { errors: 0, requests: 0 };
  }
  return groups;
}
