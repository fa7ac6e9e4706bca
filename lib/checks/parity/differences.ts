import { type Fact, type Facts, isThere } from './facts.ts';

/** A fact that is not the same; null is none. */
export type Difference = {
  path: string;
  blue: Fact | null;
  green: Fact | null;
};

/** So much of a value is told. */
const mostCharacters = 120;

/** Every fact in which the two differ, by path. */
export function differencesOf(blue: Facts, green: Facts): Difference[] {
  const paths = new Set([...blue.keys(), ...green.keys()]);
  return [...paths]
    .map((path) => ({ path, blue: blue.get(path) ?? null, green: green.get(path) ?? null }))
    .filter((one) => one.blue !== one.green)
    .map((one) => ({ path: one.path, blue: clipped(one.blue), green: clipped(one.green) }))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** The difference in words: `memoryMb is 512 on green, 1024 on blue`. */
export function inWords({ path, blue, green }: Difference): string {
  if (green === null) return `${path} ${blue === isThere ? 'is' : `is ${blue}`} on blue only`;
  if (blue === null) return `${path} ${green === isThere ? 'is' : `is ${green}`} on green only`;
  return `${path} is ${green} on green, ${blue} on blue`;
}

function clipped(value: Fact | null): Fact | null {
  if (typeof value !== 'string' || value.length <= mostCharacters) return value;
  return `${value.slice(0, mostCharacters)}…`;
}
