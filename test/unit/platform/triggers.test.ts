import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import type { Execution } from '../../../lib/engine/engine.ts';
import {
  alarmHandler,
  artifactHandler,
  executionHandler,
  sweepHandler,
} from '../../../lib/platform/triggers.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { Ports } from '../../../lib/steps/ports.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { readEvent } from './read-event.ts';

/*
 * The events are the examples of the AWS documentation, or what AWS is known to send:
 * - ecr-image-action: AmazonECR/latest/userguide/ecr-eventbridge.html (its digest is shortened there)
 * - s3-object-created: AmazonS3/latest/userguide/ev-events.html
 * - alarm-metric, alarm-composite: AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 * - alarm-sns: an alarm action's message in the records of lambda/latest/dg/with-sns.html
 * - execution-failed: step-functions/latest/dg/cw-events.html
 */

const context = { functionName: 'trigger', awsRequestId: 'request-1' } as unknown as Context;

function prepare(describe: (name: string) => Partial<Execution> | null = () => null) {
  const logger = new Logger({ logLevel: 'SILENT' });
  const ports = {
    log: logger,
    clock: createVirtualClock(),
    engine: { describe: async (_: string, name: string) => describe(name) },
  } as unknown as Ports;
  const useCase = vi.fn(async () => {});
  return {
    ports,
    useCase,
    deps: { logger, ports: () => ports },
    info: vi.spyOn(logger, 'info'),
    warn: vi.spyOn(logger, 'warn'),
  };
}

/** An event with other details. */
function changed(name: string, details: object): object {
  const event = readEvent(name);
  return { ...event, detail: { ...event.detail, ...details } };
}

/** Dead letters as Lambda leaves them; `times` failed one after the other. */
function recordOf(event: unknown, times = 1): unknown {
  const record = {
    version: '1.0',
    timestamp: '2026-11-14T18:16:05.568Z',
    requestContext: {
      requestId: 'e4b46cbf-b738-xmpl-8880-a18cdf61200e',
      functionArn: 'arn:aws:lambda:us-east-2:123456789012:function:trigger:$LATEST',
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
    requestPayload: event,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorMessage: 'down' },
  };
  return times > 1 ? recordOf(record, times - 1) : record;
}

describe('a dead letter that is sent again', () => {
  const machineOf = () => 'release' as const;

  it.each([1, 2])('is worked on like its event, having failed %i times', async (times) => {
    const { useCase, deps } = prepare();
    const sent = (event: string) => recordOf(readEvent(event), times);
    const sns = recordOf(readEvent('alarm-sns'), times);

    await artifactHandler(useCase, deps)(sent('s3-object-created'), context);
    await alarmHandler(useCase, deps)(sent('alarm-metric'), context);
    await alarmHandler(useCase, deps)(sns, context);
    await executionHandler(useCase, { ...deps, machineOf })(sent('execution-failed'), context);

    expect(useCase.mock.calls.map(([told]: unknown[]) => told)).toMatchObject([
      { kind: 's3', key: 'example-key' },
      { name: 'ServerCpuTooHigh' },
      { name: 'example-cloudwatch-alarm' },
      { name: 'execution-name', status: 'failed' },
    ]);
  });

  it('is worked on where SNS could not deliver it', async () => {
    const { useCase, deps, warn } = prepare();
    const notification = {
      Type: 'Notification',
      MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
      TopicArn: 'arn:aws:sns:us-west-2:123456789012:alarms',
      Subject: 'ALARM: "a"',
      Message: JSON.stringify({ AlarmName: 'a', NewStateValue: 'ALARM' }),
      Timestamp: '2026-01-01T00:00:00.000Z',
    };

    await alarmHandler(useCase, deps)(notification, context);

    expect(warn).not.toHaveBeenCalled();
    expect(useCase).toHaveBeenCalledWith(
      { name: 'a', since: '2026-01-01T00:00:00.000Z', reason: 'no reason given' },
      expect.anything(),
    );
  });

  it('is refused as before where its event is none', async () => {
    const { useCase, deps } = prepare();
    const handled = artifactHandler(useCase, deps)(recordOf({ hello: 1 }), context);

    await expect(handled).rejects.toMatchObject({ name: 'RequestInvalidError' });
  });
});

