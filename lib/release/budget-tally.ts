import { epochMs } from './clock.ts';
import { type Percentile, percentiles, type Slo } from './slo.ts';

/** Requests of some time. A request is bad once: what failed is not counted as slow too. */
export interface Counts {
  requests: number;
  /** Failed on the server's side. */
  errors: number;
  /** Answered, but in a minute that was too slow. */
  slow: number;
}

/**
 * A stretch of time: its beginning in seconds since the Unix epoch, how many of its seconds were looked
 * at, requests, errors, slow ones. A list, because a ledger keeps up to 240 of them in one piece.
 */
export type Row = readonly [
  startSeconds: number,
  knownSeconds: number,
  requests: number,
  errors: number,
  slow: number,
];

/** What a release's green did while the release ran. */
export interface ReleaseTally {
  releaseId: string;
  /** ISO 8601, its first shift. */
  firstShiftAt: string;
  /** Of rows that are sealed. */
  older: Counts;
  recent: Row[];
}

/** A release burnt too much. */
export interface BudgetStop {
  releaseId: string;
  /** One sentence with numbers. */
  reason: string;
  /** ISO 8601. */
  at: string;
  /** The budget has recovered, or somebody has lifted the freeze: this release freezes nothing any more. */
  isOver: boolean;
}

/** Somebody lets releases begin although too little is left. */
export interface BudgetPardon {
  by: string;
  /** ISO 8601. */
  at: string;
  /** The release that had burnt last; null when there was none. */
  releaseId: string | null;
}

/** What is remembered of a service's requests: sources forget. At most 16 KB as JSON. */
export interface BudgetTally {
  service: string;
  /** Counts up from 1 with every change. */
  revision: number;
  /** ISO 8601, the last look. */
  lookedAt: string;
  /** Of the source's points, as last seen. */
  periodSeconds: number;
  /** Seconds since the Unix epoch: rows before it are not changed any more. */
  sealedUntil: number;
  /** By their beginning, as long as {@link sealedSeconds} says. */
  older: Row[];
  /** By their beginning, {@link recentSeconds} long. */
  recent: Row[];
  /** The last release that got traffic. */
  release: ReleaseTally | null;
  stop: BudgetStop | null;
  pardon: BudgetPardon | null;
}

/** A point of a metric source. */
export interface CountedPoint {
  /** ISO 8601, its beginning. */
  at: string;
  periodSeconds: number;
  requests: number;
  errors: number;
  latencyMs: Record<Percentile, number> | null;
}

/** The length of a recent row. */
export const recentSeconds = 300;
/** A row may still grow for so long: the source's longest period, and what comes late. */
const sealAfterSeconds = 3 * 3600;
/** Sealed rows are as short as they can be with no more than this many in a window. */
const mostSealed = 200;
const sealedLengths = [recentSeconds, 3600, 4 * 3600, 12 * 3600, 86_400];
/** Whether it was slow is decided over this long, or over the source's longer points. */
const sliceSeconds = 60;

/** The tally of a service that nobody has looked at yet. */
export function emptyTally(service: string, lookedAt: string): BudgetTally {
  return {
    service,
    revision: 0,
    lookedAt,
    periodSeconds: sliceSeconds,
    sealedUntil: 0,
    older: [],
    recent: [],
    release: null,
    stop: null,
    pardon: null,
  };
}

/** The length of a sealed row. */
export function sealedSeconds({ windowSeconds }: Slo): number {
  return sealedLengths.find((length) => windowSeconds / length <= mostSealed) ?? 86_400;
}

/** The first look goes back so far; what the source knows no more simply does not come. */
const firstLookSeconds = 3600;
const longestLookSeconds = 2 * 3600;
const shortestOverlapSeconds = 120;
/** Points come late and grow, also after they should have settled: so many of them are read again. */
const overlapPoints = 15;

/**
 * Where the next look begins, in milliseconds since the epoch: on a row's beginning.
 * @param settleSeconds how long after its end a point of the source may still be missing
 */
