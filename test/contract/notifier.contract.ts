import { describe, expect, it } from 'vitest';
import type { Notifier } from '../../lib/notifiers/notifier.ts';
import {
  type PublicEventType,
  publicEventTypes,
  type ReleaseEvent,
} from '../../lib/release/events.ts';
import { releaseFacts } from '../support/release-facts.ts';

/** A notifier, and one of the same kind whose other side is down. */
export interface NotifierSubject {
  notifier: Notifier;
  broken: Notifier;
  /** How many notifications arrived so far. */
  arrived(): number;
  /** The public events that it tells of, where it is not made for all of them. */
  tells?: readonly PublicEventType[];
}

/** An event of this type. */
export function eventOf(type: ReleaseEvent['type']): ReleaseEvent {
  return {
    id: `r1#${type}`,
    type,
    releaseId: 'r1',
    service: 'shop',
    at: '2026-01-02T03:04:05.678Z',
    by: 'conductor',
    summary: `this is ${type}`,
    data: { weights: { 'shop-2': 100 } },
  };
}

/** What every kind of notifier keeps, wherever it writes to. */
export function notifierContract(name: string, makeSubject: () => Promise<NotifierSubject>): void {
  describe(`notifier contract: ${name}`, () => {
    it.each(publicEventTypes)('tells of %s, if it is made for that', async (type) => {
      const { notifier, arrived, tells = publicEventTypes } = await makeSubject();
      await notifier.send(eventOf(type), releaseFacts());
      expect(arrived()).toBe(tells.includes(type) ? 1 : 0);
    });

    it('says nothing of what only the ledger keeps', async () => {
      const { notifier, arrived } = await makeSubject();
      await notifier.send(eventOf('Verdict'), releaseFacts());
      expect(arrived()).toBe(0);
    });

    it('tells of what belongs to no release', async () => {
      const { notifier, arrived, tells = publicEventTypes } = await makeSubject();
      await notifier.send({ ...eventOf('Refused'), releaseId: null }, releaseFacts());
      expect(arrived()).toBe(tells.includes('Refused') ? 1 : 0);
    });

    it('never throws when the other side is down', async () => {
      const { broken, arrived } = await makeSubject();
      await expect(broken.send(eventOf('Completed'), releaseFacts())).resolves.toBeUndefined();
      expect(arrived()).toBe(0);
    });
  });
}
