import type { JsonObject } from '../../release/json.ts';
import type { Target } from '../network.ts';

/** What somebody found who tried to connect to a target. */
export interface Tried {
  isOpen: boolean;
  /** Why not; null when it is open or nobody said. */
  error: string | null;
  /** Milliseconds, where the probe says so. */
  ms: number | null;
}

/**
 * Tries every target once, from one side. The answers are in the targets' order.
 * @throws Error that goes on after the word "probe" when it does not work, so that nothing is known of
 * the targets; ThrottledError.
 */
export type Probe = (targets: readonly Target[]) => Promise<Tried[]>;

/** A target as people write it. */
export function targetText({ host, port }: Pick<Target, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** For evidence. */
export function triedFacts({ isOpen, error, ms }: Tried): JsonObject {
  return { isOpen, error, ms };
}
