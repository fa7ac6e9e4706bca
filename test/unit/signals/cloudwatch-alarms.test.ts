import { describe, expect, it } from 'vitest';
import { createCloudWatchAlarms } from '../../../lib/signals/cloudwatch-alarms.ts';
import { createSignal } from '../../../lib/signals/index.ts';
import { awsError, createFakeCloudWatch } from '../../support/fakes/cloudwatch.ts';

const config = { kind: 'cloudwatch-alarms' };

function prepare(options: { pageSize?: number } = {}) {
  const cloudWatch = createFakeCloudWatch(options);
  return { cloudWatch, signal: createCloudWatchAlarms(config, { client: cloudWatch.client }) };
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `alarm-${i}`);

const topic = 'arn:aws:sns:us-east-1:123456789012:alarms';

describe('CloudWatch alarms', () => {
  it('fire since the state began, not since it was last looked at', async () => {
    const { cloudWatch, signal } = prepare();
    cloudWatch.setAlarm({
      AlarmName: 'shop-5xx',
      StateValue: 'ALARM',
      StateReason: 'Threshold Crossed',
      StateTransitionedTimestamp: new Date('2026-01-02T03:04:05.678Z'),
      StateUpdatedTimestamp: new Date('2026-01-02T03:14:05.678Z'),
    });

    expect(await signal.firing(['shop-5xx'])).toEqual([
      { name: 'shop-5xx', since: '2026-01-02T03:04:05.678Z', reason: 'Threshold Crossed' },
    ]);
  });

  it('fire since their last update where nothing else is told, and say their state', async () => {
    const { cloudWatch, signal } = prepare();
    const StateUpdatedTimestamp = new Date('2026-01-02T03:14:05.678Z');
    cloudWatch.setAlarm({ AlarmName: 'a', StateValue: 'ALARM', StateUpdatedTimestamp });

    expect(await signal.firing(['a'])).toEqual([
      { name: 'a', since: '2026-01-02T03:14:05.678Z', reason: 'a is in state ALARM' },
    ]);
  });

  it('do not fire without enough data', async () => {
    const { cloudWatch, signal } = prepare();
    cloudWatch.setAlarm({ AlarmName: 'a', StateValue: 'INSUFFICIENT_DATA' });

    expect(await signal.firing(['a'])).toEqual([]);
  });

  it('are found where they are composed of others', async () => {
    const { cloudWatch, signal } = prepare();
    cloudWatch.setAlarm({ AlarmName: 'any', StateValue: 'ALARM' }, 'composite');

    expect(await signal.firing(['any'])).toMatchObject([{ name: 'any' }]);
  });

  it('are asked for a hundred at once, whatever comes in pages', async () => {
    const { cloudWatch, signal } = prepare({ pageSize: 60 });
    for (const AlarmName of names(150)) cloudWatch.setAlarm({ AlarmName, StateValue: 'ALARM' });

    const firing = await signal.firing([...names(150), 'alarm-0']);

    expect(firing.map(({ name }) => name)).toEqual(names(150));
    expect(cloudWatch.sent.map(({ input }) => input)).toMatchObject([
      { AlarmNames: names(100) },
      { AlarmNames: names(100), NextToken: '60' },
      { AlarmNames: names(150).slice(100) },
    ]);
  });

  it('are not asked for where none is named', async () => {
    const { cloudWatch, signal } = prepare();

    await signal.firing([]);

    expect(cloudWatch.sent).toEqual([]);
  });

  it.each([
    ['with an action at the topic', { AlarmActions: ['arn:other', topic] }, topic, true],
    ['with other actions only', { AlarmActions: ['arn:other'] }, topic, false],
    [
      'whose actions are switched off',
      { AlarmActions: [topic], ActionsEnabled: false },
      topic,
      false,
    ],
    ['of a conductor without a topic', { AlarmActions: [topic] }, undefined, null],
  ])('%s: tell whether they reach the conductor themselves', async (_, alarm, known, hasAction) => {
    const { cloudWatch } = prepare();
    cloudWatch.setAlarm({ AlarmName: 'a', ...alarm }, 'composite');
    const deps = { cloudWatch: cloudWatch.client, alarmsTopicArn: known };
    const signal = createSignal(config, 'shop', deps);

    expect(await signal.examine(['b', 'a'])).toEqual([
      { name: 'b', exists: false, hasAction: null },
      { name: 'a', exists: true, hasAction },
    ]);
  });

  it('cost one more call for a hint where one does not exist', async () => {
    const { cloudWatch, signal } = prepare();
    cloudWatch.setAlarm({ AlarmName: 'storefront-5xx' }, 'composite');

    await expect(signal.firing(['storefront-5x'])).rejects.toMatchObject({
      name: 'AlarmUnknownError',
      message: expect.stringContaining('did you mean "storefront-5xx"?'),
    });
    expect(cloudWatch.sent).toHaveLength(2);
    expect(cloudWatch.sent[1]?.input).toMatchObject({
      AlarmNamePrefix: 'storefr',
      MaxRecords: 100,
    });
  });

  it.each([
    ['Throttling', 'ThrottledError', 'patience'],
    ['ThrottlingException', 'ThrottledError', 'patience'],
    ['RequestLimitExceeded', 'ThrottledError', 'patience'],
    ['AccessDenied', 'ConfigInvalidError', 'allow it'],
    ['CredentialsProviderError', 'ConfigInvalidError', 'refuses'],
    ['InternalServiceFault', 'SignalUnavailableError', 'does not answer'],
    ['TimeoutError', 'SignalUnavailableError', 'does not answer'],
  ])('turn %s into %s', async (given, name, message) => {
    const { cloudWatch, signal } = prepare();
    const fault = awsError(given);
    cloudWatch.failWith(fault);

    await expect(signal.firing(['a'])).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
      cause: fault,
    });
  });

  it('name the action that is missing', async () => {
    const { cloudWatch, signal } = prepare();
    const said = 'User: arn:x is not authorized to perform: cloudwatch:DescribeAlarms on: *';
    cloudWatch.failWith(awsError('AccessDenied', said));

    await expect(signal.firing(['a'])).rejects.toThrow('may not cloudwatch:DescribeAlarms');
  });

  describe('with actions', () => {
    const loud = { StateValue: 'OK' as const, ActionsEnabled: true };

    it('are in force where there are some and nobody has suspended them', async () => {
      const { cloudWatch, signal } = prepare();
      cloudWatch.setAlarm({ AlarmName: 'tells', ...loud, AlarmActions: [topic] });
      cloudWatch.setAlarm({ AlarmName: 'tells-of-ok', ...loud, OKActions: [topic] }, 'composite');
      cloudWatch.setAlarm({ AlarmName: 'has-none', ...loud });
      cloudWatch.setAlarm({ AlarmName: 'off', AlarmActions: [topic], ActionsEnabled: false });

      const all = ['tells', 'tells-of-ok', 'has-none', 'off', 'unknown'];
      expect(await signal.actions?.inForce(all)).toEqual(['tells', 'tells-of-ok']);
    });

    it('lose them and get them back, a hundred at once', async () => {
      const { cloudWatch, signal } = prepare();
      for (const AlarmName of names(150))
        cloudWatch.setAlarm({ AlarmName, ...loud, AlarmActions: [topic] });

      await signal.actions?.suspend(names(150));
      expect(await signal.actions?.inForce(names(150))).toEqual([]);
      await signal.actions?.resume(names(150));
      expect(await signal.actions?.inForce(names(150))).toEqual(names(150));
    });

    it.each([
      ['suspend', 'DisableAlarmActions'],
      ['resume', 'EnableAlarmActions'],
    ] as const)('name the right that it takes to %s them', async (what, action) => {
      const { cloudWatch, signal } = prepare();
      cloudWatch.failWith(awsError('AccessDenied'));

      await expect(signal.actions?.[what](['a'])).rejects.toMatchObject({
        name: 'ConfigInvalidError',
        message: expect.stringContaining(`cloudwatch:${action}`),
      });
    });
  });

  it('are there on AWS only', () => {
    expect(() => createSignal(config, 'shop', {})).toThrow(
      expect.objectContaining({
        name: 'KindUnavailableError',
        message: expect.stringContaining(
          'signals kind "cloudwatch-alarms" of shop is there on AWS',
        ),
      }),
    );
  });
});
