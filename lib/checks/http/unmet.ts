import { unmetBody } from '../body-expectation.ts';
import { unmetStatus } from '../written-requests.ts';
import type { Expectation } from './expectation.ts';

/** An answer as expectations look at it. */
export interface Answered {
  status: number;
  headers: Headers;
  body: string;
}

/** The first thing that is wrong with a body by its schema, or null. */
export type SchemaJudge = (body: string) => string | null;

/**
 * The first expectation that one answer does not meet, with what came instead; null when all do. How long
 * it took is for all answers together to say.
 */
export function unmet(
  expect: Expectation,
  answered: Answered,
  judgeSchema: SchemaJudge = () => null,
): string | null {
  return (
    unmetStatus(expect, answered.status) ??
    unmetHeader(expect, answered) ??
    unmetBody(expect, answered.body) ??
    judgeSchema(answered.body)
  );
}

function unmetHeader(expect: Expectation, { headers }: Answered): string | null {
  const wanted = Object.entries(expect.headers ?? {});
  const missed = wanted.find(([name, part]) => !headers.get(name)?.includes(part));
  if (!missed) return null;
  const [name, part] = missed;
  const actual = headers.get(name);
  const instead = actual === null ? 'is missing' : `is "${actual}"`;
  return `header ${name} ${instead}, without "${part}"`;
}

/** Why so many answers were too slow, by their median; null when they were not. Milliseconds. */
export function unmetLatency({ maxLatency }: Expectation, latencies: readonly number[]) {
  const typical = medianOf(latencies);
  if (maxLatency === undefined || typical === null || typical <= maxLatency * 1000) return null;
  const which = latencies.length > 1 ? ` (median of ${latencies.length})` : '';
  return `answered in ${typical} ms${which}, more than ${maxLatency * 1000} ms`;
}

/** The one in the middle, of an even number the smaller of two; null of none. */
export function medianOf(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null;
}
