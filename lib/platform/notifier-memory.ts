import type { Ledger } from '../ledger/ledger.ts';
import type { NotifierMemory } from '../notifiers/notifier.ts';
import { type Clock, isoTime } from '../release/clock.ts';

/** Longer than any release is watched and any environment retained by default: 31 days. */
const rememberedMs = 31 * 86_400_000;

/** What notifiers remember, as receipts of the ledger under `notifier:<key>`. */
export function createNotifierMemory(
  ledger: () => Pick<Ledger, 'claimReceipt' | 'answerReceipt' | 'getReceipt'>,
  clock: Clock,
): NotifierMemory {
  const now = () => isoTime(clock.now());
  return {
    async recall(key) {
      const receipt = await ledger().getReceipt(receiptKey(key), now());
      return receipt?.answer ?? null;
    },
    async remember(key, value) {
      const expiresAt = isoTime(clock.now() + rememberedMs);
      await ledger().claimReceipt({ key: receiptKey(key), at: now(), expiresAt });
      await ledger().answerReceipt(receiptKey(key), value);
    },
  };
}

function receiptKey(key: string): string {
  return `notifier:${key}`;
}
