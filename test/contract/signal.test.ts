import { createSignal } from '../../lib/signals/index.ts';
import { createLocalAlarms } from '../../lib/signals/local-alarms/alarms.ts';
import { createFakeCloudWatch } from '../support/fakes/cloudwatch.ts';
import { createMemoryLedger } from '../support/fakes/ledger.ts';
import { createFakeSignal } from '../support/fakes/signal.ts';
import { signalContract } from './signal-contract.ts';

signalContract('fake', async () => {
  const clock = { now: () => 1_750_000_000_000 };
  const signal = createFakeSignal({ clock, alarms: ['errors', 'slowness'] });
  return {
    signal,
    fire: (name) => signal.fire(name),
    clear: (name) => signal.clear(name),
    nowMs: () => clock.now(),
    stop: async () => {},
  };
});

signalContract('local-alarms', async () => {
  let now = 1_750_000_000_000;
  const clock = { now: () => now };
  const healthy = { requests: 10, errorRate: 0, latencyMs: { p50: 1, p95: 1, p99: 1 } };
  let second = healthy;
  const localAlarms = createLocalAlarms({
    clock,
    timers: { after: () => () => {} },
    metrics: { serviceSecond: () => second },
    onTransition: () => {},
  });
  const alarms = {
    errors: { metric: 'errorRate', above: '5%' },
    slowness: { metric: 'latencyP95', above: '300ms' },
  };
  const settle = async (next: typeof healthy) => {
    second = next;
    now += 1000;
    localAlarms.evaluateNow();
  };
  return {
    signal: createSignal({ kind: 'local-alarms', alarms }, 'shop', { localAlarms }),
    fire: (name) =>
      settle(
        name === 'errors'
          ? { ...healthy, errorRate: 0.5 }
          : { ...healthy, latencyMs: { p50: 1, p95: 900, p99: 900 } },
      ),
    clear: () => settle(healthy),
    nowMs: () => now,
    stop: async () => localAlarms.close(),
  };
});

signalContract('cloudwatch-alarms', async () => {
  const now = 1_750_000_000_000;
  const cloudWatch = createFakeCloudWatch();
  const topicArn = 'arn:aws:sns:us-east-1:123456789012:alarms';
  const set = async (AlarmName: string, StateValue: 'OK' | 'ALARM') =>
    cloudWatch.setAlarm({
      AlarmName,
      StateValue,
      StateReason: 'Threshold Crossed: 1 datapoint [9.0] was greater than the threshold (5.0).',
      StateTransitionedTimestamp: new Date(now),
      AlarmActions: AlarmName === 'errors' ? [topicArn] : [],
    });
  await set('errors', 'OK');
  await set('slowness', 'OK');
  return {
    signal: createSignal({ kind: 'cloudwatch-alarms' }, 'shop', {
      cloudWatch: cloudWatch.client,
      alarmsTopicArn: topicArn,
    }),
    fire: (name) => set(name, 'ALARM'),
    clear: (name) => set(name, 'OK'),
    nowMs: () => now,
    stop: async () => {},
  };
});

signalContract('reported-alarms', async () => {
  const startMs = 1_750_000_000_000;
  let now = startMs;
  const ledger = createMemoryLedger();
  const alarms = { errors: { alertname: 'Errors' }, slowness: { alertname: 'Slowness' } };
  const tell = async (alarm: string, state: 'firing' | 'ok') => {
    now += 1000;
    const at = new Date(now).toISOString();
    const told = { state, since: at, heardAt: at, reason: 'p95 is 900 ms', source: 'alertmanager' };
    await ledger.putReportedAlarm({ name: `shop/${alarm}`, ...told });
  };
  await tell('errors', 'ok');
  await tell('slowness', 'ok');
  return {
    signal: createSignal({ kind: 'reported-alarms', alarms }, 'shop', {
      reportedAlarms: { ledger, clock: { now: () => now } },
    }),
    fire: (name) => tell(name, 'firing'),
    clear: (name) => tell(name, 'ok'),
    nowMs: () => now,
    stop: async () => {},
  };
});
