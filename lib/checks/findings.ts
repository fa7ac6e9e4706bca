import type { Json, JsonObject } from '../release/json.ts';
import type { CheckVerdict } from './check.ts';

/** One thing that a check found: what it is about, and what is wrong in words. */
export type Finding = {
  /** By which the manifest can allow it: `headers.content-security-policy`. */
  path: string;
  verdict: 'fail' | 'warn';
  says: string;
};

/** So many findings are told in a summary, and so many kept as evidence. */
const mostTold = 3;
const mostKept = 40;

/** `1 request`, `2 requests`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** The first of a list as evidence, and how many more there are. */
export function firstOf(list: readonly Json[], most: number): Json[] {
  const more = list.length - most;
  return more > 0 ? [...list.slice(0, most), `and ${more} more`] : [...list];
}

/** The worst of what was found; `pass` for nothing. */
export function worstOf(found: readonly Finding[]): CheckVerdict['verdict'] {
  if (found.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return found.length > 0 ? 'warn' : 'pass';
}

/** What was found in one line, failures first. */
export function tell(found: readonly Finding[]): string {
  const sorted = worstFirst(found);
  const told = sorted.slice(0, mostTold).map(({ says }) => says);
  const more = sorted.length - told.length;
  return told.join('; ') + (more > 0 ? `; ${more} more in the evidence` : '');
}

/** What was found as evidence, with a count of what was cut. */
export function evidenceOf(found: readonly Finding[]): JsonObject {
  const kept = worstFirst(found).slice(0, mostKept);
  return { findings: kept, findingsLeft: found.length - kept.length };
}

function worstFirst(found: readonly Finding[]): Finding[] {
  const rank = ({ verdict }: Finding) => (verdict === 'fail' ? 0 : 1);
  return found.toSorted((one, other) => rank(one) - rank(other));
}
