import { z } from 'zod';
import { type PublicEventType, publicEventTypes, type ReleaseEvent } from '../release/events.ts';

/** `events` of a notifier's part of the manifest. `otherwise` says what it tells of when that is absent. */
export function wantedEventsSchema(otherwise: string) {
  return z
    .array(z.enum(publicEventTypes))
    .min(1)
    .optional()
    .describe(`Which events to tell of; ${otherwise} if absent`);
}

/** What a person reads who is not in front of the timeline: questions, and how releases end. */
export const eventsForPeople: readonly PublicEventType[] = [
  'Approval Requested',
  'Completed',
  'Rolled Back',
  'Held',
  'Refused',
  'Discarded',
  'Rollback Failed',
];

/** Whether somebody is to hear of it. What only the ledger keeps is in no such list. */
export function isWanted({ type }: ReleaseEvent, wanted: readonly PublicEventType[]): boolean {
  return wanted.some((it) => it === type);
}
