import { epochMs } from '../../release/clock.ts';
import type { Json } from '../../release/json.ts';
import type { Ledger, Receipt } from '../ledger.ts';
import { isExpired } from '../receipt-rules.ts';
import type { Put } from './expressions.ts';
import { fromText, type Item, toText, ttlAfter } from './items.ts';
import { keys } from './keys.ts';
import { raced, settle, type Table } from './table.ts';

type Claim = Omit<Receipt, 'answer'>;

function toReceipt({ body, answer }: Item): Receipt {
  return { ...(fromText<Claim>(body) as Claim), answer: fromText<Json>(answer) };
}

/** Takes a key that nobody has claimed, or whose claim has expired; its answer goes with it. */
function putClaim(claim: Claim): Put {
  const item = {
    ...keys.receipt(claim.key),
    body: toText(`the receipt ${claim.key}`, claim),
    expiresMs: epochMs(claim.expiresAt),
    ttl: ttlAfter(claim.expiresAt),
  };
  return {
    kind: 'put',
    item,
    if: 'attribute_not_exists(#pk) OR #expiresMs <= :now',
    values: { now: epochMs(claim.at) },
  };
}

/** What has been dealt with and may come again. */
export function createReceipts(table: Table) {
  async function read(key: string, at: string): Promise<Receipt | null> {
    const item = await table.get(keys.receipt(key));
    const receipt = item && toReceipt(item);
    return receipt && !isExpired(receipt, at) ? receipt : null;
  }

  return {
    claimReceipt: ({ key, at, expiresAt }) =>
      settle(`the receipt ${key}`, async () => {
        const claim = { key, at, expiresAt };
        // Once: a repetition by the SDK would find its own claim, and nobody would do what it is for.
        if (await table.writeOnce(putClaim(claim))) {
          return { receipt: { ...claim, answer: null }, isNew: true };
        }
        const receipt = await read(key, at);
        return receipt ? { receipt, isNew: false } : raced;
      }),

    async answerReceipt(key, answer) {
      // Null is the answer of a receipt that has none yet.
      if (answer === null) return;
      await table.write({
        kind: 'update',
        key: keys.receipt(key),
        change: 'SET #answer = :answer',
        if: 'attribute_exists(#pk) AND attribute_not_exists(#answer)',
        values: { answer: toText(`the answer of ${key}`, answer) },
      });
    },

    getReceipt: read,
  } satisfies Partial<Ledger>;
}
