import type { Json, JsonObject } from '../../release/json.ts';
import { copiesInUse, type EnvironmentSize, numberOf } from '../environment-size.ts';

/** One thing of which both sides have some. */
export interface SizeComparison {
  what: string;
  blue: number;
  green: number;
  isEnough: boolean;
}

/**
 * What both sides tell of their size, side by side.
 * @param green With the copies that it has once it is live.
 * @param atLeast The share of blue's that is enough.
 */
export function compareSizes(
  green: EnvironmentSize,
  blue: EnvironmentSize,
  atLeast: number,
): SizeComparison[] {
  const inUse = copiesInUse(blue);
  const pairs: [string, number | null, number | null][] = [
    ['memory in MiB', blue.memoryMb, green.memoryMb],
    ['vCPUs', blue.vcpus, green.vcpus],
    ['copies', inUse, green.copies],
    ['copies at most', inUse, green.mostCopies],
    ['containers kept ready', blue.readyContainers, green.readyContainers ?? 0],
  ];
  return pairs.flatMap(([what, blues, greens]) => comparison(what, blues, greens, atLeast));
}

/**
 * The same for facts that the manifest names.
 * @returns The names of those that are no numbers on both sides, besides.
 */
export function compareFacts(
  paths: readonly string[],
  green: JsonObject,
  blue: JsonObject,
  atLeast: number,
): { compared: SizeComparison[]; unknown: string[] } {
  const numbersAt = (path: string) => [factAt(blue, path), factAt(green, path)] as const;
  const compared = paths.flatMap((path) => comparison(path, ...numbersAt(path), atLeast));
  const unknown = paths.filter((path) => numbersAt(path).includes(null));
  return { compared, unknown };
}

function comparison(
  what: string,
  blue: number | null,
  green: number | null,
  atLeast: number,
): SizeComparison[] {
  if (blue === null || green === null) return [];
  return [{ what, blue, green, isEnough: green >= blue * atLeast }];
}

function factAt(facts: JsonObject, path: string): number | null {
  const found = path.split('.').reduce<Json | undefined>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as JsonObject)[key];
  }, facts);
  return numberOf(found);
}
