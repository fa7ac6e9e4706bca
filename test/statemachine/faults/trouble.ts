import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { failureOf } from './inject.ts';
import type { CallFault, Contract, Schedule } from './schedule.ts';

/** Contracts whose providers ask for patience. */
const patient: readonly Contract[] = ['router', 'environment', 'signal', 'metrics'];

/** What of a schedule is due, by call and by moment, and what went wrong so far. */
export function createTrouble(schedule: Schedule, clock: VirtualClock) {
  const startMs = clock.now();
  const counts = new Map<string, number>();
  const faults = new Map<string, CallFault>(
    schedule.faults.map((it) => [`${it.contract}.${it.method}#${it.nth}`, it]),
  );
  const plans = new Map<string, (() => void)[]>();
  const outages: { contract: Contract; untilMs: number; throttles: boolean }[] = [];
  const disturbances: { contract: string; fromMs: number; untilMs: number }[] = [];

  /** Something went wrong with this contract, for so many seconds. */
  function disturbed(contract: string, seconds: number): void {
    const fromMs = clock.now();
    disturbances.push({ contract, fromMs, untilMs: fromMs + seconds * 1000 });
  }

  return {
    disturbed,
    /** Which call of that method this is, from 1. */
    count(name: string): number {
      const nth = (counts.get(name) ?? 0) + 1;
      counts.set(name, nth);
      return nth;
    },
    faultOf: (name: string, nth: number) => faults.get(`${name}#${nth}`),
    /** Does what was planned for this moment. */
    reach(edge: string, name: string, nth: number): void {
      const key = `${edge} ${name}#${nth}`;
      const planned = plans.get(key) ?? [];
      plans.delete(key);
      for (const act of planned) act();
    },
    plan(key: string, act: () => void): void {
      plans.set(key, [...(plans.get(key) ?? []), act]);
    },
    /** What a call meets while its contract is down; null when it is not. */
    outageOf(contract: Contract, name: string): Error | null {
      const now = clock.now();
      const found = outages.find((it) => it.contract === contract && it.untilMs > now);
      if (!found) return null;
      disturbed(contract, (found.untilMs - now) / 1000);
      return found.throttles && patient.includes(contract)
        ? new VerdigrisError('ThrottledError', `${name} asks for patience`)
        : failureOf(contract, `${name}: ${contract} is down`);
    },
    beDown(contract: Contract, seconds: number, throttles: boolean): void {
      outages.push({ contract, untilMs: clock.now() + seconds * 1000, throttles });
      disturbed(contract, seconds);
    },
    /** Whether anything of these contracts (any at all, if none is named) went wrong in that time. */
    wasDisturbed(fromMs: number, untilMs: number, only?: readonly string[]): boolean {
      return disturbances.some(
        (it) =>
          it.fromMs <= untilMs && it.untilMs >= fromMs && (!only || only.includes(it.contract)),
      );
    },
    lastDisturbanceMs: (): number => Math.max(startMs, ...disturbances.map((it) => it.untilMs)),
  };
}
