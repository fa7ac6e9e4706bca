import { epochMs } from '../release/clock.ts';
import type { ReportedAlarm } from './ledger.ts';

/**
 * Whether what is told of an alarm comes after something later about it. What is of the same moment
 * counts as a correction. Other systems write their times as they like, so these are not compared as text.
 */
export function isOvertaken(
  told: Pick<ReportedAlarm, 'since'>,
  stored: Pick<ReportedAlarm, 'since'> | null | undefined,
): boolean {
  return stored ? epochMs(stored.since) > epochMs(told.since) : false;
}
