import { type Clock, isoTime } from '../../../lib/release/clock.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { nearestName } from '../../../lib/release/nearest.ts';
import type { FiringAlarm, Signal } from '../../../lib/signals/signal.ts';

/** An alarm that changed its state, as a platform pushes it. */
export interface FakeTransition extends FiringAlarm {
  state: 'alarm' | 'ok';
}

/** Alarms in memory that fire when a test says so. */
export interface FakeSignal extends Signal {
  /** Fires an alarm now, and pushes it. Firing one that fires changes nothing. */
  fire(name: string, reason?: string): Promise<void>;
  /** Clears an alarm now, and pushes that. Clearing one that does not fire changes nothing. */
  clear(name: string): Promise<void>;
  /** The next `times` calls of `firing` throw `error`. `Infinity` is for ever. */
  failNext(error: Error, times?: number): void;
  /** Takes every fault back. */
  heal(): void;
  /** The names that each call of `firing` asked for, in order. */
  readonly asked: readonly (readonly string[])[];
  /** Alarms whose actions are suspended. */
  readonly suspended: ReadonlySet<string>;
  /** Each time that actions changed: `suspend a, b`. */
  readonly actionCalls: readonly string[];
  /** While this is set, changing actions throws it. */
  actionFault: Error | null;
  /** What fires, without asking; `order` counts up with every firing. */
  firingNow(): (FiringAlarm & { order: number })[];
}

/** What a fake signal starts from. */
export interface FakeSignalOptions {
  /** For `since`; the machine's if absent. */
  clock?: Clock;
  /** The alarms that exist, besides those that `fire` names; every name exists if absent. */
  alarms?: readonly string[];
  /** Alarms without an action, besides. */
  withoutAction?: readonly string[];
  /** Counts what happens in a test; for `order` alone. */
  nextOrder?: () => number;
  /** Where `fire` and `clear` push; they wait for it. */
  onTransition?: (transition: FakeTransition) => void | Promise<void>;
}

/**
 * An in-memory signal for tests.
 * @example
 * const signal = createFakeSignal({ clock, onTransition: (change) => operations.recordAlarm(...) });
 * await signal.fire('storefront-5xx');
 */
export function createFakeSignal(options: FakeSignalOptions = {}): FakeSignal {
  const clock = options.clock ?? { now: () => Date.now() };
  const known = options.alarms ? new Set(options.alarms) : null;
  const silent = new Set(options.withoutAction);
  const firing = new Map<string, FiringAlarm>();
  const orders = new Map<string, number>();
  const nextOrder = options.nextOrder ?? (() => orders.size + 1);
  const asked: (readonly string[])[] = [];
  const faults: { error: Error; left: number }[] = [];

  const suspended = new Set(options.withoutAction);
  const actionCalls: string[] = [];

  function refuseUnknown(names: readonly string[]): void {
    const unknown = known && names.find((name) => !known.has(name));
    if (!unknown) return;
    const nearest = nearestName(unknown, [...known]);
    const hint = nearest ? `; did you mean "${nearest}"?` : '';
    throw new VerdigrisError('AlarmUnknownError', `there is no alarm "${unknown}"${hint}`);
  }

  function change(what: 'suspend' | 'resume', names: readonly string[]): void {
    if (fake.actionFault) throw fake.actionFault;
    actionCalls.push(`${what} ${names.join(', ')}`);
    for (const name of names) {
      if (what === 'suspend') suspended.add(name);
      else suspended.delete(name);
    }
  }

  const fake: FakeSignal = {
    asked,
    suspended,
    actionCalls,
    actionFault: null,
    actions: {
      inForce: async (names) => names.filter((name) => !suspended.has(name)),
      suspend: async (names) => change('suspend', names),
      resume: async (names) => change('resume', names),
    },
    firingNow: () =>
      [...firing.values()].map((alarm) => ({ ...alarm, order: orders.get(alarm.name) ?? 0 })),
    async firing(names) {
      asked.push([...names]);
      const fault = faults.find((entry) => entry.left > 0);
      if (fault) {
        fault.left -= 1;
        throw fault.error;
      }
      refuseUnknown(names);
      return names.flatMap((name) => {
        const alarm = firing.get(name);
        return alarm ? [{ ...alarm }] : [];
      });
    },
    async examine(names) {
      return names.map((name) => {
        const exists = known?.has(name) ?? true;
        return { name, exists, hasAction: exists ? !silent.has(name) : null };
      });
    },
    async fire(name, reason = `${name} is above its threshold`) {
      if (firing.has(name)) return;
      known?.add(name);
      const alarm = { name, since: isoTime(clock.now()), reason };
      firing.set(name, alarm);
      orders.set(name, nextOrder());
      await options.onTransition?.({ ...alarm, state: 'alarm' });
    },
    async clear(name) {
      if (!firing.delete(name)) return;
      const since = isoTime(clock.now());
      await options.onTransition?.({
        name,
        since,
        state: 'ok',
        reason: `${name} is back to normal`,
      });
    },
    failNext(error, times = 1) {
      faults.push({ error, left: times });
    },
    heal() {
      faults.length = 0;
    },
  };
  return fake;
}
