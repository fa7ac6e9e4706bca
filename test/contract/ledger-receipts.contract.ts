import { describe, expect, it } from 'vitest';
import { claimOf, type LedgerSubject, timeAt } from './ledger-samples.ts';

export function receiptContract(subject: () => LedgerSubject): void {
  describe('claiming a receipt', () => {
    it('is new the first time, and shows the first claim after that', async () => {
      const { ledger, rival } = subject();
      const receipt = { ...claimOf('github:1'), answer: null };
      expect(await ledger.claimReceipt(claimOf('github:1'))).toEqual({ receipt, isNew: true });
      const again = await rival.claimReceipt(claimOf('github:1', 50));
      expect(again).toEqual({ receipt, isNew: false });
      expect(await ledger.getReceipt('github:1', timeAt(50))).toEqual(receipt);
    });

    it('is new for one of several at once', async () => {
      const { ledger, rival } = subject();
      const answers = await Promise.all(
        [ledger, rival, ledger, rival].map((one, nth) =>
          one.claimReceipt(claimOf('github:1', nth)),
        ),
      );
      expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
      const receipt = await ledger.getReceipt('github:1', timeAt(5));
      expect(answers.map((answer) => answer.receipt)).toEqual(answers.map(() => receipt));
    });

    it('is new again exactly when the earlier claim expires, without its answer', async () => {
      const { ledger } = subject();
      await ledger.claimReceipt(claimOf('github:1'));
      await ledger.answerReceipt('github:1', 'rel-1');
      const early = await ledger.claimReceipt(claimOf('github:1', 99.999));
      expect(early).toMatchObject({ isNew: false, receipt: { answer: 'rel-1' } });
      const claim = claimOf('github:1', 100);
      const receipt = { ...claim, answer: null };
      expect(await ledger.claimReceipt(claim)).toEqual({ receipt, isNew: true });
      expect(await ledger.getReceipt('github:1', timeAt(150))).toEqual(receipt);
    });

    it('is new for one of two that find it expired', async () => {
      const { ledger, rival } = subject();
      await ledger.claimReceipt(claimOf('github:1'));
      const answers = await Promise.all(
        [ledger, rival].map((one) => one.claimReceipt(claimOf('github:1', 100))),
      );
      expect(answers.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
    });

    it.each(['slack:Größe ☂ "1" #:*', ':', `teams:${'ü'.repeat(253)}`])(
      'tells the key %j from others',
      async (key) => {
        const { ledger } = subject();
        await ledger.claimReceipt(claimOf(key));
        await ledger.answerReceipt(key, key);
        expect(await ledger.claimReceipt(claimOf(`${key}!`))).toMatchObject({ isNew: true });
        expect(await ledger.getReceipt(key, timeAt(1))).toEqual({ ...claimOf(key), answer: key });
      },
    );
  });

  describe('the answer of a receipt', () => {
    it.each(['rel-1', '', 0, false, { list: [1, null, { '': 'Größe ☂' }] }])(
      'comes back as it was: %j',
      async (answer) => {
        const { ledger, rival } = subject();
        await ledger.claimReceipt(claimOf('github:1'));
        await ledger.answerReceipt('github:1', answer);
        expect((await rival.getReceipt('github:1', timeAt(1)))?.answer).toEqual(answer);
      },
    );

    it('stays as the first one said', async () => {
      const { ledger, rival } = subject();
      await ledger.claimReceipt(claimOf('github:1'));
      await ledger.answerReceipt('github:1', 'first');
      await rival.answerReceipt('github:1', 'second');
      expect((await ledger.getReceipt('github:1', timeAt(1)))?.answer).toBe('first');
    });

    it('is unknown still after a null', async () => {
      const { ledger } = subject();
      await ledger.claimReceipt(claimOf('github:1'));
      await ledger.answerReceipt('github:1', null);
      await ledger.answerReceipt('github:1', 'rel-1');
      expect((await ledger.getReceipt('github:1', timeAt(1)))?.answer).toBe('rel-1');
    });

    it('is not kept without a claim', async () => {
      const { ledger } = subject();
      await ledger.answerReceipt('github:1', 'rel-1');
      expect(await ledger.getReceipt('github:1', timeAt(0))).toBeNull();
      const { receipt, isNew } = await ledger.claimReceipt(claimOf('github:1'));
      expect({ receipt, isNew }).toMatchObject({ receipt: { answer: null }, isNew: true });
    });
  });

  describe('looking at a receipt', () => {
    it('finds nothing from the moment at which it expires, and none of others', async () => {
      const { ledger } = subject();
      await ledger.claimReceipt(claimOf('github:1'));
      expect(await ledger.getReceipt('github:1', timeAt(99.999))).not.toBeNull();
      expect(await ledger.getReceipt('github:1', timeAt(100))).toBeNull();
      expect(await ledger.getReceipt('github:2', timeAt(0))).toBeNull();
    });
  });
}
