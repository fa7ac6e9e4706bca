import { epochMs, isoTime } from '../../release/clock.ts';
import type { Breach, WatchState } from '../../release/document.ts';
import { isNamed } from '../../release/errors.ts';
import type { Plan } from '../../release/plan.ts';
import { formatDuration } from '../../release/quantities.ts';
import { clip } from '../breach.ts';
import type { Silence } from './silence.ts';

/** A time in which a release could not be watched. */
export interface Blindness {
  /** Alarms or metrics cannot be read, or the metrics have nothing of green though there must be some. */
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
 * That the metrics are silent about green. As long as they have never known it since the shift nobody has
 * seen whether it is good; what they knew before is only held against it once that has lasted too long.
 */
export function silent({ watch }: Plan, silence: Silence | null): Blindness | null {
  if (!silence) return null;
  const { blindForSeconds = Number.POSITIVE_INFINITY } = watch;
  const isTooLong = silence.lastsMs >= blindForSeconds * 1000;
  if (silence.wasSeen && !isTooLong) return null;
  return { kind: 'silent', since: isoTime(silence.sinceMs), reason: silence.reason, isTooLong };
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
