import type { Outcome } from '../lib/http/api.ts';

/** What the shell learns. Names that programs depend on: they change only with a changelog note. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  rolledBack: 3,
  /** Of `judge`: what would have been rolled back. */
  breach: 3,
  held: 4,
} as const;

/** The exit code for the outcome of a release; 0 while it has none. */
export function exitCodeOf(outcome: Outcome | null): number {
  switch (outcome) {
    case null:
    case 'completed':
      return exitCodes.done;
    case 'rolled-back':
      return exitCodes.rolledBack;
    case 'held':
      return exitCodes.held;
    case 'refused':
    case 'discarded':
    case 'expired':
    case 'rollback-failed':
      return exitCodes.failed;
  }
}
