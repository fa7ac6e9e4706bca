import { describe, expect, it } from 'vitest';
import {
  breachOf,
  endedRelease,
  endingOf,
  type LedgerSubject,
  runningRelease,
} from './ledger-samples.ts';

export function reopeningContract(subject: () => LedgerSubject): void {
  describe('a release that is opened again', () => {
    it.each(['completed', 'held'] as const)('runs again after it was %s', async (outcome) => {
      const { ledger, rival } = subject();
      const ended = await endedRelease(ledger, outcome);
      const record = await ledger.reopenRelease('rel-1', ['completed', 'held'], 'rolling-back');
      expect(record).toEqual({
        ...ended,
        phase: 'rolling-back',
        outcome: null,
        reason: null,
        endedAt: null,
        document: {
          ...ended.document,
          phase: 'rolling-back',
          outcome: null,
          breach: null,
          epoch: 2,
        },
      });
      expect(await rival.getRelease('rel-1')).toEqual(record);
      expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1', epoch: 2 });
    });

    it('forgets its breach, so that it may complete', async () => {
      const { ledger } = subject();
      const running = await runningRelease(ledger);
      const breach = breachOf('5 % errors');
      await ledger.recordBreach('rel-1', breach);
      const document = { ...running.document, breach };
      const ending = { ...endingOf(running, 'held'), document };
      await ledger.endRelease('rel-1', ending, [null]);
      const record = await ledger.reopenRelease('rel-1', ['held'], 'completing');
      expect(record.document.breach).toBeNull();
      expect(await ledger.getBreach('rel-1')).toBeNull();
      const again = await ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
      expect(again.isNew).toBe(true);
    });

    it('makes every earlier epoch stale', async () => {
      const { ledger } = subject();
      await endedRelease(ledger, 'completed');
      await ledger.acquireLock('storefront', 'rel-2');
      await ledger.releaseLock('storefront', 'rel-2');
      const record = await ledger.reopenRelease('rel-1', ['completed'], 'rolling-back');
      expect(record.document.epoch).toBe(3);
    });

    it('is refused while another release holds the lock, and changes nothing', async () => {
      const { ledger } = subject();
      const running = await runningRelease(ledger);
      await ledger.recordBreach('rel-1', breachOf('5 % errors'));
      const ending = endingOf(running, 'rolled-back');
      const { record: ended } = await ledger.endRelease('rel-1', ending, [null]);
      await ledger.acquireLock('storefront', 'rel-2');
      const reopened = ledger.reopenRelease('rel-1', ['rolled-back'], 'rolling-back');
      await expect(reopened).rejects.toMatchObject({
        name: 'ReleaseInProgressError',
        details: { releaseId: 'rel-2' },
      });
      expect(await ledger.getRelease('rel-1')).toEqual(ended);
      expect(await ledger.getBreach('rel-1')).toEqual(breachOf('5 % errors'));
    });

    it('is refused when it ended otherwise or still runs', async () => {
      const { ledger } = subject();
      const stateError = { name: 'ReleaseStateError' };
      const running = await runningRelease(ledger);
      const early = ledger.reopenRelease('rel-1', ['completed'], 'rolling-back');
      await expect(early).rejects.toMatchObject(stateError);
      await ledger.endRelease('rel-1', endingOf(running, 'discarded'), [null]);
      const other = ledger.reopenRelease('rel-1', ['completed', 'held'], 'rolling-back');
      await expect(other).rejects.toMatchObject(stateError);
      expect(await ledger.getLock('storefront')).toBeNull();
    });

    it('is opened by only one of two that try at once', async () => {
      const { ledger, rival } = subject();
      await endedRelease(ledger, 'completed');
      const results = await Promise.allSettled([
        ledger.reopenRelease('rel-1', ['completed'], 'rolling-back'),
        rival.reopenRelease('rel-1', ['completed'], 'rolling-back'),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await ledger.getLock('storefront')).toMatchObject({ epoch: 2 });
    });

    it('is unknown when it is not there', async () => {
      const reopened = subject().ledger.reopenRelease('nobody', ['completed'], 'rolling-back');
      await expect(reopened).rejects.toMatchObject({ name: 'ReleaseUnknownError' });
    });
  });
}
