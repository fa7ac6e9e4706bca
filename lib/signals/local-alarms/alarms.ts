import { type Clock, isoTime, type Timers } from '../../release/clock.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { type Logger, silentLogger } from '../../release/logger.ts';
import { nearestName } from '../../release/nearest.ts';
import type { FiringAlarm } from '../signal.ts';
import type { AlarmDefinition } from './definition.ts';
import { type AlarmState, type Datapoint, describeState, evaluate } from './evaluate.ts';

/** What alarms look at: one second of a service's whole traffic, undefined without requests. */
export interface TrafficSeconds {
  serviceSecond(
    service: string,
    second: number,
  ):
    | {
        requests: number;
        errorRate: number;
        latencyMs: { p50: number; p95: number; p99: number } | null;
      }
    | undefined;
}

/** An alarm that changed its state. */
export interface AlarmTransition {
  service: string;
  name: string;
  state: AlarmState;
  /** ISO 8601, when the alarm noticed. */
  since: string;
  /** One sentence with numbers. */
  reason: string;
}

/** Alarms over the traffic of this machine, evaluated once a second on complete seconds. */
export interface LocalAlarms {
  /**
   * Replaces a service's alarms. One that keeps its name keeps its state, and its next evaluation
   * follows the new definition; one that is gone is forgotten without a transition.
   */
  define(service: string, alarms: Readonly<Record<string, AlarmDefinition>>): void;
  /** Whether a service's alarms were defined, if only as none. */
  hasAlarms(service: string): boolean;
  /** The names of a service's alarms. */
  names(service: string): string[];
  /** @throws AlarmUnknownError when a name is not among the service's alarms. */
  firing(service: string, names: readonly string[]): FiringAlarm[];
  /** Evaluates every second that has become complete. The timer does so by itself. */
  evaluateNow(): void;
  /** Ends the evaluation. */
  close(): void;
}

/** What alarms are made of. */
export interface LocalAlarmsDeps {
  clock: Clock;
  timers: Timers;
  metrics: TrafficSeconds;
  /** Hears of every transition, in order. What it throws is logged. */
  onTransition(transition: AlarmTransition): void | Promise<void>;
  log?: Logger;
}

interface Alarm {
  definition: AlarmDefinition;
  state: AlarmState;
  since: string;
  reason: string;
  /** The first second that counts. */
  firstSecond: number;
}

/** After a pause (a sleeping laptop) at most so many missed seconds are made up for. */
const longestCatchUp = 60;

/** Alarms without definitions; evaluation begins at once. */
export function createLocalAlarms(deps: LocalAlarmsDeps): LocalAlarms {
  const { clock, timers, metrics, log = silentLogger } = deps;
  const services = new Map<string, Map<string, Alarm>>();
  let evaluated = currentSecond(clock) - 1;
  let cancel = schedule();

  function schedule(): () => void {
    return timers.after(1000 - (clock.now() % 1000), () => {
      evaluateNow();
      cancel = schedule();
    });
  }

  function evaluateNow(): void {
    const last = currentSecond(clock) - 1;
    // A clock that was set back begins anew.
    const first = evaluated > last + 1 ? last : Math.max(evaluated + 1, last - longestCatchUp);
    for (let second = first; second <= last; second += 1) evaluateSecond(second);
    evaluated = last;
  }

  function evaluateSecond(second: number): void {
    for (const [service, alarms] of services) {
      for (const [name, alarm] of alarms) advance(service, name, alarm, second);
    }
  }

  function advance(service: string, name: string, alarm: Alarm, second: number): void {
    const datapoints = datapointsUntil(service, alarm, second);
    const state = evaluate(alarm.state, datapoints, alarm.definition);
    if (state === alarm.state) return;
    alarm.state = state;
    alarm.since = isoTime(clock.now());
    alarm.reason = describeState(state, datapoints, alarm.definition);
    push({ service, name, state, since: alarm.since, reason: alarm.reason });
  }

  function datapointsUntil(service: string, alarm: Alarm, last: number): Datapoint[] {
    const { outOf } = alarm.definition;
    return Array.from({ length: outOf }, (_, i) => {
      const second = last - outOf + 1 + i;
      if (second < alarm.firstSecond) return undefined;
      return datapoint(alarm.definition, metrics.serviceSecond(service, second));
    });
  }

  function push(transition: AlarmTransition): void {
    const logFailure = (error: unknown) =>
      log.error('an alarm could not be passed on', { ...transition, cause: messageOf(error) });
    try {
      Promise.resolve(deps.onTransition(transition)).catch(logFailure);
    } catch (error) {
      logFailure(error);
    }
  }

  return {
    define(service, definitions) {
      const before = services.get(service);
      const after = Object.entries(definitions).map(([name, definition]): [string, Alarm] => {
        const fresh = { state: 'ok' as const, since: isoTime(clock.now()), reason: '' };
        const firstSecond = currentSecond(clock);
        return [name, { firstSecond, ...fresh, ...before?.get(name), definition }];
      });
      services.set(service, new Map(after));
    },
    hasAlarms: (service) => services.has(service),
    names: (service) => [...(services.get(service)?.keys() ?? [])],
    firing(service, names) {
      const alarms = services.get(service) ?? new Map<string, Alarm>();
      return names.flatMap((name) => {
        const alarm = alarms.get(name);
        if (!alarm) throw unknownAlarm(service, name, [...alarms.keys()]);
        return alarm.state === 'alarm' ? [{ name, since: alarm.since, reason: alarm.reason }] : [];
      });
    },
    evaluateNow,
    close: () => cancel(),
  };
}

function currentSecond(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}

/** One second as an alarm sees it. No requests are a value for `requests`, and no data for the rest. */
function datapoint(
  { metric, minRequests }: AlarmDefinition,
  second: ReturnType<TrafficSeconds['serviceSecond']>,
): Datapoint {
  if (metric === 'requests') return second?.requests ?? 0;
  if (!second || second.requests < minRequests) return null;
  if (metric === 'errorRate') return second.errorRate;
  if (metric === 'latencyP50') return second.latencyMs?.p50 ?? null;
  return second.latencyMs?.[metric === 'latencyP95' ? 'p95' : 'p99'] ?? null;
}

function unknownAlarm(service: string, name: string, known: string[]): VerdigrisError {
  const nearest = nearestName(name, known);
  const hint = nearest
    ? `did you mean "${nearest}"?`
    : `its alarms are ${known.join(', ') || 'none'}; define it in signals.alarms`;
  return new VerdigrisError('AlarmUnknownError', `${service} has no alarm "${name}": ${hint}`, {
    details: { service, name },
  });
}
