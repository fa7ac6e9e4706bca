import { describe, expect, it } from 'vitest';
import type { Row } from '../../lib/release/budget-tally.ts';
import { type LedgerSubject, tallyOf } from './ledger-samples.ts';

export function budgetContract(subject: () => LedgerSubject): void {
  describe('error budgets', () => {
    it('are none before the first one is stored, and come back as they were', async () => {
      const { ledger, rival } = subject();
      expect(await ledger.getBudget('storefront')).toBeNull();
      expect(await ledger.putBudget(tallyOf('storefront', 1))).toBe(true);
      expect(await rival.getBudget('storefront')).toEqual(tallyOf('storefront', 1));
      expect(await rival.getBudget('api')).toBeNull();
    });

    it('are replaced by the next revision only', async () => {
      const { ledger, rival } = subject();
      expect(await ledger.putBudget(tallyOf('storefront', 2))).toBe(false);
      await ledger.putBudget(tallyOf('storefront', 1));
      expect(await rival.putBudget(tallyOf('storefront', 1))).toBe(false);
      expect(await rival.putBudget(tallyOf('storefront', 3))).toBe(false);
      const next = tallyOf('storefront', 2, { pardon: { by: 'ada', at: '', releaseId: null } });
      expect(await rival.putBudget(next)).toBe(true);
      expect(await ledger.putBudget(tallyOf('storefront', 2))).toBe(false);
      expect(await ledger.getBudget('storefront')).toEqual(next);
    });

    it.each([1, 2])('let one of two who store revision %i at once do so', async (revision) => {
      const { ledger, rival } = subject();
      if (revision === 2) await ledger.putBudget(tallyOf('storefront', 1));
      const stored = await Promise.all([
        ledger.putBudget(tallyOf('storefront', revision)),
        rival.putBudget(tallyOf('storefront', revision)),
      ]);
      expect(stored.sort()).toEqual([false, true]);
    });

    it('are those of one service each', async () => {
      const { ledger } = subject();
      await ledger.putBudget(tallyOf('storefront', 1));
      expect(await ledger.putBudget(tallyOf('api', 1, { stop: null }))).toBe(true);
      expect(await ledger.getBudget('api')).toMatchObject({ service: 'api', stop: null });
      expect(await ledger.getLock('storefront')).toBeNull();
      expect(await ledger.listServiceEvents('storefront', 10)).toEqual([]);
    });

    it('may have as many rows as they ever get', async () => {
      const { ledger } = subject();
      const older = Array.from(
        { length: 201 },
        (_, nth): Row => [1_800_000_000 + nth * 14_400, 14_400, 123_456_789, 123_456, 123_456],
      );
      const tally = tallyOf('storefront', 1, { older });
      await ledger.putBudget(tally);
      expect(await ledger.getBudget('storefront')).toEqual(tally);
    });
  });
}
