import type { Timers } from '../../lib/release/clock.ts';
import { type ErrorName, VerdigrisError } from '../../lib/release/errors.ts';

/** What goes wrong, asked for every call. `nth` counts the calls of that method from 1. */
export interface FaultPlan {
  /** The error with which the call fails before it had its effect. */
  before?(method: string, nth: number): Error | undefined;
  /** The error with which it fails although it had its effect: a lost answer. */
  after?(method: string, nth: number): Error | undefined;
  /** Milliseconds until the call begins, on the given timers. */
  delayMs?(method: string, nth: number): number;
  /** True when the call happens twice in a row, as after a repetition. The second answer counts. */
  twice?(method: string, nth: number): boolean;
}

/** What `withFaults` needs besides the plan. */
export interface FaultOptions {
  /** Needed by a plan that delays. */
  timers?: Timers;
  /** Methods that are left alone, such as those that answer without a promise. */
  except?: readonly string[];
}

type Method = (...args: unknown[]) => unknown;

/**
 * The same contract object, some of whose calls go wrong. `plan` of a router is pure and answers
 * without a promise, so it is left alone unless `except` says otherwise.
 * @example
 * const ledger = withFaults(createMemoryLedger(), {
 *   after: (method, nth) => (method === 'endRelease' && nth === 1 ? new Error('lost') : undefined),
 * });
 */
export function withFaults<T extends object>(
  target: T,
  plan: FaultPlan,
  { timers, except = ['plan'] }: FaultOptions = {},
): T {
  const counts = new Map<string, number>();
  const faulty = (method: string, call: () => unknown) => {
    const nth = (counts.get(method) ?? 0) + 1;
    counts.set(method, nth);
    return callWithFaults(call, plan, { method, nth, timers });
  };
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function' || typeof key !== 'string' || except.includes(key)) {
        return value;
      }
      return (...args: unknown[]) => faulty(key, () => (value as Method).apply(target, args));
    },
  });
}

async function callWithFaults(
  call: () => unknown,
  plan: FaultPlan,
  { method, nth, timers }: { method: string; nth: number; timers: Timers | undefined },
): Promise<unknown> {
  await delay(plan.delayMs?.(method, nth) ?? 0, timers);
  const early = plan.before?.(method, nth);
  if (early) throw early;
  if (plan.twice?.(method, nth)) await call();
  const answer = await call();
  const late = plan.after?.(method, nth);
  if (late) throw late;
  return answer;
}

async function delay(milliseconds: number, timers: Timers | undefined): Promise<void> {
  if (milliseconds <= 0) return;
  if (!timers) throw new Error('a fault plan with delayMs needs timers');
  await new Promise<void>((resolve) => {
    timers.after(milliseconds, resolve);
  });
}

/** A plan with a switch. */
export interface Outage extends FaultPlan {
  /** From now on these methods, or all, fail with that error before they have an effect. */
  down(name: ErrorName, ...methods: string[]): void;
  up(): void;
}

/**
 * Something that can be down for a while.
 * @example
 * const faults = outage();
 * const ledger = withFaults(createMemoryLedger(), faults);
 * faults.down('LedgerUnavailableError');
 */
export function outage(): Outage {
  let current: { name: ErrorName; methods: string[] } | null = null;
  return {
    down: (name, ...methods) => {
      current = { name, methods };
    },
    up: () => {
      current = null;
    },
    before: (method) => {
      const isHit = current && (current.methods.length === 0 || current.methods.includes(method));
      return current && isHit ? new VerdigrisError(current.name, `${method} is down`) : undefined;
    },
  };
}
