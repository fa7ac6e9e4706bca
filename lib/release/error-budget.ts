import {
  type BudgetStop,
  type BudgetTally,
  type Counts,
  countsOf,
  type Row,
  recentSeconds,
  sealedSeconds,
  sumOf,
} from './budget-tally.ts';
import { isoTime } from './clock.ts';
import { formatDuration } from './quantities.ts';
import { inPercent, type Slo } from './slo.ts';

/** Who sets and lifts freezes by the error budget. */
export const budgetKeeper = 'error budget';

/** Fewer bad requests than this in a window stop nothing: a small service is not frozen by one error. */
export const fewestBad = 3;

/** The present rate is that of so long a time. */
const presentSeconds = 1800;

/** How a service's error budget stands. */
export interface BudgetStanding {
  /** Of the known part of the window. */
  counts: Counts;
  /** Share of the window that was looked at, 0 to 1. */
  knownShare: number;
  /** Bad requests that a whole window may have, at the traffic of its known part. */
  budget: number;
  /** Share of it that is left: 1 without traffic, negative when more than all was used. */
  leftShare: number;
  /** In the last half hour: 1 uses exactly the budget in a window; null without requests. */
  burnRate: number | null;
}

/** What a release's green has used of the budget. */
export interface ReleaseBurn {
  releaseId: string;
  counts: Counts;
  /** Of the whole budget. */
  share: number;
}

/** Failed or slow. */
export function badOf({ errors, slow }: Counts): number {
  return errors + slow;
}

/**
 * How the budget stands. The unknown part of the window counts as having had the same traffic and nothing
 * bad, so that the first hour of a service does not stand for its month.
 */
export function standingOf(tally: BudgetTally, slo: Slo, nowMs: number): BudgetStanding {
  const rows = rowsAfter(tally, slo, nowMs / 1000 - slo.windowSeconds);
  const counts = sumOf(rows.map(countsOf));
  const known = Math.min(slo.windowSeconds, sumKnown(rows));
  const expected = known > 0 ? (counts.requests * slo.windowSeconds) / known : 0;
  const budget = (1 - slo.availability) * expected;
  return {
    counts,
    knownShare: known / slo.windowSeconds,
    budget,
    leftShare: 1 - shareOf(counts, budget),
    burnRate: burnRateOf(presentCounts(tally, nowMs), slo),
  };
}

/** Rows that do not lie wholly before that moment. */
function rowsAfter(tally: BudgetTally, slo: Slo, fromSeconds: number): Row[] {
  const length = sealedSeconds(slo);
  return [
    ...tally.older.filter(([start]) => start + length > fromSeconds),
    ...tally.recent.filter(([start]) => start + recentSeconds > fromSeconds),
  ];
}

function sumKnown(rows: readonly Row[]): number {
  return rows.reduce((sum, [, known]) => sum + known, 0);
}

function shareOf(counts: Counts, budget: number): number {
  return budget > 0 ? badOf(counts) / budget : 0;
}

function presentRows({ recent }: BudgetTally, nowMs: number): Row[] {
  return recent.filter(([start]) => start + recentSeconds > nowMs / 1000 - presentSeconds);
}

function presentCounts(tally: BudgetTally, nowMs: number): Counts {
  return sumOf(presentRows(tally, nowMs).map(countsOf));
}

/** How fast a budget is used, by these requests: 1 uses exactly the budget; null without requests. */
export function burnRateOf(counts: Counts, { availability }: Slo): number | null {
  return counts.requests > 0 ? badOf(counts) / counts.requests / (1 - availability) : null;
}

/** What the last release has burnt; null when none had traffic yet. */
export function burnOf({ release }: BudgetTally, { budget }: BudgetStanding): ReleaseBurn | null {
  if (!release) return null;
  const counts = sumOf([release.older, ...release.recent.map(countsOf)]);
  return { releaseId: release.releaseId, counts, share: shareOf(counts, budget) };
}

/**
 * When so much is left again, in milliseconds since the epoch, if it goes on as in the last half hour: what was
 * bad leaves the window, what will be bad comes in. Null when it does not within a window.
 */
export function recoversAt(
  tally: BudgetTally,
  slo: Slo,
  nowMs: number,
  leastLeftShare: number,
): number | null {
  const { budget } = standingOf(tally, slo, nowMs);
  const present = presentRows(tally, nowMs);
  const perSecond = badOf(presentCounts(tally, nowMs)) / Math.max(1, sumKnown(present));
  const now = nowMs / 1000;
  const step = sealedSeconds(slo);
  for (let later = 0; later <= slo.windowSeconds + step; later += step) {
    const staying = rowsAfter(tally, slo, now + later - slo.windowSeconds);
    const coming = perSecond * Math.min(later, slo.windowSeconds);
    const bad = badOf(sumOf(staying.map(countsOf))) + coming;
    if (bad <= (1 - leastLeftShare) * budget) return nowMs + later * 1000;
  }
  return null;
}

/** So much has to be left before a freeze lifts itself. */
export function recoveredShare({ leastLeftShare, stopAtShare }: Slo): number {
  return Math.max(leastLeftShare, 1 - stopAtShare);
}

/**
 * Decides what follows from how it stands: whether a release has burnt too much, whether that is over, and
 * whether a pardon still holds.
 */
export function decide(tally: BudgetTally, slo: Slo, nowMs: number): BudgetTally {
  const standing = standingOf(tally, slo, nowMs);
  const burn = burnOf(tally, standing);
  return {
    ...tally,
    stop: stopOf(tally, slo, { standing, burn }, nowMs),
    pardon: holdsPardon(tally, slo, { standing, burn }) ? tally.pardon : null,
  };
}

