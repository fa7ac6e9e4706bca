import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { outcomes } from '../../lib/release/document.ts';
import {
  breachOf,
  endedRelease,
  endingOf,
  type LedgerSubject,
  runningRelease,
  watchOf,
} from './ledger-samples.ts';

async function watchersOf(ledger: Ledger, alarm: string): Promise<string[]> {
  return (await ledger.watchesOf(alarm)).map(({ releaseId }) => releaseId).sort();
}

export function watchContract(subject: () => LedgerSubject): void {
  describe('watches', () => {
    it('stores a watch, also twice', async () => {
      const { ledger, rival } = subject();
      await ledger.putWatch(watchOf('rel-1', ['5xx', 'p95']));
      await ledger.putWatch(watchOf('rel-1', ['5xx', 'p95']));
      expect(await rival.getWatch('rel-1')).toEqual(watchOf('rel-1', ['5xx', 'p95']));
      expect(await rival.watchesOf('5xx')).toEqual([watchOf('rel-1', ['5xx', 'p95'])]);
      expect(await ledger.getWatch('nobody')).toBeNull();
    });

    it('replaces token and alarms', async () => {
      const { ledger } = subject();
      await ledger.putWatch(watchOf('rel-1', ['5xx', 'p95'], 'old'));
      await ledger.putWatch(watchOf('rel-1', ['p95', 'cpu'], null));
      expect(await ledger.getWatch('rel-1')).toEqual(watchOf('rel-1', ['p95', 'cpu'], null));
      expect(await watchersOf(ledger, '5xx')).toEqual([]);
      expect(await watchersOf(ledger, 'cpu')).toEqual(['rel-1']);
    });

    it('keeps a token from one that is stored late', async () => {
      const { ledger } = subject();
      await ledger.putWatch(watchOf('rel-1', ['5xx'], 'first', 'turn-1'));
      await ledger.putWatch(watchOf('rel-1', ['5xx'], 'second', 'turn-2'));
      for (const [token, turn] of [['first', 'turn-1'] as const, [null, ''] as const]) {
        await ledger.putWatch(watchOf('rel-1', ['late'], token, turn));
      }
      expect(await ledger.getWatch('rel-1')).toEqual(watchOf('rel-1', ['5xx'], 'second', 'turn-2'));
      expect(await watchersOf(ledger, 'late')).toEqual([]);
    });

    it('keeps the token of the later turn when both are stored at once', async () => {
      const { ledger, rival } = subject();
      await Promise.all([
        rival.putWatch(watchOf('rel-1', ['5xx'], 'second', 'turn-2')),
        ledger.putWatch(watchOf('rel-1', ['5xx'], 'first', 'turn-1')),
      ]);
      expect((await ledger.getWatch('rel-1'))?.token).toBe('second');
    });

    it('takes a token whose turn nobody knows, as it did before there were turns', async () => {
      const { ledger } = subject();
      await ledger.putWatch(watchOf('rel-1', ['5xx'], 'first', 'turn-2'));
      await ledger.putWatch(watchOf('rel-1', ['5xx'], 'unknown', null));
      expect(await ledger.getWatch('rel-1')).toEqual(watchOf('rel-1', ['5xx'], 'unknown', null));
      await ledger.putWatch(watchOf('rel-1', ['5xx'], 'next', 'turn-1'));
      expect((await ledger.getWatch('rel-1'))?.token).toBe('next');
    });

    it('finds every release that watches an alarm, and no other', async () => {
      const { ledger } = subject();
      await ledger.putWatch(watchOf('rel-1', ['5xx', 'p95']));
      await ledger.putWatch(watchOf('rel-2', ['5xx']));
      await ledger.putWatch(watchOf('rel-3', ['5xx-of-another']));
      expect(await watchersOf(ledger, '5xx')).toEqual(['rel-1', 'rel-2']);
      expect(await watchersOf(ledger, 'p95')).toEqual(['rel-1']);
      expect(await watchersOf(ledger, 'nobody')).toEqual([]);
    });

    it('stores a watch without alarms and one that names an alarm twice', async () => {
      const { ledger } = subject();
      await ledger.putWatch(watchOf('rel-1', []));
      await ledger.putWatch(watchOf('rel-2', ['5xx', '5xx']));
      expect(await ledger.getWatch('rel-1')).toEqual(watchOf('rel-1', []));
      expect(await watchersOf(ledger, '5xx')).toEqual(['rel-2']);
    });

    it.each(outcomes)('leaves none of a call that comes after the end: %s', async (outcome) => {
      const { ledger } = subject();
      await endedRelease(ledger, outcome);
      await ledger.putWatch(watchOf('rel-1', ['5xx'], 'late'));
      expect(await ledger.getWatch('rel-1')).toBeNull();
      expect(await ledger.watchesOf('5xx')).toEqual([]);
    });

    it('stores one for a release that was opened again', async () => {
      const { ledger } = subject();
      await endedRelease(ledger, 'held');
      await ledger.reopenRelease('rel-1', ['held'], 'watching');
      await ledger.putWatch(watchOf('rel-1', ['5xx'], 't', 'turn-0'));
      expect(await ledger.watchesOf('5xx')).toEqual([watchOf('rel-1', ['5xx'], 't', 'turn-0')]);
    });
  });

  describe('breaches', () => {
    it('keeps the first one, which comes back to everybody', async () => {
      const { ledger, rival } = subject();
      expect(await ledger.recordBreach('rel-1', breachOf('first'))).toEqual(breachOf('first'));
      expect(await rival.recordBreach('rel-1', breachOf('second'))).toEqual(breachOf('first'));
      expect(await ledger.getBreach('rel-1')).toEqual(breachOf('first'));
    });

    it('keeps releases apart', async () => {
      const { ledger } = subject();
      await ledger.recordBreach('rel-1', breachOf('mine'));
      expect(await ledger.getBreach('rel-2')).toBeNull();
    });

    it.each(outcomes)('refuses one for a release that has ended as %s', async (outcome) => {
      const { ledger } = subject();
      await endedRelease(ledger, outcome);
      const late = ledger.recordBreach('rel-1', breachOf('late'));
      await expect(late).rejects.toMatchObject({ name: 'ReleaseStateError', details: { outcome } });
      expect(await ledger.getBreach('rel-1')).toBeNull();
    });

    it('refuses a late one also when there is one already, which stays', async () => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      await ledger.recordBreach('rel-1', breachOf('first'));
      await ledger.endRelease('rel-1', endingOf(record, 'rolled-back'), [null]);
      const late = ledger.recordBreach('rel-1', breachOf('late'));
      await expect(late).rejects.toMatchObject({ name: 'ReleaseStateError' });
      expect(await ledger.getBreach('rel-1')).toEqual(breachOf('first'));
    });

    it('keeps one of a release that was opened again', async () => {
      const { ledger } = subject();
      await endedRelease(ledger, 'completed');
      await ledger.reopenRelease('rel-1', ['completed'], 'rolling-back');
      expect(await ledger.recordBreach('rel-1', breachOf('new'))).toEqual(breachOf('new'));
      expect(await ledger.getBreach('rel-1')).toEqual(breachOf('new'));
    });

    it('gives two that come at once the same answer', async () => {
      const { ledger, rival } = subject();
      const [mine, yours] = await Promise.all([
        ledger.recordBreach('rel-1', breachOf('mine')),
        rival.recordBreach('rel-1', breachOf('yours')),
      ]);
      expect(mine).toEqual(yours);
      expect(await ledger.getBreach('rel-1')).toEqual(mine);
    });
  });
}
