import type { JudgedCount, JudgedMetric } from '../io.ts';
import { unreadable } from './files.ts';

type Look = number | JudgedCount | null;

/**
 * Reads pairs, one a line: `{ "baseline": […], "candidate": […] }`, of numbers or of
 * `{ errors, requests }`, null where one is missing; `concurrent` and `earlier` may be there too.
 * @throws CommandError that names the file and the line
 */
export function parsePairs(file: string, text: string): JudgedMetric[] {
  const lines = text.split(/\r?\n/).map((line, i) => ({ line, place: `${file}:${i + 1}` }));
  const filled = lines.filter(({ line }) => line.trim() !== '');
  if (filled.length === 0) throw unreadable(`${file}: holds no pairs`);
  return filled.map(({ line, place }) => parsePair(line, place));
}

function parsePair(line: string, place: string): JudgedMetric {
  const pair = parseJson(line, place);
  const baseline = looksOf(pair.baseline, 'baseline', place);
  const candidate = looksOf(pair.candidate, 'candidate', place);
  const concurrent =
    pair.concurrent === undefined ? [] : looksOf(pair.concurrent, 'concurrent', place);
  const earlier = daysOf(pair.earlier, place);
  const all = [baseline, candidate, concurrent, ...earlier].flat();
  const counts = all.filter((look) => look !== null && typeof look === 'object');
  if (counts.length > 0 && all.some((look) => typeof look === 'number')) {
    throw unreadable(`${place}: mixes numbers and { errors, requests }`);
  }
  const kind = counts.length > 0 ? 'rate' : 'value';
  const name = kind === 'rate' ? 'errorRate' : 'value';
  // All looks are of this one kind, which the types cannot know.
  return {
    name,
    kind,
    baseline: { before: baseline, concurrent, earlier },
    candidate,
  } as unknown as JudgedMetric;
}

function parseJson(line: string, place: string): Record<string, unknown> {
  try {
    const pair: unknown = JSON.parse(line);
    if (pair && typeof pair === 'object' && !Array.isArray(pair)) {
      return pair as Record<string, unknown>;
    }
  } catch (cause) {
    throw unreadable(`${place}: is no JSON`, cause);
  }
  throw unreadable(`${place}: needs { "baseline": […], "candidate": […] }`);
}

function daysOf(days: unknown, place: string): Look[][] {
  if (days === undefined) return [];
  if (!Array.isArray(days)) throw unreadable(`${place}: earlier needs a list of lists`);
  return days.map((day) => looksOf(day, 'earlier', place));
}

function looksOf(looks: unknown, key: string, place: string): Look[] {
  if (!Array.isArray(looks)) throw unreadable(`${place}: ${key} needs a list`);
  return looks.map((look, i) => {
    if (look === null || typeof look === 'number' || isCount(look)) return look;
    const reason = 'needs a number, { errors, requests } or null';
    throw unreadable(`${place}: ${key}[${i}] ${reason}, and is ${JSON.stringify(look)}`);
  });
}

function isCount(look: unknown): look is JudgedCount {
  const { errors, requests } = (look ?? {}) as Partial<JudgedCount>;
  return (
    typeof errors === 'number' && typeof requests === 'number' && errors >= 0 && requests >= errors
  );
}
