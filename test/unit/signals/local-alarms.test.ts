import { describe, expect, it, vi } from 'vitest';
import { describeIssues } from '../../../lib/release/issues.ts';
import { createSignal } from '../../../lib/signals/index.ts';
import {
  type AlarmTransition,
  createLocalAlarms,
} from '../../../lib/signals/local-alarms/alarms.ts';
import { alarmDefinitions, localAlarmsSchema } from '../../../lib/signals/local-alarms.ts';
import { createLocalMetrics } from '../../../lib/signals/local-metrics/metrics.ts';

const start = Date.UTC(2026, 0, 1);
const kind = 'local-alarms';

/** Alarms on a clock that moves second by second, with the traffic that a test gives each second. */
function prepare(alarms: Record<string, unknown>) {
  let now = start;
  const clock = { now: () => now };
  const waiting: { atMs: number; callback: () => void }[] = [];
  const timers = {
    after(delayMs: number, callback: () => void) {
      const entry = { atMs: now + delayMs, callback };
      waiting.push(entry);
      return () => void waiting.splice(waiting.indexOf(entry), 1);
    },
  };
  const metrics = createLocalMetrics({ clock });
  const transitions: AlarmTransition[] = [];
  const onTransition = vi.fn((transition: AlarmTransition) => void transitions.push(transition));
  const localAlarms = createLocalAlarms({ clock, timers, metrics, onTransition });
  const signal = createSignal({ kind, alarms }, 'shop', { localAlarms });

  function serve(count: number, status = 200, latencyMs = 10): void {
    for (let i = 0; i < count; i += 1) {
      const environmentId = i % 2 === 0 ? 'blue' : 'green';
      metrics.record({ service: 'shop', environmentId, status, latencyMs, outcome: 'answered' });
    }
  }
  function tick(seconds = 1): void {
    const until = now + seconds * 1000;
    for (;;) {
      const next = waiting.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (!next || next.atMs > until) break;
      waiting.splice(waiting.indexOf(next), 1);
      now = next.atMs;
      next.callback();
    }
    now = until;
  }
  return { localAlarms, signal, transitions, onTransition, serve, tick, waiting };
}

describe('local alarms', () => {
  it('fires within a second of the last second that was needed, and clears again', async () => {
    const { signal, transitions, serve, tick } = prepare({
      '5xx': { metric: 'errorRate', above: '5%', for: '2s' },
    });
    serve(10, 500);
    tick();
    expect(await signal.firing(['5xx'])).toEqual([]);
    serve(10, 500);
    tick();
    const firing = {
      name: '5xx',
      since: '2026-01-01T00:00:02.000Z',
      reason: 'errorRate was above 5%: 2 of the last 2s breached (highest 100%)',
    };
    expect(await signal.firing(['5xx'])).toEqual([firing]);
    serve(10);
    tick();
    expect(await signal.firing(['5xx'])).toEqual([]);
    expect(transitions).toEqual([
      { service: 'shop', state: 'alarm', ...firing },
      expect.objectContaining({ state: 'ok', since: '2026-01-01T00:00:03.000Z' }),
    ]);
  });

  it('never looks at a second that is not over', async () => {
    const { signal, serve, tick, localAlarms } = prepare({
      '5xx': { metric: 'errorRate', above: 0 },
    });
    tick(0.4);
    serve(1, 500);
    localAlarms.evaluateNow();
    expect(await signal.firing(['5xx'])).toEqual([]);
    tick(0.6);
    expect(await signal.firing(['5xx'])).toHaveLength(1);
  });

  it('watches the traffic of all environments of the service together', async () => {
    const { signal, serve, tick } = prepare({ slow: { metric: 'latencyP50', above: '100ms' } });
    serve(10, 200, 500);
    serve(9, 200, 5);
    tick();
    expect(await signal.firing(['slow'])).toHaveLength(1);
  });

  it('takes a second with too few requests for one without data', async () => {
    const { signal, serve, tick } = prepare({
      '5xx': { metric: 'errorRate', above: '5%', minRequests: 5 },
    });
    serve(4, 500);
    tick();
    expect(await signal.firing(['5xx'])).toEqual([]);
    serve(5, 500);
    tick();
    expect(await signal.firing(['5xx'])).toHaveLength(1);
  });

  it('notices that there are no requests, but not before it had its seconds', async () => {
    const { signal, serve, tick } = prepare({
      idle: { metric: 'requests', below: 1, for: '3s' },
    });
    tick(2);
    expect(await signal.firing(['idle'])).toEqual([]);
    tick(1);
    expect(await signal.firing(['idle'])).toHaveLength(1);
    serve(1);
    tick();
    expect(await signal.firing(['idle'])).toEqual([]);
  });

  it('makes up for seconds in which its timer did not come', () => {
    const { transitions, serve, tick, waiting, localAlarms } = prepare({
      '5xx': { metric: 'errorRate', above: '5%' },
    });
    const timer = waiting.splice(0);
    serve(1, 500);
    tick();
    serve(1);
    tick();
    localAlarms.evaluateNow();
    expect(transitions.map((transition) => transition.state)).toEqual(['alarm', 'ok']);
    expect(timer).toHaveLength(1);
  });

  it('keeps the state of an alarm that is defined anew', async () => {
    const { localAlarms, signal, serve, tick, transitions } = prepare({
      '5xx': { metric: 'errorRate', above: '5%' },
    });
    serve(1, 500);
    tick();
    const alarms = { '5xx': { metric: 'errorRate', above: '10%' } };
    localAlarms.define('shop', alarmDefinitions({ kind, alarms }));
    expect(await signal.firing(['5xx'])).toHaveLength(1);
    expect(transitions).toHaveLength(1);
    localAlarms.define('shop', {});
    await expect(signal.firing(['5xx'])).rejects.toMatchObject({ name: 'AlarmUnknownError' });
  });

  it('goes on when whoever is told of a transition fails', () => {
    const { onTransition, serve, tick, transitions } = prepare({
      '5xx': { metric: 'errorRate', above: '5%' },
    });
    onTransition.mockImplementationOnce(() => {
      throw new Error('ledger is away');
    });
    serve(1, 500);
    tick();
    serve(1);
    tick();
    expect(onTransition).toHaveBeenCalledTimes(2);
    expect(transitions.map((transition) => transition.state)).toEqual(['ok']);
  });

  it('ends its timer when it is closed', () => {
    const { localAlarms, waiting, tick } = prepare({});
    tick(3);
    expect(waiting).toHaveLength(1);
    localAlarms.close();
    expect(waiting).toHaveLength(0);
  });
});

