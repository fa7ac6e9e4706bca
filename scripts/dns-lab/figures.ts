import { round, type Spread, spreadOf } from '../bench/numbers.ts';
import type { Side } from './sides.ts';
import type { Answer } from './stub-clients.ts';

/** A point of a curve. */
export interface Point {
  /** Since the change was asked for. */
  seconds: number;
  /** Of the clients: 0 to 1. */
  share: number;
}

/** What was answered to questions that came after the router had said `converged`. */
export interface AfterConverged {
  answers: number;
  /** Those with the old side. */
  old: number;
}

/** What one audience saw of one change. Times are milliseconds since the change was asked for. */
export interface AudienceFigures {
  audience: string;
  clients: number;
  servers: number;
  answers: number;
  /** Answers without an address, and questions that nobody answered in time. */
  empty: number;
  failed: number;
  /** The first answer with the new side, of all clients; null when there was none. */
  firstNewMs: number | null;
  /** The last answer with the old side, of all clients; null when there was none. */
  lastOldMs: number | null;
  /** The last old answer of each client that had one. */
  clientLastOldMs: Spread;
  /** Until when a cache of the client itself may have kept an old answer: its arrival and its TTL. */
  oldKeptUntilMs: number | null;
  /** Clients that got an old answer after a new one. */
  clientsThatWentBack: number;
  /** Old answers in the last second of the look: the last one was not waited for. */
  isCutOff: boolean;
  /** Null where that was not said while it was looked at. */
  afterConverged: AfterConverged | null;
  /** The share of clients whose last answer was an old one, over time. */
  curve: Point[];
}

/**
 * What was looked at: answers to questions from `fromMs` before the change to `untilMs` after it. Other
 * times are milliseconds since 1970.
 */
export interface Look {
  /** When the change was asked for. */
  changedAt: number;
  /** When the router said `converged`; null where it did not. */
  convergedAt: number | null;
  to: Side;
  fromMs: number;
  untilMs: number;
  /** Between two points of the curve. */
  intervalMs: number;
}

/** Puts together what an audience saw of a change. */
export function figuresOf(
  audience: string,
  answers: readonly Answer[],
  look: Look,
): AudienceFigures {
  const { changedAt, convergedAt, to, untilMs } = look;
  const since = ({ askedAt }: Answer) => askedAt - changedAt;
  const countAfter = (some: readonly Answer[], at: number) =>
    some.filter(({ askedAt }) => askedAt > at).length;
  const seen = answers.filter((it) => since(it) >= 0 && since(it) < untilMs);
  const old = seen.filter(({ result }) => isAddress(result) && result !== to);
  const fresh = seen.filter(({ result }) => result === to);
  const lastOldByClient = [...groupBy(old, ({ client }) => client).values()].map((group) =>
    Math.max(...group.map(since)),
  );
  const most = (values: readonly number[]) => (values.length > 0 ? Math.max(...values) : null);
  return {
    audience,
    clients: new Set(seen.map(({ client }) => client)).size,
    servers: new Set(seen.map(({ server }) => server)).size,
    answers: seen.length,
    empty: seen.filter(({ result }) => result === 'empty').length,
    failed: seen.filter(({ result }) => result === 'failed').length,
    firstNewMs: fresh.length > 0 ? Math.min(...fresh.map(since)) : null,
    lastOldMs: most(old.map(since)),
    clientLastOldMs: spreadOf(lastOldByClient),
    oldKeptUntilMs: most(old.map((it) => it.answeredAt - changedAt + it.ttl * 1000)),
    clientsThatWentBack: countGoingBack(seen, to),
    afterConverged:
      convergedAt === null
        ? null
        : { answers: countAfter(seen, convergedAt), old: countAfter(old, convergedAt) },
    isCutOff: old.some((it) => since(it) >= untilMs - 1000),
    curve: curveOf(answers, look, (result) => result !== to),
  };
}

/**
 * The share of clients whose last answer `counts`, over time: what they would connect to just then.
 * Clients that have no answer yet are left out.
 */
export function curveOf(
  answers: readonly Answer[],
  { changedAt, fromMs, untilMs, intervalMs }: Omit<Look, 'to' | 'convergedAt'>,
  counts: (side: Side) => boolean,
): Point[] {
  const inOrder = answers
    .filter(({ result }) => isAddress(result))
    .toSorted((a, b) => a.answeredAt - b.answeredAt);
  const known = new Map<number, boolean>();
  const curve: Point[] = [];
  let next = 0;
  for (let at = -fromMs; at <= untilMs; at += intervalMs) {
    for (; next < inOrder.length; next += 1) {
      const answer = inOrder[next];
      if (!answer || answer.answeredAt > changedAt + at) break;
      known.set(answer.client, counts(answer.result as Side));
    }
    const isCounted = [...known.values()].filter(Boolean).length;
    if (known.size > 0) curve.push({ seconds: at / 1000, share: round(isCounted / known.size) });
  }
  return curve;
}

function countGoingBack(seen: readonly Answer[], to: Side): number {
  const clients = [...groupBy(seen, ({ client }) => client).values()];
  return clients.filter((group) => {
    const firstNew = group.findIndex(({ result }) => result === to);
    return (
      firstNew >= 0 &&
      group.slice(firstNew).some(({ result }) => isAddress(result) && result !== to)
    );
  }).length;
}

function isAddress(result: Answer['result']): result is Side {
  return result === 'blue' || result === 'green';
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