export function lookFrom(tally: BudgetTally | null, nowMs: number, settleSeconds = 0): number {
  const now = nowMs / 1000;
  if (!tally) return rowStart(now - firstLookSeconds) * 1000;
  const again = Math.max(shortestOverlapSeconds, overlapPoints * tally.periodSeconds);
  const lookedAt = epochMs(tally.lookedAt) / 1000;
  const from = Math.max(lookedAt - again - settleSeconds, now - longestLookSeconds);
  return rowStart(Math.min(from, now)) * 1000;
}

function rowStart(seconds: number): number {
  return Math.floor(seconds / recentSeconds) * recentSeconds;
}

/** What a look covers, in milliseconds since the epoch. */
export interface LookTime {
  fromMs: number;
  toMs: number;
  /** What came later may not have come yet. */
  knownUntilMs: number;
}

/** The rows of what environments did in that time, known zeros included. */
export function rowsOf(
  environments: readonly (readonly CountedPoint[])[],
  slo: Slo,
  { fromMs, toMs, knownUntilMs }: LookTime,
): Row[] {
  const counted = environments.flatMap((points) => slicesOf(points, slo));
  const rows: Row[] = [];
  for (let start = rowStart(fromMs / 1000); start < toMs / 1000; start += recentSeconds) {
    const own = counted.filter((it) => rowStart(it.startSeconds) === start);
    const { requests, errors, slow } = sumOf(own);
    const known = Math.min(recentSeconds, Math.floor(knownUntilMs / 1000) - start);
    rows.push([start, Math.max(0, known), requests, errors, slow]);
  }
  return rows;
}

interface Slice extends Counts {
  startSeconds: number;
}

/** An environment's minutes, or its points where those are longer. */
function slicesOf(points: readonly CountedPoint[], { latency }: Slo): Slice[] {
  const slices = Map.groupBy(points, ({ at, periodSeconds }) => {
    const seconds = epochMs(at) / 1000;
    return periodSeconds < sliceSeconds
      ? Math.floor(seconds / sliceSeconds) * sliceSeconds
      : seconds;
  });
  return [...slices].map(([startSeconds, group]) => {
    const requests = group.reduce((sum, it) => sum + it.requests, 0);
    const errors = group.reduce((sum, it) => sum + Math.min(it.errors, it.requests), 0);
    const isSlow = latency !== null && isTooSlow(group, requests, latency);
    return { startSeconds, requests, errors, slow: isSlow ? requests - errors : 0 };
  });
}

const ranks: Record<Percentile, number> = { p50: 0.5, p95: 0.95, p99: 0.99 };

/** Whether more requests were too slow than the percentile allows. */
function isTooSlow(
  points: readonly CountedPoint[],
  requests: number,
  { percentile, belowMs }: NonNullable<Slo['latency']>,
): boolean {
  const surely = points.reduce((sum, point) => sum + surelySlow(point, belowMs), 0);
  return surely > requests - Math.ceil(ranks[percentile] * requests);
}

/** So many requests were surely slower: those from the rank of the lowest percentile that was, upwards. */
function surelySlow({ requests, latencyMs }: CountedPoint, belowMs: number): number {
  if (!latencyMs) return 0;
  const slower = percentiles.find((it) => latencyMs[it] > belowMs);
  return slower ? requests - Math.ceil(ranks[slower] * requests) + 1 : 0;
}

/** Sums. */
export function sumOf(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (sum, it) => ({
      requests: sum.requests + it.requests,
      errors: sum.errors + it.errors,
      slow: sum.slow + it.slow,
    }),
    { requests: 0, errors: 0, slow: 0 },
  );
}

/** A row's counts. */
export function countsOf([, , requests, errors, slow]: Row): Counts {
  return { requests, errors, slow };
}

/** What a look has found. */
export interface Seen {
  /** ISO 8601. */
  at: string;
  /** Null when there was no point to tell it from. */
  periodSeconds: number | null;
  rows: readonly Row[];
  /** The last release that got traffic. */
  release: { releaseId: string; firstShiftAt: string; rows: readonly Row[] } | null;
}