describe('the handler of artifacts', () => {
  it.each([
    [
      'an image that was pushed',
      readEvent('ecr-image-action'),
      {
        kind: 'ecr',
        registry: '123456789012.dkr.ecr.us-west-2.amazonaws.com',
        repository: 'my-repository-name',
        tag: 'latest',
        digest: 'sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234',
      },
    ],
    [
      'an object that was created',
      readEvent('s3-object-created'),
      {
        kind: 's3',
        bucket: 'amzn-s3-demo-bucket1',
        key: 'example-key',
        versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
        etag: 'b1946ac92492d2347c6235b4d2611184',
      },
    ],
    [
      'an artifact that somebody tells of',
      readEvent('artifact-published'),
      {
        kind: 'event',
        service: 'storefront',
        artifact: {
          uri: 's3://builds/storefront/v2.zip',
          version: 'v2',
          digest: 'sha256:2c2c0c11d801b86cfd661f214721d7a40c5368dc3c5777dd7c5f3f37860d4f4d',
        },
      },
    ],
  ])('hands on %s', async (_, event, arrival) => {
    const { useCase, deps, ports } = prepare();
    await artifactHandler(useCase, deps)(event, context);

    expect(useCase.mock.calls).toEqual([[arrival, ports]]);
  });

  it.each([
    ['an empty tag', { 'image-tag': '' }],
    ['no tag', { 'image-tag': undefined }],
  ])('reads %s as none', async (_, details) => {
    const { useCase, deps } = prepare();
    await artifactHandler(useCase, deps)(changed('ecr-image-action', details), context);

    expect(useCase).toHaveBeenCalledWith(expect.objectContaining({ tag: null }), expect.anything());
  });

  it('names the registry of China by its own domain', async () => {
    const { useCase, deps } = prepare();
    const event = { ...readEvent('ecr-image-action'), region: 'cn-north-1' };
    await artifactHandler(useCase, deps)(event, context);

    const registry = '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn';
    expect(useCase).toHaveBeenCalledWith(expect.objectContaining({ registry }), expect.anything());
  });

  it.each([
    ['is not versioned', undefined],
    ['has its versioning suspended', 'null'],
  ])('has no version id where the bucket %s, and keeps the key as it is', async (_, versionId) => {
    const { useCase, deps } = prepare();
    const object = { key: 'a b+c%20d/ü.zip', etag: 'e1', 'version-id': versionId };
    await artifactHandler(useCase, deps)(changed('s3-object-created', { object }), context);

    expect(useCase).toHaveBeenCalledWith(
      expect.objectContaining({ key: 'a b+c%20d/ü.zip', versionId: null, etag: 'e1' }),
      expect.anything(),
    );
  });

  it('takes a custom event without a digest', async () => {
    const { useCase, deps } = prepare();
    await artifactHandler(useCase, deps)(changed('artifact-published', { digest: null }), context);

    expect(useCase).toHaveBeenCalledWith(
      {
        kind: 'event',
        service: 'storefront',
        artifact: { uri: 's3://builds/storefront/v2.zip', version: 'v2' },
      },
      expect.anything(),
    );
  });

  it('hands on the environment that a custom event brings', async () => {
    const { useCase, deps } = prepare();
    const environment = { id: 'shop-b', attributes: { targetGroupArn: 'arn:b' } };
    await artifactHandler(useCase, deps)(changed('artifact-published', { environment }), context);

    expect(useCase).toHaveBeenCalledWith(
      expect.objectContaining({ artifact: expect.objectContaining({ environment }) }),
      expect.anything(),
    );
  });

  it.each([
    ['deleted', { 'action-type': 'DELETE' }],
    ['not pushed whole', { result: 'FAILURE' }],
  ])('leaves an image alone that was %s', async (_, details) => {
    const { useCase, deps, info } = prepare();
    await artifactHandler(useCase, deps)(changed('ecr-image-action', details), context);

    expect(useCase).not.toHaveBeenCalled();
    expect(info).toHaveBeenCalledOnce();
  });

  it.each([
    ['nothing', null],
    ['another type', { ...readEvent('s3-object-created'), 'detail-type': 'Object Deleted' }],
    ['a type of AWS from somebody else', { ...readEvent('s3-object-created'), source: 'me' }],
    ['a version that is none', changed('artifact-published', { version: 'v 2' })],
    ['a digest that is none', changed('artifact-published', { digest: 'sha256:12' })],
    ['no service', changed('artifact-published', { service: undefined })],
    ['an environment that is none', changed('artifact-published', { environment: { id: '' } })],
  ])('refuses %s, for the dead-letter queue', async (_, event) => {
    const { useCase, deps } = prepare();
    const handled = artifactHandler(useCase, deps)(event, context);

    await expect(handled).rejects.toMatchObject({ name: 'RequestInvalidError' });
    expect(useCase).not.toHaveBeenCalled();
  });

  it('lets an error through, so that Lambda tries again', async () => {
    const { useCase, deps } = prepare();
    useCase.mockRejectedValue(new VerdigrisError('LedgerUnavailableError', 'down'));
    const handled = artifactHandler(useCase, deps)(readEvent('s3-object-created'), context);

    await expect(handled).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
  });
});

