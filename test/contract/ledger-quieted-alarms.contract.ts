import { describe, expect, it } from 'vitest';
import { type LedgerSubject, quietedOf, timeAt } from './ledger-samples.ts';

export function quietedAlarmContract(subject: () => LedgerSubject): void {
  describe('quieted alarms', () => {
    it('are listed whatever their service, as they were stored', async () => {
      const { ledger, rival } = subject();
      expect(await ledger.listQuieted()).toEqual([]);
      const other = quietedOf('rel-2', { service: 'shop', signals: null });
      await ledger.putQuieted(quietedOf('rel-1'));
      await ledger.putQuieted(other);
      const listed = await rival.listQuieted();
      expect(listed).toHaveLength(2);
      expect(listed).toEqual(expect.arrayContaining([quietedOf('rel-1'), other]));
    });

    it('are those of the last call', async () => {
      const { ledger } = subject();
      const later = quietedOf('rel-1', { settlesAt: timeAt(120), alarms: ['cpu'] });
      await ledger.putQuieted(quietedOf('rel-1'));
      await ledger.putQuieted(later);
      expect(await ledger.listQuieted()).toEqual([later]);
    });

    it('are forgotten, also twice', async () => {
      const { ledger, rival } = subject();
      await ledger.putQuieted(quietedOf('rel-1'));
      await ledger.putQuieted(quietedOf('rel-2'));
      await rival.deleteQuieted(quietedOf('rel-1'));
      await ledger.deleteQuieted(quietedOf('rel-1'));
      expect(await ledger.listQuieted()).toEqual([quietedOf('rel-2')]);
    });

    it('are not forgotten when a later call has replaced them', async () => {
      const { ledger, rival } = subject();
      const later = quietedOf('rel-1', { settlesAt: timeAt(120) });
      await ledger.putQuieted(quietedOf('rel-1'));
      await rival.putQuieted(later);
      await ledger.deleteQuieted(quietedOf('rel-1'));
      expect(await ledger.listQuieted()).toEqual([later]);
    });
  });
}
