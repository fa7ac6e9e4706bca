import { type Outcome, outcomes } from './document.ts';
import type { JsonObject } from './json.ts';

/** Events that other programs may rely on: EventBridge detail types and notifiers (DOORS). */
export const publicEventTypes = [
  'Release Admitted',
  'Provisioned',
  'Validated',
  'Approval Requested',
  'Traffic Shifted',
  'Completed',
  'Rolled Back',
  'Held',
  'Refused',
  'Discarded',
  'Rollback Failed',
] as const;

/** Events that only the ledger keeps, for the timeline and the postmortem. */
export const innerEventTypes = [
  'Release Requested',
  'Check Finished',
  'Approval Given',
  'Approval Rejected',
  'Approval Expired',
  'Alarm Ignored',
  'Alarm Fired',
  'Alarms Quieted',
  'Alarms Restored',
  'Route Prepared',
  'Shift Intended',
  'Window Opened',
  'Verdict',
  'Window Closed',
  'Breach Recorded',
  'Rollback Requested',
  'Rollback Started',
  'Hold Requested',
  'Resume Requested',
  'Execution Ended',
  'Route Not Tidied',
  'Retire Scheduled',
  'Environment Retired',
  'Retire Refused',
  'Retire Abandoned',
  'Manifest Applied',
  'Freeze Set',
  'Freeze Lifted',
  'Artifact Ignored',
  'Repaired',
  'Page Acknowledged',
  'Page Noted',
  'Token Created',
  'Token Revoked',
] as const;

export type PublicEventType = (typeof publicEventTypes)[number];
export type EventType = PublicEventType | (typeof innerEventTypes)[number];

/** Something that happened. Events are only ever added. */
export interface ReleaseEvent {
  /** The same happening has the same id, however often its step runs: `{releaseId}#{what}`. */
  id: string;
  type: EventType;
  /** Null for what belongs to a service rather than to one release (freezes, manifests). */
  releaseId: string | null;
  /** Or `*` for what belongs to none or to all (freezes, artifacts that no manifest asks for). */
  service: string;
  /** ISO 8601, when it happened. */
  at: string;
  /** Who asked: a person, `artifact`, `alarm:<name>`, or `conductor`. */
  by: string;
  /** What happened in one sentence, for the timeline and for chat. */
  summary: string;
  /** Facts and evidence. */
  data: JsonObject;
}

/** The event with which a release ends. One that expired is told as one that was discarded. */
export const endingTypes: Record<Outcome, PublicEventType> = {
  completed: 'Completed',
  'rolled-back': 'Rolled Back',
  held: 'Held',
  refused: 'Refused',
  discarded: 'Discarded',
  expired: 'Discarded',
  'rollback-failed': 'Rollback Failed',
};

/** The outcome that a release has with this event; null where it goes on. */
export function outcomeOf({ type, data }: ReleaseEvent): Outcome | null {
  const possible = outcomes.filter((outcome) => endingTypes[outcome] === type);
  return possible.find((outcome) => outcome === data.outcome) ?? possible[0] ?? null;
}

const publicTypes: ReadonlySet<string> = new Set(publicEventTypes);

/** True for the events that leave the conductor through notifiers. */
export function isPublic(event: ReleaseEvent): boolean {
  return publicTypes.has(event.type);
}
