import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import {
  endedRelease,
  endingOf,
  type LedgerSubject,
  releaseOf,
  runningRelease,
} from './ledger-samples.ts';

async function idsOf(ledger: Ledger, query: { service?: string; limit: number }) {
  return (await ledger.listReleases(query)).map(({ releaseId }) => releaseId);
}

export function releaseContract(subject: () => LedgerSubject): void {
  describe('releases', () => {
    it('stores a release and gives it back whole', async () => {
      const { ledger, rival } = subject();
      const record = releaseOf('rel-1');
      expect(await ledger.createRelease(record)).toEqual({ record, isNew: true });
      expect(await rival.getRelease('rel-1')).toEqual(record);
    });

    it('returns the record that is there when the same id comes again', async () => {
      const { ledger } = subject();
      const record = releaseOf('rel-1');
      await ledger.createRelease(record);
      const other = { ...releaseOf('rel-1', 'search'), requestedBy: 'bob' };
      expect(await ledger.createRelease(other)).toEqual({ record, isNew: false });
      expect(await ledger.getRelease('rel-1')).toEqual(record);
    });

    it('is new to only one of two that create it at once', async () => {
      const { ledger, rival } = subject();
      const results = await Promise.all([
        ledger.createRelease(releaseOf('rel-1')),
        rival.createRelease(releaseOf('rel-1')),
      ]);
      expect(results.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
      expect(await idsOf(ledger, { limit: 10 })).toEqual(['rel-1']);
    });

    it('keeps an artifact without a digest without one', async () => {
      const { ledger } = subject();
      const artifact = { uri: './v2', version: 'v2' };
      await ledger.createRelease({ ...releaseOf('rel-1'), artifact });
      expect((await ledger.getRelease('rel-1'))?.artifact).toStrictEqual(artifact);
    });

    it('answers null for a release that is not there', async () => {
      expect(await subject().ledger.getRelease('nobody')).toBeNull();
    });

    it('lists the newest request first, whatever the order in which they were stored', async () => {
      const { ledger } = subject();
      await ledger.createRelease(releaseOf('middle', 'storefront', 20));
      await ledger.createRelease(releaseOf('newest', 'search', 30));
      await ledger.createRelease(releaseOf('oldest', 'storefront', 10));
      expect(await idsOf(ledger, { limit: 10 })).toEqual(['newest', 'middle', 'oldest']);
      const ofOne = await idsOf(ledger, { service: 'storefront', limit: 10 });
      expect(ofOne).toEqual(['middle', 'oldest']);
      expect(await idsOf(ledger, { service: 'nobody', limit: 10 })).toEqual([]);
    });

    it('lists at most as many as asked for', async () => {
      const { ledger } = subject();
      for (const n of [1, 2, 3, 4]) {
        await ledger.createRelease(releaseOf(`rel-${n}`, n % 2 ? 'odd' : 'even', n));
      }
      expect(await idsOf(ledger, { limit: 3 })).toEqual(['rel-4', 'rel-3', 'rel-2']);
      expect(await idsOf(ledger, { service: 'odd', limit: 1 })).toEqual(['rel-3']);
    });

    it('is not changed by what callers do to their objects afterwards', async () => {
      const { ledger } = subject();
      const record = releaseOf('rel-1');
      await ledger.createRelease(record);
      record.document.milestones.cutoverAt = 'mine';
      const read = await ledger.getRelease('rel-1');
      if (read) read.document.milestones.cutoverAt = 'yours';
      const { document } = releaseOf('rel-1');
      expect(await ledger.getRelease('rel-1')).toMatchObject({ document });
    });
  });

  describe('documents', () => {
    it('stores the document and its phase, also twice', async () => {
      const { ledger, rival } = subject();
      const record = releaseOf('rel-1');
      await ledger.createRelease(record);
      await ledger.createRelease(releaseOf('rel-2'));
      const document = { ...record.document, phase: 'validating' as const, epoch: 4 };
      await ledger.saveDocument(document);
      await ledger.saveDocument(document);
      expect(await rival.getRelease('rel-1')).toEqual({ ...record, phase: 'validating', document });
      expect(await ledger.getRelease('rel-2')).toEqual(releaseOf('rel-2'));
    });

    it('leaves a release alone that has ended', async () => {
      const { ledger } = subject();
      const { record } = await ledger.createRelease(releaseOf('rel-1'));
      const ended = await ledger.endRelease('rel-1', endingOf(record, 'discarded'), [null]);
      await ledger.saveDocument({ ...record.document, phase: 'cutting-over' });
      expect(await ledger.getRelease('rel-1')).toEqual(ended.record);
    });

    it('keeps the document of a later epoch', async () => {
      const { ledger } = subject();
      const { document } = await runningRelease(ledger);
      const { epoch } = await ledger.raiseEpoch('storefront', 'rel-1');
      await ledger.saveDocument({ ...document, epoch, phase: 'rolling-back' });
      await ledger.saveDocument({ ...document, phase: 'watching' });
      const stored = await ledger.getRelease('rel-1');
      expect(stored).toMatchObject({ phase: 'rolling-back', document: { epoch } });
    });

    it('keeps the document of a later phase of the same epoch', async () => {
      const { ledger } = subject();
      const { document } = await runningRelease(ledger);
      const [early, late] = ['2026-11-24T10:00:00.000Z', '2026-11-24T10:00:00.001Z'] as const;
      await ledger.saveDocument({ ...document, phase: 'watching', phaseSince: late });
      await ledger.saveDocument({ ...document, phase: 'validating', phaseSince: early });
      expect(await ledger.getRelease('rel-1')).toMatchObject({
        phase: 'watching',
        document: { phaseSince: late },
      });
    });

    it('takes another document of the same phase', async () => {
      const { ledger } = subject();
      const { document } = await runningRelease(ledger);
      const phaseSince = '2026-11-24T10:00:00.000Z';
      await ledger.saveDocument({ ...document, phase: 'watching', phaseSince });
      const next = { ...document, phase: 'watching' as const, phaseSince, nextStepIndex: 1 };
      await ledger.saveDocument(next);
      expect((await ledger.getRelease('rel-1'))?.document).toEqual(next);
    });

    it('compares epochs as numbers', async () => {
      const { ledger } = subject();
      const record = releaseOf('rel-1');
      await ledger.createRelease(record);
      for (const [phase, epoch] of [
        ['validating', 9],
        ['cutting-over', 9],
        ['rolling-back', 10],
      ] as const) {
        const document = { ...record.document, phase, epoch };
        await ledger.saveDocument(document);
        expect(await ledger.getRelease('rel-1')).toEqual({ ...record, phase, document });
      }
      const before = await ledger.getRelease('rel-1');
      await ledger.saveDocument({ ...record.document, phase: 'watching', epoch: 9 });
      expect(await ledger.getRelease('rel-1')).toEqual(before);
    });

    it('compares with the stored document, not with the lock', async () => {
      const { ledger } = subject();
      const record = await runningRelease(ledger);
      await ledger.raiseEpoch('storefront', 'rel-1');
      const document = { ...record.document, phase: 'watching' as const };
      await ledger.saveDocument(document);
      expect(await ledger.getRelease('rel-1')).toEqual({ ...record, phase: 'watching', document });
    });

    it('leaves a release alone that was opened again under a newer epoch', async () => {
      const { ledger } = subject();
      const { document } = await endedRelease(ledger, 'held');
      const reopened = await ledger.reopenRelease('rel-1', ['held'], 'rolling-back');
      await ledger.saveDocument({ ...document, phase: 'cutting-over', outcome: null });
      expect(await ledger.getRelease('rel-1')).toEqual(reopened);
    });

    it('has no effect for a release that is not there', async () => {
      const { ledger } = subject();
      await ledger.saveDocument(releaseOf('nobody').document);
      expect(await ledger.getRelease('nobody')).toBeNull();
    });

    it('stores a document of 32 KB and any text', async () => {
      const { ledger } = subject();
      const { record } = await ledger.createRelease(releaseOf('rel-1'));
      const summary = `"quoted"\n\u0000 ☂ 𝄞 ${'x'.repeat(32_000)}`;
      const checks = [{ name: 'http', verdict: 'pass' as const, isCritical: true, summary }];
      await ledger.saveDocument({ ...record.document, checks });
      const stored = await ledger.getRelease('rel-1');
      expect(stored?.document.checks).toEqual(checks);
    });
  });
}