describe('definitions of local alarms', () => {
  const read = (alarm: Record<string, unknown>) => {
    const source = { kind, alarms: { one: alarm } };
    const result = localAlarmsSchema.safeParse(source);
    if (result.success) return result.data.alarms.one;
    return describeIssues(result.error, source, localAlarmsSchema).map(
      ({ path, reason }) => `${path}: ${reason}`,
    );
  };

  it.each([
    [
      { metric: 'errorRate', above: '5%' },
      { threshold: 0.05, side: 'above', needed: 1, outOf: 1 },
    ],
    [
      { metric: 'errorRate', above: 0.05, for: '3s' },
      { threshold: 0.05, needed: 3, outOf: 3 },
    ],
    [{ metric: 'latencyP95', above: '1.5s' }, { threshold: 1500 }],
    [
      { metric: 'latencyP99', above: 300, datapoints: '2 of 3' },
      { needed: 2, outOf: 3 },
    ],
    [
      { metric: 'requests', below: 10 },
      { threshold: 10, side: 'below', missing: 'ok' },
    ],
  ])('reads %j', (alarm, expected) => {
    expect(read(alarm)).toMatchObject(expected);
  });

  it.each([
    [{ metric: 'errorRate' }, 'alarms.one.above: is missing; an alarm needs above or below'],
    [{ metric: 'requests', above: 1, below: 2 }, 'alarms.one.below: cannot stand beside above'],
    [{ metric: 'errorRate', above: 5 }, 'alarms.one.above: needs a share, such as 5% or 0.05'],
    [{ metric: 'latencyP95', above: '5%' }, 'alarms.one.above: needs a latency, such as 300ms'],
    [{ metric: 'requests', below: '10' }, 'alarms.one.below: needs a number of requests'],
    [{ metric: 'requests', above: 1, for: '1.5s' }, 'alarms.one.for: needs whole seconds'],
    [{ metric: 'requests', above: 1, datapoints: '3 of 2' }, 'alarms.one.datapoints: needs M of N'],
    [
      { metric: 'requests', above: 1, for: '2s', datapoints: '1 of 2' },
      'alarms.one.datapoints: cannot stand beside for',
    ],
    [{ metric: 'requests', above: 1, span: 3 }, 'alarms.one.span: is not a known key'],
    [{ metric: 'latency', above: 1 }, 'alarms.one.metric:'],
  ])('refuses %j', (alarm, expected) => {
    expect(read(alarm)).toEqual([expect.stringContaining(expected)]);
  });
});
