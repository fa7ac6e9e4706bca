import { describe, expect, it } from 'vitest';
import { eventOf, type LedgerSubject, timeAt } from './ledger-samples.ts';

export function eventContract(subject: () => LedgerSubject): void {
  describe('events', () => {
    it('keeps an event whole', async () => {
      const { ledger, rival } = subject();
      expect(await ledger.appendEvent(eventOf('rel-1#a'))).toEqual({ isNew: true });
      expect(await rival.listEvents('rel-1')).toEqual([eventOf('rel-1#a')]);
    });

    it('changes nothing when the same id comes again', async () => {
      const { ledger } = subject();
      await ledger.appendEvent(eventOf('rel-1#a'));
      const again = await ledger.appendEvent(eventOf('rel-1#a', { summary: 'something else' }));
      expect(again).toEqual({ isNew: false });
      expect(await ledger.listEvents('rel-1')).toEqual([eventOf('rel-1#a')]);
    });

    it('is new to only one of many that add it at once', async () => {
      const { ledger, rival } = subject();
      const adding = [ledger, rival, ledger, rival].map((one) => one.appendEvent(eventOf('same')));
      const answers = await Promise.all(adding);
      expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(await ledger.listEvents('rel-1')).toHaveLength(1);
    });

    it('lists a release in the order in which events were added, not of their names or times', async () => {
      const { ledger } = subject();
      const added = [
        eventOf('rel-1#z', { at: timeAt(3) }),
        eventOf('rel-1#m', { at: timeAt(1) }),
        eventOf('rel-1#a', { at: timeAt(2) }),
      ];
      for (const event of added) await ledger.appendEvent(event);
      await ledger.appendEvent(eventOf('rel-1#z', { at: timeAt(9) }));
      expect(await ledger.listEvents('rel-1')).toEqual(added);
    });

    it('lists only the release that was asked for', async () => {
      const { ledger } = subject();
      await ledger.appendEvent(eventOf('rel-1#a'));
      await ledger.appendEvent(eventOf('rel-10#a', { releaseId: 'rel-10' }));
      await ledger.appendEvent(eventOf('freeze', { releaseId: null }));
      expect(await ledger.listEvents('rel-1')).toEqual([eventOf('rel-1#a')]);
      expect(await ledger.listEvents('nobody')).toEqual([]);
    });

    it('lists a service newest first, with and without a release', async () => {
      const { ledger } = subject();
      const first = eventOf('rel-1#a', { at: timeAt(1) });
      const second = eventOf('frozen', { at: timeAt(2), releaseId: null, type: 'Freeze Set' });
      const third = eventOf('rel-2#a', { at: timeAt(3), releaseId: 'rel-2' });
      for (const event of [first, second, third]) await ledger.appendEvent(event);
      await ledger.appendEvent(eventOf('rel-3#a', { releaseId: 'rel-3', service: 'search' }));
      expect(await ledger.listServiceEvents('storefront', 10)).toEqual([third, second, first]);
      expect(await ledger.listServiceEvents('storefront', 2)).toEqual([third, second]);
      expect(await ledger.listServiceEvents('nobody', 10)).toEqual([]);
    });

    it('puts an event that was added late where it belongs in the service', async () => {
      const { ledger } = subject();
      const late = eventOf('rel-1#late', { at: timeAt(1) });
      const newer = eventOf('rel-1#newer', { at: timeAt(2) });
      await ledger.appendEvent(newer);
      await ledger.appendEvent(late);
      expect(await ledger.listServiceEvents('storefront', 10)).toEqual([newer, late]);
    });

    it('lists events of the same moment in the reverse order of their adding', async () => {
      const { ledger } = subject();
      for (const id of ['b', 'c', 'a']) await ledger.appendEvent(eventOf(id));
      const listed = await ledger.listServiceEvents('storefront', 10);
      expect(listed.map(({ id }) => id)).toEqual(['a', 'c', 'b']);
    });
  });
}