interface Found {
  standing: BudgetStanding;
  burn: ReleaseBurn | null;
}

function burntMoreThan(share: number, burn: ReleaseBurn | null): burn is ReleaseBurn {
  return burn !== null && badOf(burn.counts) >= fewestBad && burn.share > share;
}

function stopOf(
  { stop, pardon }: BudgetTally,
  slo: Slo,
  { standing, burn }: Found,
  nowMs: number,
): BudgetStop | null {
  const isNews = burn?.releaseId !== stop?.releaseId && burn?.releaseId !== pardon?.releaseId;
  if (isNews && burntMoreThan(slo.stopAtShare, burn)) {
    const reason = whyStopped(burn, slo);
    return { releaseId: burn.releaseId, reason, at: isoTime(nowMs), isOver: false };
  }
  const hasRecovered = standing.leftShare >= recoveredShare(slo);
  return stop && { ...stop, isOver: stop.isOver || hasRecovered };
}

function whyStopped({ releaseId, counts, share }: ReleaseBurn, { stopAtShare }: Slo): string {
  return `${releaseId} burnt ${inPercent(share)} of the error budget, more than ${inPercent(stopAtShare)} (${countsInWords(counts)})`;
}

/** `31 errors and 4 slow of 1,200 requests`. */
export function countsInWords({ requests, errors, slow }: Counts): string {
  const of = requests.toLocaleString('en-US');
  const bad = errors.toLocaleString('en-US');
  return slow > 0
    ? `${bad} errors and ${slow.toLocaleString('en-US')} slow of ${of} requests`
    : `${bad} errors of ${of} requests`;
}

function holdsPardon({ pardon }: BudgetTally, slo: Slo, { standing, burn }: Found): boolean {
  if (!pardon || standing.leftShare >= slo.leastLeftShare) return false;
  return burn?.releaseId === pardon.releaseId || !burntMoreThan(slo.leastLeftShare, burn);
}

/** The tally after somebody has lifted what it stands for. */
export function pardoned(tally: BudgetTally, by: string, nowMs: number): BudgetTally {
  return {
    ...tally,
    stop: tally.stop && { ...tally.stop, isOver: true },
    pardon: { by, at: isoTime(nowMs), releaseId: tally.release?.releaseId ?? null },
  };
}

/** Whether too little is left for a release, and nobody has pardoned that. */
export function isShort(tally: BudgetTally, slo: Slo, nowMs: number): boolean {
  if (tally.pardon) return false;
  const { counts, leftShare } = standingOf(tally, slo, nowMs);
  return badOf(counts) >= fewestBad && leftShare < slo.leastLeftShare;
}

/** Error budget of a service, as the API gives it. Percentages have four digits at most. */
export interface BudgetStatus {
  /** Share of requests that are good, in percent. */
  availabilityPercent: number;
  windowSeconds: number;
  /** 100 without traffic, negative when more than all was used. */
  leftPercent: number;
  /** How much of the window was looked at; what was not counts as good. */
  knownPercent: number;
  requests: number;
  errors: number;
  slow: number;
  /** In the last half hour; 1 uses exactly the budget in a window. Null without requests. */
  burnRate: number | null;
  /** The last release that got traffic, or null. */
  lastRelease: ({ releaseId: string; burntPercent: number } & Counts) | null;
  /** Why it lets no release begin, or null. */
  stops: string | null;
  /** ISO 8601: when enough is left again at the rate of the last half hour; null when it is, or never. */
  recoversAt: string | null;
}

/** How the budget stands, for people and programs; of a service that nobody has looked at yet it is full. */
export function budgetStatus(tally: BudgetTally, slo: Slo, nowMs: number): BudgetStatus {
  const standing = standingOf(tally, slo, nowMs);
  const burn = burnOf(tally, standing);
  const stops = whyNoRelease(tally, slo, nowMs);
  const needed = tally.stop && !tally.stop.isOver ? recoveredShare(slo) : slo.leastLeftShare;
  const recovers = stops === null ? null : recoversAt(tally, slo, nowMs, needed);
  return {
    availabilityPercent: percent(slo.availability),
    windowSeconds: slo.windowSeconds,
    leftPercent: percent(standing.leftShare),
    knownPercent: percent(standing.knownShare),
    ...standing.counts,
    burnRate: standing.burnRate === null ? null : Number(standing.burnRate.toPrecision(4)),
    lastRelease: burn && {
      releaseId: burn.releaseId,
      burntPercent: percent(burn.share),
      ...burn.counts,
    },
    stops,
    recoversAt: recovers === null ? null : isoTime(recovers),
  };
}

function whyNoRelease(tally: BudgetTally, slo: Slo, nowMs: number): string | null {
  const { stop } = tally;
  const { counts, leftShare } = standingOf(tally, slo, nowMs);
  const left = inPercent(leftShare);
  if (stop && !stop.isOver) return `${stop.reason}; ${left} is left now`;
  if (!isShort(tally, slo, nowMs)) return null;
  return `${left} of the error budget of ${formatDuration(slo.windowSeconds)} is left, less than ${inPercent(slo.leastLeftShare)} (${countsInWords(counts)})`;
}

function percent(share: number): number {
  return Number((share * 100).toPrecision(4));
}

/** When releases may begin again and how to let them begin now, as a part of a refusal. */
export function remedyOf(service: string, { recoversAt: at }: BudgetStatus): string {
  const when = at ? `enough is left at ${at}` : 'it does not recover';
  return `At the present rate ${when}. A release that mends it may go first: verdigris unfreeze ${service}`;
}
