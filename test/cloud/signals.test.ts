import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetricSource, createSignal } from '../../lib/signals/index.ts';
import { metricSourceContract } from '../contract/metric-source-contract.ts';
import { signalContract } from '../contract/signal-contract.ts';
import { emulators } from '../support/emulators.ts';
import { inMinutes } from '../support/in-minutes.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const threshold = {
  Namespace: 'Test',
  MetricName: 'Errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
} as const;
const hourMs = 3_600_000;

/** What this emulator can't do. */
const gaps: Record<string, { composite?: string; percentiles?: string; secondsOnly?: boolean }> = {
  ministack: { secondsOnly: true },
  moto: {
    composite: 'moto 5.2.5 has no PutCompositeAlarm',
    percentiles: 'moto 5.2.5 has no percentiles and answers 500 to a query for one',
  },
};

for (const [name, endpoint] of Object.entries(emulators)) {
  describe(`on ${name}`, () => {
    const cloudWatch = new CloudWatchClient({
      endpoint,
      region: 'us-east-1',
      credentials,
    });
    const setState = async (AlarmName: string, state: StateValue) => {
      const StateReason = `set to ${state} by a test`;
      await cloudWatch.send(
        new SetAlarmStateCommand({ AlarmName, StateValue: state, StateReason }),
      );
    };
    const create = (AlarmName: string, ...AlarmActions: string[]) =>
      cloudWatch.send(new PutMetricAlarmCommand({ AlarmName, AlarmActions, ...threshold }));
    const remove = async (...AlarmNames: string[]) => {
      await cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames }));
    };
    const alarmsTopicArn = 'arn:aws:sns:us-east-1:000000000000:alarms';
    const deps = { cloudWatch, alarmsTopicArn };
    const signal = createSignal({ kind: 'cloudwatch-alarms' }, 'shop', deps);

    signalContract('cloudwatch-alarms', async () => {
      await create('errors', alarmsTopicArn);
      await create('slowness');
      const digits = gaps[name]?.secondsOnly ? 1000 : 1;
      return {
        signal,
        fire: (alarm) => setState(alarm, 'ALARM'),
        clear: (alarm) => setState(alarm, 'OK'),
        nowMs: () => Math.floor(Date.now() / digits) * digits,
        stop: () => remove('errors', 'slowness'),
      };
    });

    describe('cloudwatch-alarms', () => {
      afterEach(() => remove('shop-any').then(() => remove('shop-child')));

      it.skipIf(gaps[name]?.composite)(
        `finds alarms that are composed of others${gaps[name]?.composite ? ` (${gaps[name].composite})` : ''}`,
        async () => {
          await create('shop-child');
          const AlarmRule = 'ALARM("shop-child")';
          await cloudWatch.send(new PutCompositeAlarmCommand({ AlarmName: 'shop-any', AlarmRule }));
          await setState('shop-any', 'ALARM');

          const firing = await signal.firing(['shop-child', 'shop-any']);

          expect(firing).toMatchObject([{ name: 'shop-any', reason: 'set to ALARM by a test' }]);
        },
      );

      it('does not fire without enough data', async () => {
        await create('shop-child');
        await setState('shop-child', 'INSUFFICIENT_DATA');

        expect(await signal.firing(['shop-child'])).toEqual([]);
      });
    });

    const { percentiles } = gaps[name] ?? {};
    describe.skipIf(percentiles)(`with metrics${percentiles ? ` (${percentiles})` : ''}`, () => {
      metricSourceContract('cloudwatch-metrics', async () => {
        const functionName = `shop-${crypto.randomUUID()}`;
        const startMs = Math.floor(Date.now() / hourMs - 2) * hourMs;
        const config = { kind: 'cloudwatch-metrics', functionName, alias: 'live' };
        const dimensionsOf = (version: string) => [
          { Name: 'FunctionName', Value: functionName },
          { Name: 'Resource', Value: `${functionName}:live` },
          { Name: 'ExecutedVersion', Value: version },
        ];
        return {
          source: inMinutes(
            createMetricSource(config, 'shop', {
              cloudWatch,
              clock: { now: () => startMs + 30 * hourMs },
            }),
            startMs,
          ),
          startMs,
          async serve(version, second, { requests, errors, latencyMs }) {
            const facts = {
              Dimensions: dimensionsOf(version),
              Timestamp: new Date(startMs + second * 60_000 + 20_000),
            };
            const calls = Array.from({ length: requests }, (_, i) => [
              { ...facts, MetricName: 'Invocations', Value: 1 },
              { ...facts, MetricName: 'Errors', Value: i < errors ? 1 : 0 },
              { ...facts, MetricName: 'Duration', Value: latencyMs },
            ]);
            const MetricData = calls.flat();
            await cloudWatch.send(
              new PutMetricDataCommand({ Namespace: 'AWS/Lambda', MetricData }),
            );
          },
          stop: async () => {},
        };
      });
    });
  });
}
