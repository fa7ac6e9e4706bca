import type { Timers } from '../../release/clock.ts';
import { parseJson } from '../body-expectation.ts';
import type { Door } from '../doors.ts';
import { redirectTarget } from '../har.ts';
import { askSteadily, type CheckResponse, causeOf, isSafe, pause } from '../requests.ts';
import {
  type Compared,
  type Difference,
  differencesBetween,
  isAbout,
  type Rules,
} from './differences.ts';
import type { Replayed } from './sources.ts';
import type { BothSides } from './words.ts';

/** What came of one request. */
export type Outcome =
  | { request: Replayed; result: 'alike'; status: number; noise: number }
  | { request: Replayed; result: 'differs'; differences: Difference[] }
  /** Nothing to compare: `reason` says why. */
  | { request: Replayed; result: 'incomparable'; reason: string }
  /** There was no time. */
  | { request: Replayed; result: 'open' };

/** What a replay goes by. */
export interface Replaying {
  blue: Door;
  green: Door;
  sides: BothSides;
  rules: Rules;
  headers: Record<string, string>;
  timers: Timers;
  abort: AbortSignal;
  /** So many requests at once. */
  concurrency: number;
  /** Milliseconds by `performance.now()` after which nothing new is asked. */
  firstRoundUntil: number;
  secondRoundUntil: number;
}

/** A side that keeps silent for longer has no answer to compare. */
const patienceSeconds = 5;
/** Between the rounds, so that what a clock changes has changed. */
const betweenRoundsSeconds = 1.1;

/**
 * Sends every request to both sides at once. Where the answers differ, both are asked once more, a moment
 * later: what then differs between blue and blue itself is noise, and what is no longer different had
 * happened in between. An unlike status counts whenever it comes. What may write is not sent again, and
 * only what its answers are made of is compared.
 */
export async function replay(requests: Replayed[], replaying: Replaying): Promise<Outcome[]> {
  const { concurrency, firstRoundUntil, secondRoundUntil } = replaying;
  const first = await eachOf(requests, concurrency, (request) => {
    return isOver(firstRoundUntil, replaying) ? null : askBoth(request, replaying);
  });
  const looks = first.map((look, i) => ({ request: requests[i] as Replayed, look }));
  const isOpen = ({ request, look }: (typeof looks)[number]) =>
    look !== null && look.differences.length > 0 && isSafe(request.method);
  if (looks.some(isOpen)) await pause(replaying.timers, betweenRoundsSeconds, replaying.abort);
  return eachOf(looks, concurrency, async (one) => {
    const { request, look } = one;
    if (!look) return { request, result: 'open' };
    if (!isOpen(one)) return settled(request, look);
    if (isOver(secondRoundUntil, replaying)) return { request, result: 'open' };
    return settledAgain(request, look, await askBoth(request, replaying), replaying);
  });
}

function isOver(until: number, { abort }: Replaying): boolean {
  return abort.aborted || performance.now() > until;
}

type Answer = Compared | { problem: string };

interface Look {
  blue: Answer;
  green: Answer;
  /** Empty where the answers cannot be compared. */
  differences: Difference[];
}

async function askBoth(request: Replayed, replaying: Replaying): Promise<Look> {
  const [blue, green] = await Promise.all([
    askSide(request, replaying.blue, replaying),
    askSide(request, replaying.green, replaying),
  ]);
  return { blue, green, differences: differencesOf(blue, green, replaying) };
}

function differencesOf(blue: Answer, green: Answer, { rules, sides }: Replaying): Difference[] {
  if (reasonAgainst(blue, green) !== null || 'problem' in blue) return [];
  if ('problem' in green)
    return [{ part: 'status', path: [], isValue: false, text: green.problem }];
  return differencesBetween(blue, green, rules, sides);
}

/** Why there is nothing to learn of green from these two; null where there is. */
function reasonAgainst(blue: Answer, green: Answer): string | null {
  if ('problem' in blue) return `blue: ${blue.problem}`;
  if (blue.status >= 500) return `blue: status ${blue.status}`;
  const isTooMany = blue.status === 429 || (!('problem' in green) && green.status === 429);
  return isTooMany ? 'too many requests for one side (429)' : null;
}

function settled(request: Replayed, { blue, green, differences }: Look): Outcome {
  const reason = reasonAgainst(blue, green);
  if (reason !== null) return { request, result: 'incomparable', reason };
  const left = isSafe(request.method) ? differences : differences.filter((it) => !it.isValue);
  if (left.length > 0) return { request, result: 'differs', differences: left };
  return { request, result: 'alike', status: statusOf(blue), noise: 0 };
}

function settledAgain(request: Replayed, first: Look, second: Look, replaying: Replaying): Outcome {
  const { rules, sides } = replaying;
  const noise =
    'problem' in first.blue || 'problem' in second.blue
      ? []
      : differencesBetween(first.blue, second.blue, rules, { ...sides, green: sides.blue });
  const isNoise = (one: Difference) => noise.some((other) => isAbout(one, other));
  const stays = (one: Difference) =>
    one.part === 'status' || second.differences.some((other) => isAbout(one, other));
  const late = second.differences.filter(({ part }) => part === 'status');
  const all = first.differences.some(({ part }) => part === 'status')
    ? first.differences
    : [...first.differences, ...late];
  const left = all.filter((one) => !isNoise(one) && stays(one));
  if (left.length > 0) return { request, result: 'differs', differences: left };
  return {
    request,
    result: 'alike',
    status: statusOf(first.blue),
    noise: first.differences.length,
  };
}

function statusOf(answer: Answer): number {
  return 'problem' in answer ? 0 : answer.status;
}

async function askSide(request: Replayed, door: Door, replaying: Replaying): Promise<Answer> {
  const { timers, abort, headers } = replaying;
  const own = new AbortController();
  const cancel = timers.after(patienceSeconds * 1000, () => own.abort());
  const url = `${door.base}${request.path}`;
  try {
    const answer = await askSteadily(
      {
        ...{ url, method: request.method, body: request.body },
        headers: { ...request.headers, ...headers, ...door.headers },
        signal: AbortSignal.any([abort, own.signal]),
      },
      { timers },
    );
    const stranger = door.strangerIn(answer.headers);
    return stranger === null ? comparedOf(answer, url) : { problem: stranger };
  } catch (error) {
    const isSilent = own.signal.aborted && !abort.aborted;
    const reason = isSilent ? `nothing within ${patienceSeconds} s` : causeOf(error);
    return { problem: `no answer: ${reason}` };
  } finally {
    cancel();
  }
}

function comparedOf({ status, headers, body }: CheckResponse, url: string): Compared {
  const location = headers.get('location');
  return {
    status,
    contentType: (headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '',
    redirect: location === null ? null : redirectTarget(location, url, []),
    json: parseJson(body),
    text: body,
  };
}

async function eachOf<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<Result> | Result,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [at, item] = next;
      results[at] = await act(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
