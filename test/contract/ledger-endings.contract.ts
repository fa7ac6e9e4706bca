import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { type Outcome, outcomes } from '../../lib/release/document.ts';
import {
  breachOf,
  decisionOf,
  endedRelease,
  endingOf,
  type LedgerSubject,
  releaseOf,
  requestOf,
  runningRelease,
  timeAt,
  watchOf,
} from './ledger-samples.ts';

const keepsLock = (outcome: Outcome) => outcome === 'held' || outcome === 'rollback-failed';

export function endingContract(subject: () => LedgerSubject): void {
  describe('the end of a release', () => {
    it.each(outcomes)('writes %s into record and document', async (outcome) => {
      const { ledger, rival } = subject();
      const running = await runningRelease(ledger);
      const { record, isNew } = await ledger.endRelease('rel-1', endingOf(running, outcome), [
        null,
      ]);
      expect(isNew).toBe(true);
      expect(record).toEqual({
        ...running,
        phase: 'ended',
        outcome,
        reason: `it ${outcome}`,
        endedAt: timeAt(900),
        document: { ...running.document, nextStepIndex: 7, phase: 'ended', outcome },
      });
      expect(await rival.getRelease('rel-1')).toEqual(record);
    });

    it.each(outcomes)('removes the watch and closes the open approval when %s', async (outcome) => {
      const { ledger } = subject();
      await endedRelease(ledger, outcome);
      expect(await ledger.getWatch('rel-1')).toBeNull();
      expect(await ledger.watchesOf('5xx')).toEqual([]);
      expect(await ledger.getApproval('rel-1')).toMatchObject({ state: 'closed' });
    });

    it.each(outcomes.filter(keepsLock))('keeps the lock when %s', async (outcome) => {
      const { ledger } = subject();
      await endedRelease(ledger, outcome);
      expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1', epoch: 1 });
    });

    it.each(outcomes.filter((one) => !keepsLock(one)))(
      'frees the lock when %s',
      async (outcome) => {
        const { ledger } = subject();
        await endedRelease(ledger, outcome);
        expect(await ledger.getLock('storefront')).toBeNull();
      },
    );

    it.each(outcomes.filter((one) => one !== 'completed'))(
      'is not %s by who decided that under an older epoch',
      async (outcome) => {
        const { ledger } = subject();
        const before = await runningRelease(ledger);
        const { epoch } = await ledger.raiseEpoch('storefront', 'rel-1');
        await ledger.saveDocument({ ...before.document, epoch });
        const record = await ledger.getRelease('rel-1');
        const late = await ledger.endRelease('rel-1', endingOf(before, outcome), [null]);
        expect(late).toEqual({ record, isNew: false });
        expect(await ledger.getRelease('rel-1')).toEqual(record);
        expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1', epoch });
        expect(await ledger.listEvents('rel-1')).toEqual([]);
      },
    );

    it('leaves what belongs to other releases alone', async () => {
      const { ledger } = subject();
      await runningRelease(ledger);
      await ledger.putWatch(watchOf('rel-2', ['5xx']));
      await ledger.openApproval(requestOf('rel-2'));
      const { record } = await ledger.createRelease(releaseOf('refused'));
      await ledger.endRelease('refused', endingOf(record, 'refused'), [null]);
      expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1' });
      expect(await ledger.watchesOf('5xx')).toHaveLength(2);
      expect(await ledger.getApproval('rel-2')).toMatchObject({ state: 'open' });
    });

    it('keeps an approval that was given', async () => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      await ledger.recordDecision('rel-1', decisionOf('ada'));
      await ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
      expect(await ledger.getApproval('rel-1')).toMatchObject({ state: 'approved' });
    });

    it('happens once: a repetition gets the record that is there', async () => {
      const { ledger } = subject();
      const record = await endedRelease(ledger, 'rolled-back');
      const again = await ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
      expect(again).toEqual({ record, isNew: false });
      expect(await ledger.getRelease('rel-1')).toEqual(record);
    });

    it('leaves lock and events alone when it is repeated', async () => {
      const { ledger } = subject();
      const record = await endedRelease(ledger, 'held');
      await ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
      expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1', epoch: 1 });
      expect(await ledger.listEvents('rel-1')).toEqual([endingOf(record, 'held').event]);
    });

    it('is on record with its event', async () => {
      const { ledger, rival } = subject();
      const record = await endedRelease(ledger, 'completed');
      expect(await rival.listEvents('rel-1')).toEqual([endingOf(record, 'completed').event]);
    });

    it('ends also when its event is there already, and keeps that', async () => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      const ending = endingOf(record, 'completed');
      const earlier = { ...ending.event, summary: 'from an earlier call' };
      await ledger.appendEvent(earlier);
      expect((await ledger.endRelease('rel-1', ending, [null])).isNew).toBe(true);
      expect(await ledger.listEvents('rel-1')).toEqual([earlier]);
    });

    it('is new to only one of two that end it at once', async () => {
      const { ledger, rival } = subject();
      const record = await runningRelease(ledger);
      const results = await Promise.all([
        ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]),
        rival.endRelease('rel-1', endingOf(record, 'rolled-back'), [null]),
      ]);
      expect(results.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
      expect(results[0]?.record).toEqual(results[1]?.record);
      expect(results.find(({ isNew }) => isNew)?.record).toEqual(await ledger.getRelease('rel-1'));
    });

    it('turns a hold into another end when told so, and frees the lock then', async () => {
      const { ledger } = subject();
      const held = await endedRelease(ledger, 'held');
      const ending = endingOf(held, 'completed');
      const { record, isNew } = await ledger.endRelease('rel-1', ending, [null, 'held']);
      expect({ isNew, outcome: record.outcome }).toEqual({ isNew: true, outcome: 'completed' });
      expect(await ledger.getLock('storefront')).toBeNull();
    });

    it('cannot complete with a breach, and changes nothing then', async () => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      const breach = breachOf('5 % errors');
      await ledger.recordBreach('rel-1', breach);
      const ending = ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
      await expect(ending).rejects.toMatchObject({ name: 'BreachError', details: { breach } });
      expect(await ledger.getRelease('rel-1')).toEqual(record);
      expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1' });
      expect(await ledger.getWatch('rel-1')).toEqual(watchOf('rel-1', ['5xx']));
      expect(await ledger.getApproval('rel-1')).toMatchObject({ state: 'open' });
      expect(await ledger.listEvents('rel-1')).toEqual([]);
    });

    it('can end otherwise with a breach, which stays on record', async () => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      await ledger.recordBreach('rel-1', breachOf('5 % errors'));
      const { isNew } = await ledger.endRelease('rel-1', endingOf(record, 'rolled-back'), [null]);
      expect(isNew).toBe(true);
      expect(await ledger.getBreach('rel-1')).toEqual(breachOf('5 % errors'));
    });

    it('stays completed for who repeats the end after a late breach', async () => {
      const { ledger } = subject();
      const record = await endedRelease(ledger, 'completed');
      const late = ledger.recordBreach('rel-1', breachOf('too late'));
      await expect(late).rejects.toMatchObject({ name: 'ReleaseStateError' });
      const again = await ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
      expect(again).toEqual({ record, isNew: false });
    });

    it('has the breach before the completion, or completes', async () => {
      const { ledger, rival } = subject();
      const record = await runningRelease(ledger);
      const [recorded, ended] = await Promise.allSettled([
        rival.recordBreach('rel-1', breachOf('5 % errors')),
        ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]),
      ]);
      const outcome = (await ledger.getRelease('rel-1'))?.outcome;
      expect(outcome).toBe(ended.status === 'fulfilled' ? 'completed' : null);
      const breach = ended.status === 'fulfilled' ? null : breachOf('5 % errors');
      expect(await ledger.getBreach('rel-1')).toEqual(breach);
      expect(ended.status === 'fulfilled' ? recorded : ended).toMatchObject({
        status: 'rejected',
        reason: { name: ended.status === 'fulfilled' ? 'ReleaseStateError' : 'BreachError' },
      });
    });

    it('is unknown for a release that is not there', async () => {
      const { ledger } = subject();
      const ending = endingOf(releaseOf('nobody'), 'discarded');
      const ended = ledger.endRelease('nobody', ending, [null]);
      await expect(ended).rejects.toMatchObject({ name: 'ReleaseUnknownError' });
    });
  });

  staleCompletionContract(subject);
}

