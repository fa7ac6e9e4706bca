import { epochMs, isoTime } from '../../release/clock.ts';
import type { Breach, WatchState } from '../../release/document.ts';
import { isNamed } from '../../release/errors.ts';
import type { Plan } from '../../release/plan.ts';
import { formatDuration } from '../../release/quantities.ts';
import { clip } from '../breach.ts';

/** A time in which a release could not be watched. */
export interface Blindness {
  /** Alarms or metrics cannot be read, or the metrics know of no traffic though there must be some. */
  kind: 'unreadable' | 'silent';
  /** ISO 8601. */
  since: string;
  /** What is not seen, and why. */
  reason: string;
  /** It lasts longer than the manifest allows. */
  isTooLong: boolean;
}

/**
 * Whether an error says that a source cannot be read now, rather than that it is asked wrongly, and the
 * plan says what to do about that; plans of before 0.2.0 do not.
 */
export function isUnreadable({ watch }: Plan, error: unknown): error is Error {
  if (watch.blindForSeconds === undefined) return false;
  return isNamed(error, 'SignalUnavailableError') || isNamed(error, 'ThrottledError');
}

/** That alarms or metrics cannot be read at this look. */
export function unreadable(
  plan: Plan,
  { blindSince }: WatchState,
  reason: string,
  nowMs: number,
): Blindness {
  const since = blindSince ?? isoTime(nowMs);
  return { kind: 'unreadable', since, reason, isTooLong: isTooLong(plan, since, nowMs) };
}

/**
 * That the metrics have not one request of either side since the shift, although green has traffic by
 * the route and, by what blue had before, should have had enough requests for a verdict. A service that
 * nobody uses is not that, and users who go away later are not either: their traffic was seen.
 */
export function silence(
  plan: Plan,
  { startedAt }: WatchState,
  missedRequests: number,
  nowMs: number,
): Blindness | null {
  if (missedRequests < plan.watch.minRequests || !isTooLong(plan, startedAt, nowMs)) return null;
  const reason = `the metrics have no request since the shift, and by what blue had before there should have been ${missedRequests} to green`;
  return { kind: 'silent', since: startedAt, reason, isTooLong: true };
}

function isTooLong({ watch }: Plan, since: string, nowMs: number): boolean {
  const { blindForSeconds = Number.POSITIVE_INFINITY } = watch;
  return nowMs - epochMs(since) >= blindForSeconds * 1000;
}

/** The breach that a blindness is; null while it may last, and where the manifest says to go on. */
export function blindBreach(plan: Plan, blindness: Blindness | null, nowMs: number): Breach | null {
  if (!blindness?.isTooLong || plan.watch.onBlind === 'continue') return null;
  const reason = clip(inWords(blindness, nowMs));
  return { kind: 'blind', reason, detectedAt: isoTime(nowMs), by: 'judge' };
}

/** A blindness in one sentence. */
export function inWords({ since, reason }: Blindness, nowMs: number): string {
  const seconds = Math.round((nowMs - epochMs(since)) / 1000);
  return seconds > 0 ? `blind for ${formatDuration(seconds)}: ${reason}` : `blind: ${reason}`;
}

/** The window, and since when nothing of it can be read; without that where it can. */
export function withBlindness(
  { blindSince: _, ...watch }: WatchState,
  blindness: Blindness | null,
): WatchState {
  return blindness?.kind === 'unreadable' ? { ...watch, blindSince: blindness.since } : watch;
}