const snsRecord = (message: unknown) => ({
  EventSource: 'aws:sns',
  Sns: {
    Message: typeof message === 'string' ? message : JSON.stringify(message),
    Timestamp: '2026-01-01T00:00:00.000Z',
  },
});

describe('the handler of alarms', () => {
  it.each([
    [
      'a metric alarm by EventBridge',
      readEvent('alarm-metric'),
      'ServerCpuTooHigh',
      '2019-10-02T17:04:40.989Z',
      /^Threshold Crossed: .*99\.5/,
    ],
    [
      'a composite alarm by EventBridge, whose actions are suppressed',
      readEvent('alarm-composite'),
      'ServiceAggregatedAlarm',
      '2022-07-22T15:57:45.394Z',
      /FirstChild transitioned to ALARM/,
    ],
    [
      'an alarm by SNS',
      readEvent('alarm-sns'),
      'example-cloudwatch-alarm',
      '2019-11-22T15:43:51.730Z',
      /less than the threshold/,
    ],
    [
      'a composite alarm by SNS',
      {
        Records: [
          snsRecord({
            AlarmName: 'both',
            AlarmRule: 'ALARM(a) AND ALARM(b)',
            NewStateValue: 'ALARM',
            NewStateReason: 'arn:…:a transitioned to ALARM',
            StateChangeTime: '2022-07-22T15:57:45.394+0000',
          }),
        ],
      },
      'both',
      '2022-07-22T15:57:45.394Z',
      /transitioned/,
    ],
    [
      "EventBridge's form in a message of SNS",
      { Records: [snsRecord(readEvent('alarm-metric'))] },
      'ServerCpuTooHigh',
      '2019-10-02T17:04:40.989Z',
      /^Threshold Crossed/,
    ],
  ])('hands on %s', async (_, event, name, since, reason) => {
    const { useCase, deps, ports } = prepare();
    await alarmHandler(useCase, deps)(event, context);

    const alarm = { name, since, reason: expect.stringMatching(reason) };
    expect(useCase.mock.calls).toEqual([[alarm, ports]]);
  });

  it.each(['OK', 'INSUFFICIENT_DATA'])('leaves alarms alone that are in %s', async (value) => {
    const { useCase, deps, warn } = prepare();
    const handle = alarmHandler(useCase, deps);
    await handle(changed('alarm-metric', { state: { value } }), context);
    await handle({ Records: [snsRecord({ AlarmName: 'a', NewStateValue: value })] }, context);

    expect(useCase).not.toHaveBeenCalled();
    expect(warn).not.toHaveBeenCalled();
  });

  it('takes the time of the message, or now, where an alarm has none', async () => {
    const { useCase, deps, ports } = prepare();
    const message = { AlarmName: 'a', NewStateValue: 'ALARM', StateChangeTime: 'yesterday' };
    await alarmHandler(useCase, deps)({ Records: [snsRecord(message)] }, context);
    await alarmHandler(useCase, deps)(
      changed('alarm-metric', { state: { value: 'ALARM' } }),
      context,
    );

    const reason = 'no reason given';
    expect(useCase.mock.calls.map(([alarm]: unknown[]) => alarm)).toEqual([
      { name: 'a', since: '2026-01-01T00:00:00.000Z', reason },
      { name: 'ServerCpuTooHigh', since: new Date(ports.clock.now()).toISOString(), reason },
    ]);
  });

  it.each([
    ['text', { Records: [snsRecord('hello')] }],
    ['another message', { Records: [snsRecord({ hello: 'world' })] }],
    ['JSON that is nothing', { Records: [snsRecord('null')] }],
    ['an event of another type', readEvent('s3-object-created')],
    ['nothing', undefined],
  ])('logs %s that came in place of an alarm, and that is all', async (_, event) => {
    const { useCase, deps, warn } = prepare();
    await alarmHandler(useCase, deps)(event, context);

    expect(useCase).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledExactlyOnceWith('what came is no alarm', expect.anything());
  });

  it('fails for one alarm when it is through with the others, since Lambda freezes then', async () => {
    const { useCase, deps } = prepare();
    const second = Promise.withResolvers<void>();
    useCase.mockImplementation((async ({ name }: { name: string }) => {
      if (name === 'first') throw new VerdigrisError('LedgerUnavailableError', 'down');
      await second.promise;
    }) as unknown as typeof useCase);
    const records = ['first', 'second'].map((AlarmName) =>
      snsRecord({ AlarmName, NewStateValue: 'ALARM' }),
    );
    let isOver = false;
    const handled = alarmHandler(useCase, deps)({ Records: records }, context).finally(() => {
      isOver = true;
    });
    handled.catch(() => {});
    for (let i = 0; i < 10; i += 1) await new Promise(setImmediate);
    expect(isOver).toBe(false);
    second.resolve();

    await expect(handled).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
  });
});

