import type { CheckResult, EventType, ReleaseEvent, ReleaseStatus } from '../types.ts';
import type { Tone } from '../words/phases.ts';

/** What the log can be narrowed down to. */
export const eventGroups = ['all', 'people', 'traffic', 'checks', 'trouble'] as const;
export type EventGroup = (typeof eventGroups)[number];

const traffic: ReadonlySet<EventType> = new Set<EventType>([
  'Route Prepared',
  'Shift Intended',
  'Traffic Shifted',
  'Rollback Started',
  'Rolled Back',
  'Held',
  'Route Not Tidied',
]);

const checks: ReadonlySet<EventType> = new Set<EventType>([
  'Check Finished',
  'Validated',
  'Verdict',
  'Window Opened',
  'Window Closed',
]);

const tones: Partial<Record<EventType, Tone>> = {
  'Release Admitted': 'good',
  Provisioned: 'good',
  Validated: 'good',
  'Approval Given': 'good',
  'Traffic Shifted': 'good',
  'Window Closed': 'good',
  Completed: 'good',
  'Approval Requested': 'warn',
  'Alarm Ignored': 'warn',
  'Rollback Requested': 'warn',
  'Rollback Started': 'warn',
  'Rolled Back': 'warn',
  Held: 'warn',
  'Route Not Tidied': 'warn',
  'Retire Abandoned': 'warn',
  'Approval Rejected': 'bad',
  'Approval Expired': 'bad',
  'Alarm Fired': 'bad',
  'Breach Recorded': 'bad',
  Refused: 'bad',
  Discarded: 'bad',
  'Rollback Failed': 'bad',
  'Retire Refused': 'bad',
};

const verdictTones: Record<string, Tone> = {
  pass: 'good',
  healthy: 'good',
  warn: 'warn',
  fail: 'bad',
  breach: 'bad',
};

/** How an event looks in the log. */
export function toneOf({ type, data }: ReleaseEvent): Tone {
  if (type === 'Check Finished' || type === 'Verdict') {
    return verdictTones[String(data.verdict)] ?? 'idle';
  }
  return tones[type] ?? 'idle';
}

/** Whether a person did it, rather than the conductor, the judge, an alarm or an artifact's event. */
export function isPerson(by: string): boolean {
  return !['conductor', 'judge', 'artifact'].includes(by) && !/^(?:alarm|artifact):/.test(by);
}

/** The events that a filter leaves: of a group, and with a text in summary, type or name. */
export function filterEvents(
  events: readonly ReleaseEvent[],
  group: EventGroup,
  text: string,
): ReleaseEvent[] {
  const wanted = text.trim().toLowerCase();
  return events.filter((event) => isIn(event, group) && says(event, wanted));
}

/** An event, and how many like it came right before. */
export interface LogEntry {
  event: ReleaseEvent;
  repeats: number;
}

/**
 * The log, newest first. Looks of the judge that come to the same are one line: a long window has
 * hundreds of them, and the one that differs must not be lost among those.
 */
export function foldRepeats(events: readonly ReleaseEvent[]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const event of events) {
    const before = entries.at(-1);
    const isSame = before?.event.type === 'Verdict' && isRepeat(before.event, event);
    if (before && isSame) entries.pop();
    entries.push({ event, repeats: before && isSame ? before.repeats + 1 : 0 });
  }
  return entries.toReversed();
}

function isRepeat(one: ReleaseEvent, other: ReleaseEvent): boolean {
  const isSame = (key: string) => one.data[key] === other.data[key];
  return one.type === other.type && isSame('verdict') && isSame('blindSince');
}

function isIn(event: ReleaseEvent, group: EventGroup): boolean {
  if (group === 'people') return isPerson(event.by);
  if (group === 'traffic') return traffic.has(event.type);
  if (group === 'checks') return checks.has(event.type);
  if (group === 'trouble') return toneOf(event) === 'bad' || toneOf(event) === 'warn';
  return true;
}

function says({ summary, type, by }: ReleaseEvent, wanted: string): boolean {
  return wanted === '' || `${type}\n${summary}\n${by}`.toLowerCase().includes(wanted);
}

/** A check with what it saw. */
export interface CheckShown extends CheckResult {
  at: string;
  evidence: Record<string, unknown>;
}

/** Every check of a release, with its evidence. */
export function checksOf(events: readonly ReleaseEvent[]): CheckShown[] {
  return events.flatMap(({ type, at, summary, data }) => {
    const { name, verdict, isCritical, evidence } = data;
    if (type !== 'Check Finished' || typeof name !== 'string') return [];
    const prefix = `${name}: ${String(verdict)}, `;
    return [
      {
        name,
        at,
        verdict: verdict as CheckResult['verdict'],
        isCritical: isCritical === true,
        summary: summary.startsWith(prefix) ? summary.slice(prefix.length) : summary,
        evidence: (evidence ?? {}) as Record<string, unknown>,
      },
    ];
  });
}

/** When a release began: the time of its first event; null where nothing is known yet. */
export function startOf({ events }: Pick<ReleaseStatus, 'events'>): string | null {
  return events[0]?.at ?? null;
}
