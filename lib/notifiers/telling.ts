import { epochMs, isoTime } from '../release/clock.ts';
import type { ReleaseEvent } from '../release/events.ts';
import type { ReleaseFacts } from './notifier.ts';

/** What a message to people tells of. */
export interface Telling {
  event: ReleaseEvent;
  release: ReleaseFacts;
  /** Without a slash at the end. */
  consoleUrl: string | undefined;
}

const longestFact = 500;

/** What is known of the release, and until when there is something to decide, as names and values. */
export function factsToTell({ event, release }: Telling): [string, string][] {
  const { artifact, blue, green, requestedBy, owner, releaseId } = release;
  const facts: [string, string | null | undefined][] = [
    ['Live before', blue?.version],
    ['Candidate', green?.version ?? artifact.version],
    ['Artifact', artifact.uri],
    ['Requested by', requestedBy],
    ['Owner', owner],
    ['Decide until', deadlineOf(event)],
    ['Release', event.releaseId && releaseId],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, oneLine(value, longestFact)]] : []));
}

/** Where people look at the release, or null where nobody knows or it belongs to none. */
export function pageOf({ event, release, consoleUrl }: Telling): string | null {
  if (consoleUrl === undefined || event.releaseId === null) return null;
  return `${consoleUrl}/releases/${encodeURIComponent(release.releaseId)}`;
}

/** Others' text as one line without controls, so that it can't begin another one; `…` where it was longer. */
export function oneLine(text: string, limit: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}

function deadlineOf({ data }: ReleaseEvent): string | null {
  const ms = typeof data.expiresAt === 'string' ? epochMs(data.expiresAt) : Number.NaN;
  return Number.isNaN(ms) ? null : `${isoTime(ms).slice(0, 16).replace('T', ' ')} UTC`;
}
