import { epochMs } from '../release/clock.ts';
import type { Receipt } from './ledger.ts';

/** Whether a receipt is at that time as if it had never been. */
export function isExpired({ expiresAt }: Pick<Receipt, 'expiresAt'>, at: string): boolean {
  return epochMs(at) >= epochMs(expiresAt);
}
