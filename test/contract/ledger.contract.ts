import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approvalContract } from './ledger-approvals.contract.ts';
import { budgetContract } from './ledger-budgets.contract.ts';
import { endingContract } from './ledger-endings.contract.ts';
import { eventContract } from './ledger-events.contract.ts';
import { lockContract } from './ledger-locks.contract.ts';
import { quietedAlarmContract } from './ledger-quieted-alarms.contract.ts';
import { receiptContract } from './ledger-receipts.contract.ts';
import { releaseContract } from './ledger-releases.contract.ts';
import { reopeningContract } from './ledger-reopening.contract.ts';
import { reportedAlarmContract } from './ledger-reported-alarms.contract.ts';
import { type LedgerSubject, timeAt } from './ledger-samples.ts';
import { tokenContract } from './ledger-tokens.contract.ts';
import { watchContract } from './ledger-watches.contract.ts';

/**
 * What every ledger does, whatever it is made of. `makeSubject` opens an empty one before each test;
 * what it returns as `dispose` runs afterwards.
 */
export function ledgerContract(
  name: string,
  makeSubject: () => Promise<LedgerSubject & { dispose(): Promise<void> }>,
): void {
  describe(`the ledger contract: ${name}`, () => {
    let current: Awaited<ReturnType<typeof makeSubject>>;
    beforeEach(async () => {
      current = await makeSubject();
    });
    afterEach(() => current.dispose());
    const subject = (): LedgerSubject => current;

    manifestContract(subject);
    freezeContract(subject);
    lockContract(subject);
    releaseContract(subject);
    endingContract(subject);
    reopeningContract(subject);
    eventContract(subject);
    watchContract(subject);
    approvalContract(subject);
    tokenContract(subject);
    receiptContract(subject);
    reportedAlarmContract(subject);
    budgetContract(subject);
    quietedAlarmContract(subject);

    it('may be closed twice', async () => {
      const { ledger } = subject();
      await ledger.close();
      await expect(ledger.close()).resolves.toBeUndefined();
    });
  });
}

function manifestContract(subject: () => LedgerSubject): void {
  describe('manifests', () => {
    const source = { service: 'storefront', checks: [{ kind: 'http', path: '/ok' }], retain: '1h' };

    it('stores the first one as revision 1, just as it was written', async () => {
      const { ledger, rival } = subject();
      const stored = await ledger.putManifest('storefront', source, 'ada', timeAt(1));
      const expected = {
        service: 'storefront',
        source,
        revision: 1,
        updatedAt: timeAt(1),
        updatedBy: 'ada',
      };
      expect(stored).toEqual(expected);
      expect(await rival.getManifest('storefront')).toEqual(expected);
    });

    it('keeps the record when the same source comes again, with its keys in another order', async () => {
      const { ledger } = subject();
      const first = await ledger.putManifest('storefront', source, 'ada', timeAt(1));
      const { service, ...rest } = source;
      const again = await ledger.putManifest('storefront', { ...rest, service }, 'bob', timeAt(2));
      expect(again).toEqual(first);
      expect(await ledger.getManifest('storefront')).toEqual(first);
    });

    it('counts the revision up with every change, also with one back', async () => {
      const { ledger } = subject();
      await ledger.putManifest('storefront', source, 'ada', timeAt(1));
      const changed = { ...source, retain: '2h' };
      await ledger.putManifest('storefront', changed, 'bob', timeAt(2));
      const back = await ledger.putManifest('storefront', source, 'eve', timeAt(3));
      expect(back).toMatchObject({ source, revision: 3, updatedAt: timeAt(3), updatedBy: 'eve' });
    });

    it('gives two changes made at once two revisions', async () => {
      const { ledger, rival } = subject();
      const records = await Promise.all([
        ledger.putManifest('storefront', { a: 1 }, 'ada', timeAt(1)),
        rival.putManifest('storefront', { a: 2 }, 'bob', timeAt(1)),
      ]);
      expect(records.map(({ revision }) => revision).sort()).toEqual([1, 2]);
    });

    it('lists them by service name and knows nothing of others', async () => {
      const { ledger } = subject();
      for (const service of ['shop', 'api', 'web']) {
        await ledger.putManifest(service, { service }, 'ada', timeAt(1));
      }
      const listed = await ledger.listManifests();
      expect(listed.map(({ service }) => service)).toEqual(['api', 'shop', 'web']);
      expect(await ledger.getManifest('nobody')).toBeNull();
    });

    it('is not changed by what callers do to their objects afterwards', async () => {
      const { ledger } = subject();
      const mine = { retain: '1h' };
      const stored = await ledger.putManifest('storefront', mine, 'ada', timeAt(1));
      mine.retain = '9h';
      Object.assign(stored.source, { retain: '8h' });
      expect((await ledger.getManifest('storefront'))?.source).toEqual({ retain: '1h' });
    });
  });
}

function freezeContract(subject: () => LedgerSubject): void {
  describe('freezes', () => {
    const freezeOf = (scope: string, reason = 'sale') => ({
      scope,
      reason,
      by: 'ada',
      at: timeAt(1),
    });

    it('lists them by scope', async () => {
      const { ledger, rival } = subject();
      await ledger.putFreeze(freezeOf('web'));
      await ledger.putFreeze(freezeOf('*'));
      expect(await rival.listFreezes()).toEqual([freezeOf('*'), freezeOf('web')]);
    });

    it('replaces the one of the same scope', async () => {
      const { ledger } = subject();
      await ledger.putFreeze(freezeOf('*'));
      await ledger.putFreeze(freezeOf('*', 'incident'));
      expect(await ledger.listFreezes()).toEqual([freezeOf('*', 'incident')]);
    });

    it('says whether there was one to delete', async () => {
      const { ledger } = subject();
      await ledger.putFreeze(freezeOf('web'));
      await ledger.putFreeze(freezeOf('api'));
      expect(await ledger.deleteFreeze('web')).toBe(true);
      expect(await ledger.deleteFreeze('web')).toBe(false);
      expect(await ledger.listFreezes()).toEqual([freezeOf('api')]);
    });

    it('adds one only where there is none', async () => {
      const { ledger, rival } = subject();
      expect(await ledger.addFreeze(freezeOf('web'))).toBe(true);
      expect(await rival.addFreeze(freezeOf('web', 'incident'))).toBe(false);
      expect(await ledger.addFreeze(freezeOf('api'))).toBe(true);
      expect(await ledger.listFreezes()).toEqual([freezeOf('api'), freezeOf('web')]);
    });

    it('lets one of two who add at once do so', async () => {
      const { ledger, rival } = subject();
      const added = await Promise.all([
        ledger.addFreeze(freezeOf('web', 'one')),
        rival.addFreeze(freezeOf('web', 'other')),
      ]);
      expect(added.sort()).toEqual([false, true]);
      expect(await ledger.listFreezes()).toHaveLength(1);
    });

    it("deletes nobody else's where it is asked for somebody's", async () => {
      const { ledger, rival } = subject();
      await ledger.putFreeze(freezeOf('web'));
      expect(await rival.deleteFreeze('web', 'bob')).toBe(false);
      expect(await ledger.listFreezes()).toEqual([freezeOf('web')]);
      expect(await rival.deleteFreeze('web', 'ada')).toBe(true);
      expect(await rival.deleteFreeze('web', 'ada')).toBe(false);
      expect(await ledger.listFreezes()).toEqual([]);
    });
  });
}
