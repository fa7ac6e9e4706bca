import { z } from 'zod';

/** The manifest's `allow`: what is meant to be as it is. */
export const allowSchema = z
  .array(z.string().min(1).max(200))
  .max(100)
  .default([])
  .describe('Paths that are meant to differ, and all below them; `*` stands for any text');

/** What a list of allowed paths does to what was found. */
export interface Sifted<Found> {
  left: Found[];
  allowed: Found[];
  /** Patterns to which nothing came. */
  unused: string[];
}

/** Parts what is allowed from what is not. A pattern stands for its path and for all below it. */
export function sift<Found extends { path: string }>(
  found: readonly Found[],
  patterns: readonly string[],
): Sifted<Found> {
  const allows = patterns.map((pattern) => ({ pattern, matches: matcherOf(pattern) }));
  const isAllowed = ({ path }: Found) => allows.some(({ matches }) => matches(path));
  return {
    left: found.filter((one) => !isAllowed(one)),
    allowed: found.filter(isAllowed),
    unused: allows
      .filter(({ matches }) => !found.some(({ path }) => matches(path)))
      .map(({ pattern }) => pattern),
  };
}

/** Whether a path is the pattern's or lies below it: `tags` has `tags.team` and `layers` has `layers[0]`. */
export function matcherOf(pattern: string): (path: string) => boolean {
  const patterns = [pattern, `${pattern}.*`, `${pattern}[*`];
  return (path) => patterns.some((one) => matchesGlob(one, path));
}

/**
 * Whether a text is like a pattern in which `*` stands for any text. No regular expression: with some
 * stars, one takes for ever with a text that is meant for it.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  // The first place that fits leaves the most for those that follow.
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