/** What takes a running rel-1's right to complete away from it. */
const takeovers: [string, (ledger: Ledger) => Promise<unknown>][] = [
  ['a rollback has raised the epoch', (ledger) => ledger.raiseEpoch('storefront', 'rel-1')],
  ['the lock is free', (ledger) => ledger.releaseLock('storefront', 'rel-1')],
  [
    'another release has the lock',
    async (ledger) => {
      await ledger.releaseLock('storefront', 'rel-1');
      await ledger.acquireLock('storefront', 'rel-2');
    },
  ],
];

function staleCompletionContract(subject: () => LedgerSubject): void {
  const stale = { name: 'StaleEpochError' };

  describe('the completion of a release whose epoch is stale', () => {
    it.each(takeovers)('is refused and changes nothing when %s', async (_, takeOver) => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      await takeOver(ledger);
      const lock = await ledger.getLock('storefront');
      const late = ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
      await expect(late).rejects.toMatchObject(stale);
      expect(await ledger.getRelease('rel-1')).toEqual(record);
      expect(await ledger.getLock('storefront')).toEqual(lock);
      expect(await ledger.watchesOf('5xx')).toEqual([watchOf('rel-1', ['5xx'])]);
      expect(await ledger.getApproval('rel-1')).toMatchObject({ state: 'open' });
      expect(await ledger.listEvents('rel-1')).toEqual([]);
    });

    it("is refused under another release's epoch, too", async () => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      await ledger.releaseLock('storefront', 'rel-1');
      const { epoch } = await ledger.acquireLock('storefront', 'rel-2');
      const late = ledger.endRelease('rel-1', endingOf(record, 'completed', epoch), [null]);
      await expect(late).rejects.toMatchObject(stale);
      expect(await ledger.getRelease('rel-1')).toEqual(record);
    });

    it('is not refused when it is repeated after the lock went to the next release', async () => {
      const { ledger } = subject();
      const record = await endedRelease(ledger, 'completed');
      await ledger.acquireLock('storefront', 'rel-2');
      const again = await ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
      expect(again).toEqual({ record, isNew: false });
    });

    it.each(outcomes.filter((one) => one !== 'completed'))(
      'does not stand in the way of %s',
      async (outcome) => {
        const { ledger } = subject();
        const record = await runningRelease(ledger);
        await ledger.raiseEpoch('storefront', 'rel-1');
        const ended = await ledger.endRelease('rel-1', endingOf(record, outcome), [null]);
        expect(ended).toMatchObject({ isNew: true, record: { outcome } });
      },
    );

    it('comes before the epoch is raised, or not at all', async () => {
      const { ledger, rival } = subject();
      const record = await runningRelease(ledger);
      const [ended, raised] = await Promise.allSettled([
        rival.endRelease('rel-1', endingOf(record, 'completed'), [null]),
        ledger.raiseEpoch('storefront', 'rel-1'),
      ]);
      const isCompleted = ended.status === 'fulfilled';
      expect((await ledger.getRelease('rel-1'))?.outcome).toBe(isCompleted ? 'completed' : null);
      expect(isCompleted ? raised : ended).toMatchObject({
        status: 'rejected',
        reason: { name: isCompleted ? 'ReleaseStateError' : 'StaleEpochError' },
      });
    });
  });
}
