import type { Json } from '../../release/json.ts';
import type { Ledger, Receipt } from '../ledger.ts';
import { isExpired } from '../receipt-rules.ts';
import type { SqliteDatabase } from './database.ts';

type ReceiptRow = Omit<Receipt, 'answer'> & { answerJson: string | null };

/** The receipt of a key, unless it has expired at that time. */
function readReceipt(database: SqliteDatabase, key: string, at: string): Receipt | null {
  const row = database.get<ReceiptRow>('SELECT * FROM receipts WHERE key = :key', { key });
  if (!row || isExpired(row, at)) return null;
  const { answerJson, ...rest } = row;
  return { ...rest, answer: answerJson === null ? null : (JSON.parse(answerJson) as Json) };
}

/** What has been dealt with and may come again. */
export function createReceipts(database: SqliteDatabase) {
  return {
    claimReceipt: async ({ key, at, expiresAt }) =>
      database.transaction(() => {
        const before = readReceipt(database, key, at);
        if (before) return { receipt: before, isNew: false };
        database.run(
          `INSERT OR REPLACE INTO receipts (key, at, expiresAt, answerJson)
           VALUES (:key, :at, :expiresAt, NULL)`,
          { key, at, expiresAt },
        );
        return { receipt: { key, at, expiresAt, answer: null }, isNew: true };
      }),
    async answerReceipt(key, answer) {
      // Null is the answer of a receipt that has none yet.
      if (answer === null) return;
      database.run(
        'UPDATE receipts SET answerJson = :answerJson WHERE key = :key AND answerJson IS NULL',
        { key, answerJson: JSON.stringify(answer) },
      );
    },
    getReceipt: async (key, at) => readReceipt(database, key, at),
  } satisfies Partial<Ledger>;
}
