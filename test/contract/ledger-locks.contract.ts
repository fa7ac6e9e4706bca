import { describe, expect, it } from 'vitest';
import { outcomes } from '../../lib/release/document.ts';
import {
  endedRelease,
  endingOf,
  intentOf,
  type LedgerSubject,
  releaseOf,
  runningRelease,
  timeAt,
} from './ledger-samples.ts';

export function lockContract(subject: () => LedgerSubject): void {
  describe('locks', () => {
    it('gives the first release epoch 1', async () => {
      const { ledger, rival } = subject();
      const lock = await ledger.acquireLock('storefront', 'rel-1');
      expect(lock).toEqual({ service: 'storefront', releaseId: 'rel-1', epoch: 1 });
      expect(await rival.getLock('storefront')).toEqual(lock);
    });

    it('gives its holder the lock it has, unchanged', async () => {
      const { ledger } = subject();
      const first = await ledger.acquireLock('storefront', 'rel-1');
      expect(await ledger.acquireLock('storefront', 'rel-1')).toEqual(first);
    });

    it('gives its holder the raised epoch', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      await ledger.raiseEpoch('storefront', 'rel-1');
      expect(await ledger.acquireLock('storefront', 'rel-1')).toMatchObject({ epoch: 2 });
    });

    it('refuses a second release and names the first', async () => {
      const { ledger } = subject();
      const lock = await ledger.acquireLock('storefront', 'rel-1');
      const refused = { name: 'ReleaseInProgressError', details: { releaseId: 'rel-1' } };
      await expect(ledger.acquireLock('storefront', 'rel-2')).rejects.toMatchObject(refused);
      await expect(ledger.raiseEpoch('storefront', 'rel-2')).rejects.toMatchObject(refused);
      expect(await ledger.getLock('storefront')).toEqual(lock);
    });

    it('lets one of many that come at once win, and tells the others who it was', async () => {
      const { ledger, rival } = subject();
      const contenders = ['a', 'b', 'c', 'd'].map((id, i) =>
        (i % 2 ? ledger : rival).acquireLock('storefront', id),
      );
      const results = await Promise.allSettled(contenders);
      const winners = results.filter((result) => result.status === 'fulfilled');
      const losers = results.filter((result) => result.status === 'rejected');
      const holder = await ledger.getLock('storefront');
      expect(winners.map(({ value }) => value)).toEqual([holder]);
      expect(losers.map(({ reason }) => reason.details.releaseId)).toEqual(
        Array(3).fill(holder?.releaseId),
      );
    });

    it('frees the lock for its holder only, and again without effect', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      await ledger.releaseLock('storefront', 'rel-2');
      expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1' });
      await ledger.releaseLock('storefront', 'rel-1');
      await ledger.releaseLock('storefront', 'rel-1');
      expect(await ledger.getLock('storefront')).toBeNull();
    });

    it('never gives an epoch twice, also after the lock was free', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      await ledger.releaseLock('storefront', 'rel-1');
      expect(await ledger.acquireLock('storefront', 'rel-2')).toMatchObject({ epoch: 2 });
      await ledger.releaseLock('storefront', 'rel-2');
      expect(await ledger.acquireLock('storefront', 'rel-1')).toMatchObject({ epoch: 3 });
    });

    it('raises the epoch with every call', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      expect(await ledger.raiseEpoch('storefront', 'rel-1')).toMatchObject({ epoch: 2 });
      expect(await ledger.raiseEpoch('storefront', 'rel-1')).toMatchObject({ epoch: 3 });
    });

    it('takes a free lock when the epoch is raised', async () => {
      const { ledger } = subject();
      expect(await ledger.raiseEpoch('storefront', 'rel-1')).toEqual({
        service: 'storefront',
        releaseId: 'rel-1',
        epoch: 1,
      });
      expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1' });
    });

    it.each(outcomes)('gives no lock to a release that has ended as %s', async (outcome) => {
      const { ledger } = subject();
      const { record } = await ledger.createRelease(releaseOf('rel-1'));
      const { epoch } = await ledger.acquireLock('storefront', 'rel-1');
      await ledger.endRelease('rel-1', endingOf(record, outcome, epoch), [null]);
      const before = await ledger.getLock('storefront');
      const refused = { name: 'ReleaseStateError' };
      await expect(ledger.acquireLock('storefront', 'rel-1')).rejects.toMatchObject(refused);
      await expect(ledger.raiseEpoch('storefront', 'rel-1')).rejects.toMatchObject(refused);
      expect(await ledger.getLock('storefront')).toEqual(before);
    });

    it('gives an ended release its lock once it is opened again', async () => {
      const { ledger } = subject();
      const { record } = await ledger.createRelease(releaseOf('rel-1'));
      await ledger.endRelease('rel-1', endingOf(record, 'rolled-back'), [null]);
      await ledger.reopenRelease('rel-1', ['rolled-back'], 'rolling-back');
      expect(await ledger.acquireLock('storefront', 'rel-1')).toMatchObject({ epoch: 1 });
      expect(await ledger.raiseEpoch('storefront', 'rel-1')).toMatchObject({ epoch: 2 });
    });

    it('keeps services apart', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      await ledger.raiseEpoch('storefront', 'rel-1');
      expect(await ledger.acquireLock('search', 'rel-2')).toMatchObject({ epoch: 1 });
      await ledger.releaseLock('search', 'rel-1');
      expect(await ledger.getLock('search')).toMatchObject({ releaseId: 'rel-2' });
      expect(await ledger.getLock('nobody')).toBeNull();
    });
  });

  intentContract(subject);
}

