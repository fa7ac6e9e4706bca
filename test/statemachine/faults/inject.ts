import { type ErrorName, VerdigrisError } from '../../../lib/release/errors.ts';
import type { CallFault, Contract } from './schedule.ts';
import type { World } from './world.ts';

/** Whoever calls contracts: one run of a function, one deed of a person. */
export interface Caller {
  /** The function's key, or who and what, for the story. */
  name: string;
  /** The conductor's life in which it runs; what belongs to an earlier one is dead. */
  life: number;
  isDead: boolean;
  /** Meets no faults: what comes before the schedule. */
  isSafe: boolean;
  /** When it began: counts every observation of the run. */
  startedAt: number;
  /** When it last read the route; null before. */
  readAt: number | null;
  /** The document it was given; null for people. */
  input: Record<string, unknown> | null;
  /** Ends the function's call, as a crash does. */
  die(): void;
}

type Method = (...args: unknown[]) => unknown;

/** What a contract says when it is not there. */
const unavailable: Partial<Record<Contract, ErrorName>> = {
  ledger: 'LedgerUnavailableError',
  router: 'RouterUnavailableError',
  signal: 'SignalUnavailableError',
  metrics: 'SignalUnavailableError',
  engine: 'EngineUnavailableError',
};

/** The error of a contract that fails; what has no name of its own was not foreseen. */
export function failureOf(contract: Contract, what: string): Error {
  const name = unavailable[contract];
  if (name) return new VerdigrisError(name, what);
  if (contract !== 'function') return new Error(what);
  return Object.assign(new Error(what), { name: 'Lambda.ServiceException' });
}

/** A call that never comes back: whoever made it is gone. */
export const never = new Promise<never>(() => {});

/**
 * The same contract object, each call of which may meet a fault, a person's deed just before or after
 * it, or the death of its caller. `pure` members are left alone.
 */
export function injected<T extends object>(
  world: World,
  caller: Caller,
  contract: Contract,
  target: T,
  pure: readonly string[] = [],
): T {
  const made: Record<string, unknown> = {};
  for (const key of Object.keys(target)) {
    const value = (target as Record<string, unknown>)[key];
    made[key] =
      typeof value !== 'function' || pure.includes(key)
        ? value
        : (...args: unknown[]) =>
            callWithFaults(world, caller, contract, key, value as Method, args);
  }
  return made as T;
}

async function callWithFaults(
  world: World,
  caller: Caller,
  contract: Contract,
  method: string,
  act: Method,
  args: unknown[],
): Promise<unknown> {
  if (world.isGone(caller)) return never;
  const name = `${contract}.${method}`;
  const nth = world.count(name);
  world.reach('before', name, nth);
  if (world.isGone(caller)) return never;
  const down = world.outageOf(contract, name);
  if (down) throw down;
  const effect = () => world.actAs(caller, () => act(...args)) as Promise<unknown>;
  const answer = await hit(world, caller, contract, name, nth, effect);
  world.reach('after', name, nth);
  return world.isGone(caller) ? never : answer;
}

async function hit(
  world: World,
  caller: Caller,
  contract: Contract,
  name: string,
  nth: number,
  effect: () => Promise<unknown>,
): Promise<unknown> {
  const fault = world.faultOf(name, nth);
  if (!fault) return effect();
  world.disturbed(contract, lengthOf(fault));
  world.tell(() => `  fault: ${describeFault(fault)} (called by ${caller.name})`);
  switch (fault.kind.type) {
    case 'fails':
      throw failureOf(contract, `${name} failed`);
    case 'loses-answer':
      await effect();
      throw failureOf(contract, `the answer of ${name} was lost`);
    case 'twice':
      await effect();
      return effect();
    case 'caller-dies':
      caller.isDead = true;
      caller.die();
      return never;
    case 'breaks-off':
      if (name !== 'router.apply') throw failureOf(contract, `${name} failed`);
      world.router.breakNext();
      return effect();
    case 'late':
      return late(world, contract, name, fault.kind, effect);
  }
}

function lengthOf({ kind }: CallFault): number {
  return kind.type === 'late' ? kind.afterSeconds : 0;
}

const writesOfRouter = ['router.apply', 'router.prepare', 'router.detach'];

async function late(
  world: World,
  contract: Contract,
  name: string,
  { afterSeconds, caller }: { afterSeconds: number; caller: 'gives-up' | 'waits' },
  effect: () => Promise<unknown>,
): Promise<unknown> {
  // Where the provider compares nothing, the comparison is made in time and the write comes late.
  if (writesOfRouter.includes(name) && !world.router.facts.isConditional) {
    world.router.delayApply({
      afterMs: afterSeconds * 1000,
      caller: caller === 'waits' ? 'waits' : 'loses',
    });
    return effect();
  }
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  world.clock.after(afterSeconds * 1000, () => {
    world.tell(() => `  ${name} takes effect now, ${afterSeconds} s late`);
    effect().then(resolve, reject);
  });
  promise.catch(() => {});
  if (caller === 'waits') return promise;
  throw failureOf(contract, `${name} did not answer in time`);
}

/** A fault in words. */
export function describeFault({ contract, method, nth, kind }: CallFault): string {
  const what = `call ${nth} of ${contract}.${method}`;
  switch (kind.type) {
    case 'fails':
      return `${what} fails`;
    case 'loses-answer':
      return `${what} has its effect, its answer is lost`;
    case 'twice':
      return `${what} is delivered twice`;
    case 'caller-dies':
      return `whoever makes ${what} dies before it`;
    case 'breaks-off':
      return `${what} breaks off half way`;
    case 'late':
      return `${what} takes effect ${kind.afterSeconds} s late, its caller ${kind.caller === 'waits' ? 'waits' : 'has given up'}`;
  }
}