describe('the handler of executions that ended', () => {
  const machineArn = 'arn:aws:states:us-east-2:123456789012:stateMachine:state-machine';
  const machineOf = (arn: string) => (arn === machineArn ? ('release' as const) : null);

  it('asks why it failed, which the event does not say', async () => {
    const { useCase, deps, ports } = prepare(() => ({
      status: 'failed',
      error: 'RolledBack',
      cause: 'green was worse',
    }));
    const handle = executionHandler(useCase, { ...deps, machineOf });
    await handle(readEvent('execution-failed'), context);

    const ended = {
      machine: 'release',
      name: 'execution-name',
      status: 'failed',
      error: 'RolledBack',
      cause: 'green was worse',
    };
    expect(useCase.mock.calls).toEqual([[ended, ports]]);
  });

  it.each([
    ['TIMED_OUT', 'timed-out'],
    ['ABORTED', 'aborted'],
    ['SUCCEEDED', 'succeeded'],
  ])('hands on %s with what the event itself says', async (status, ours) => {
    const { useCase, deps } = prepare(() => ({ status: 'failed', error: 'x', cause: 'y' }));
    const event = changed('execution-failed', { status, error: 'E', cause: 'C' });
    await executionHandler(useCase, { ...deps, machineOf })(event, context);

    expect(useCase).toHaveBeenCalledWith(
      expect.objectContaining({ status: ours, error: 'E', cause: 'C' }),
      expect.anything(),
    );
  });

  it('goes on without a cause when the engine does not say (rule 7)', async () => {
    const { useCase, deps } = prepare(() => {
      throw new VerdigrisError('EngineUnavailableError', 'no answer');
    });
    const handle = executionHandler(useCase, { ...deps, machineOf });
    await handle(readEvent('execution-failed'), context);

    expect(useCase).toHaveBeenCalledWith(
      expect.objectContaining({ name: 'execution-name', error: null, cause: null }),
      expect.anything(),
    );
  });

  it('is tried again while the engine still says that the execution runs (rule 7)', async () => {
    const { useCase, deps } = prepare(() => ({ status: 'running' }));
    const handled = executionHandler(useCase, { ...deps, machineOf })(
      readEvent('execution-failed'),
      context,
    );

    await expect(handled).rejects.toMatchObject({ name: 'EngineUnavailableError' });
    expect(useCase).not.toHaveBeenCalled();
  });

  it.each([
    ['has only begun', { status: 'RUNNING' }],
    ['is going to be driven again', { status: 'PENDING_REDRIVE' }],
    ["is somebody else's", { stateMachineArn: `${machineArn}-of-others` }],
  ])('leaves an execution alone that %s', async (_, details) => {
    const { useCase, deps, info } = prepare();
    const handle = executionHandler(useCase, { ...deps, machineOf });
    await handle(changed('execution-failed', details), context);

    expect(useCase).not.toHaveBeenCalled();
    expect(info).toHaveBeenCalledOnce();
  });

  it('refuses what is no such event, for the dead-letter queue', async () => {
    const { useCase, deps } = prepare();
    const handled = executionHandler(useCase, { ...deps, machineOf })({ hello: 1 }, context);

    await expect(handled).rejects.toMatchObject({ name: 'RequestInvalidError' });
  });
});

describe('the handler of the schedule', () => {
  it('looks for releases that have stood still for two minutes', async () => {
    const { ports, useCase, deps } = prepare();

    expect(await sweepHandler(useCase, deps)({ source: 'aws.events' }, context)).toBeNull();
    expect(useCase.mock.calls).toEqual([[120_000, ports]]);
  });

  it('fails when the look fails, so that the queue and its alarm say so', async () => {
    const { deps } = prepare();
    const down = async () => {
      throw new VerdigrisError('LedgerUnavailableError', 'down');
    };

    await expect(sweepHandler(down, deps)({}, context)).rejects.toThrow('down');
  });
});