function intentContract(subject: () => LedgerSubject): void {
  describe('intents', () => {
    it('keeps them per release, in the order in which they came', async () => {
      const { ledger, rival } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      const first = intentOf(1, { id: 'rel-1#1#z' });
      const second = intentOf(1, { id: 'rel-1#1#a' });
      await ledger.recordIntent(first);
      await ledger.recordIntent(second);
      await ledger.releaseLock('storefront', 'rel-1');
      await ledger.acquireLock('storefront', 'rel-9');
      await ledger.recordIntent(intentOf(2, { id: 'rel-9#2#a', releaseId: 'rel-9' }));
      expect(await rival.listIntents('rel-1')).toEqual([first, second]);
      expect(await ledger.listIntents('nobody')).toEqual([]);
    });

    it('replaces the deadline when the same id comes again', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      await ledger.recordIntent(intentOf(1));
      await ledger.recordIntent(intentOf(1, { deadline: timeAt(60) }));
      await ledger.recordIntent(intentOf(1, { deadline: timeAt(60) }));
      expect(await ledger.listIntents('rel-1')).toEqual([intentOf(1, { deadline: timeAt(60) })]);
    });

    it('refuses an epoch that was raised meanwhile and writes nothing down', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      await ledger.recordIntent(intentOf(1));
      await ledger.raiseEpoch('storefront', 'rel-1');
      const late = ledger.recordIntent(intentOf(1, { deadline: timeAt(60) }));
      await expect(late).rejects.toMatchObject({ name: 'StaleEpochError' });
      expect(await ledger.listIntents('rel-1')).toEqual([intentOf(1)]);
    });

    it('refuses an epoch that was never given', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      const early = ledger.recordIntent(intentOf(2));
      await expect(early).rejects.toMatchObject({ name: 'StaleEpochError' });
    });

    it('refuses a release that does not hold the lock (any more), whatever its epoch', async () => {
      const { ledger } = subject();
      const stale = { name: 'StaleEpochError' };
      await expect(ledger.recordIntent(intentOf(0))).rejects.toMatchObject(stale);
      const { record } = await ledger.createRelease(releaseOf('rel-1'));
      await ledger.acquireLock('storefront', 'rel-1');
      const other = intentOf(1, { id: 'rel-2#1#a', releaseId: 'rel-2' });
      await expect(ledger.recordIntent(other)).rejects.toMatchObject(stale);
      await ledger.endRelease('rel-1', endingOf(record, 'refused'), [null]);
      await expect(ledger.recordIntent(intentOf(1))).rejects.toMatchObject(stale);
      expect(await ledger.listIntents('rel-1')).toEqual([]);
      expect(await ledger.listIntents('rel-2')).toEqual([]);
    });

    it('refuses the last epoch once the lock is free, also to replace a deadline', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      await ledger.recordIntent(intentOf(1));
      await ledger.releaseLock('storefront', 'rel-1');
      for (const over of [{ deadline: timeAt(60) }, { id: 'rel-1#1#shift-1' }]) {
        const late = ledger.recordIntent(intentOf(1, over));
        await expect(late).rejects.toMatchObject({ name: 'StaleEpochError' });
      }
      expect(await ledger.listIntents('rel-1')).toEqual([intentOf(1)]);
    });

    it.each(outcomes)('refuses a release that has ended as %s', async (outcome) => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      await ledger.recordIntent(intentOf(1));
      await ledger.endRelease('rel-1', endingOf(record, outcome), [null]);
      const late = ledger.recordIntent(intentOf(1, { deadline: timeAt(60) }));
      await expect(late).rejects.toMatchObject({ name: 'StaleEpochError' });
      expect(await ledger.listIntents('rel-1')).toEqual([intentOf(1)]);
    });

    it('takes those of a release that was opened again, under its new epoch only', async () => {
      const { ledger } = subject();
      await endedRelease(ledger, 'held');
      await ledger.reopenRelease('rel-1', ['held'], 'cutting-over');
      const late = ledger.recordIntent(intentOf(1));
      await expect(late).rejects.toMatchObject({ name: 'StaleEpochError' });
      await ledger.recordIntent(intentOf(2));
      expect(await ledger.listIntents('rel-1')).toEqual([intentOf(2)]);
    });

    it('asks the epoch of its own service', async () => {
      const { ledger } = subject();
      await ledger.acquireLock('search', 'rel-2');
      await ledger.raiseEpoch('search', 'rel-2');
      await ledger.acquireLock('storefront', 'rel-1');
      await ledger.recordIntent(intentOf(1));
      expect(await ledger.listIntents('rel-1')).toHaveLength(1);
    });

    it('has the intent before the epoch is raised, or not at all', async () => {
      const { ledger, rival } = subject();
      await ledger.acquireLock('storefront', 'rel-1');
      const [intent, lock] = await Promise.allSettled([
        rival.recordIntent(intentOf(1)),
        ledger.raiseEpoch('storefront', 'rel-1'),
      ]);
      expect(lock).toMatchObject({ status: 'fulfilled', value: { epoch: 2 } });
      const kept = await ledger.listIntents('rel-1');
      expect(kept).toHaveLength(intent.status === 'fulfilled' ? 1 : 0);
      const later = rival.recordIntent(intentOf(1));
      await expect(later).rejects.toMatchObject({ name: 'StaleEpochError' });
    });
  });
}