/**
 * The tally with what a look has found. Of two looks at the same stretch the one counts that saw more, so
 * that looks may come twice, late, at once and in any order, and a source that has forgotten takes nothing
 * away.
 */
export function addLook(tally: BudgetTally, seen: Seen, slo: Slo): BudgetTally {
  const open = (rows: readonly Row[]) => rows.filter(([start]) => start >= tally.sealedUntil);
  const first = tally.revision === 0 ? fromFirstRequest(seen.rows) : seen.rows;
  const merged: BudgetTally = {
    ...tally,
    lookedAt: tally.lookedAt > seen.at ? tally.lookedAt : seen.at,
    periodSeconds: seen.periodSeconds ?? tally.periodSeconds,
    recent: mergeRows(tally.recent, open(first)),
    release: mergeRelease(tally.release, seen.release, open),
  };
  return seal(merged, slo);
}

/** Nobody knows whether a source without requests was there; the running row is looked at. */
function fromFirstRequest(rows: readonly Row[]): readonly Row[] {
  const first = rows.findIndex(([, , requests]) => requests > 0);
  return rows.slice(first === -1 ? -1 : first);
}

function mergeRelease(
  kept: ReleaseTally | null,
  seen: Seen['release'],
  open: (rows: readonly Row[]) => Row[],
): ReleaseTally | null {
  if (!seen) return kept;
  const { rows, ...named } = seen;
  const isSame = kept?.releaseId === seen.releaseId;
  if (kept && !isSame && epochMs(kept.firstShiftAt) >= epochMs(seen.firstShiftAt)) return kept;
  const before = kept && isSame ? kept : { older: sumOf([]), recent: [] };
  const used = open(rows).filter(([, , requests]) => requests > 0);
  return { ...named, older: before.older, recent: mergeRows(before.recent, used) };
}

function mergeRows(kept: readonly Row[], seen: readonly Row[]): Row[] {
  const rows = new Map(kept.map((row) => [row[0], row]));
  for (const row of seen) {
    const before = rows.get(row[0]);
    rows.set(row[0], before ? fuller(before, row) : row);
  }
  return [...rows.values()].sort(([a], [b]) => a - b);
}

/** The one that saw more requests, or else more bad ones. */
function fuller(one: Row, other: Row): Row {
  const more = compareCounts(one, other) >= 0 ? one : other;
  const [start, , requests, errors, slow] = more;
  return [start, Math.max(one[1], other[1]), requests, errors, slow];
}

function compareCounts(a: Row, b: Row): number {
  return a[2] - b[2] || a[3] + a[4] - (b[3] + b[4]) || a[3] - b[3];
}

/** Puts rows that can't grow any more together into longer ones, and forgets what the window has left. */
function seal(tally: BudgetTally, slo: Slo): BudgetTally {
  const now = epochMs(tally.lookedAt) / 1000;
  const sealedUntil = Math.max(tally.sealedUntil, rowStart(now - sealAfterSeconds));
  const isSealed = ([start]: Row) => start < sealedUntil;
  const length = sealedSeconds(slo);
  const older = widen([...tally.older, ...tally.recent.filter(isSealed)], length);
  const { release } = tally;
  return {
    ...tally,
    sealedUntil,
    older: older.filter(([start]) => start + length > now - slo.windowSeconds),
    recent: tally.recent.filter((row) => !isSealed(row)),
    release: release && {
      ...release,
      older: sumOf([release.older, ...release.recent.filter(isSealed).map(countsOf)]),
      recent: release.recent.filter((row) => !isSealed(row)),
    },
  };
}

function widen(rows: readonly Row[], lengthSeconds: number): Row[] {
  const groups = Map.groupBy(rows, ([start]) => Math.floor(start / lengthSeconds) * lengthSeconds);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([start, group]) => {
      const { requests, errors, slow } = sumOf(group.map(countsOf));
      const known = group.reduce((sum, row) => sum + row[1], 0);
      return [start, known, requests, errors, slow];
    });
}
