import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { callOf, countsOf } from '../../../scripts/bench/cloud/meter.ts';
import { billOf, idleBillOf, sumOf } from '../../../scripts/bench/cloud/prices.ts';
import { between, modelOf, plus, total, usageOf } from '../../../scripts/bench/cloud/usage.ts';

const few = { looks: 2, usage: { transitions: 20, writeUnits: 114 } };
const many = { looks: 5, usage: { transitions: 29, writeUnits: 135, refusedWrites: 3 } };

/** A request as an SDK sends it, and what AWS would bill when it is answered like this. */
function counted(
  headers: Record<string, string>,
  body: string,
  answer: object = {},
  { status = 200, url = '/' } = {},
) {
  const asked = { headers, method: 'POST', url } as unknown as IncomingMessage;
  const call = callOf(asked, Buffer.from(body));
  return { call, counts: countsOf(call, status, Buffer.from(JSON.stringify(answer))) };
}

const target = (name: string) => ({ 'x-amz-target': name });
const dynamodb = (name: string) => target(`DynamoDB_20120810.${name}`);
const consumed = (CapacityUnits: number) => ({ CapacityUnits });

describe('the model of a release', () => {
  it('is the line through two of them', () => {
    const model = modelOf(few, many);

    expect(model.perLook).toEqual({ transitions: 3, writeUnits: 7, refusedWrites: 1 });
    expect(usageOf(model, 2)).toEqual({ ...few.usage, refusedWrites: 0 });
    expect(usageOf(model, 5)).toEqual(many.usage);
    expect(usageOf(model, 30).transitions).toBe(104);
  });

  it('is none when both were looked at equally often', () => {
    expect(() => modelOf(few, { ...many, looks: 2 })).toThrow('say nothing');
  });

  it('adds, subtracts and sums up by name', () => {
    expect(between({ a: 1 }, { a: 3, b: 2 })).toEqual({ a: 2, b: 2 });
    expect(plus({ a: 1 }, { b: 2 })).toEqual({ a: 1, b: 2 });
    expect(
      total({ 'invocations.judge': 30, 'invocations.admit': 1, other: 5 }, 'invocations.'),
    ).toBe(31);
  });
});

describe('the meter', () => {
  it('has DynamoDB say what it charges, and leaves the rest of the request alone', () => {
    const { call } = counted(dynamodb('GetItem'), '{"TableName":"t"}', {
      ConsumedCapacity: consumed(1),
    });

    expect(JSON.parse(call.body.toString())).toEqual({
      TableName: 't',
      ReturnConsumedCapacity: 'TOTAL',
    });
  });

  it.each([
    ['GetItem', { ConsumedCapacity: consumed(2) }, { readUnits: 2 }],
    ['BatchGetItem', { ConsumedCapacity: [consumed(3)] }, { readUnits: 3 }],
    ['Query', { ConsumedCapacity: consumed(0.5) }, { readUnits: 0.5 }],
    ['PutItem', { ConsumedCapacity: consumed(4) }, { writeUnits: 4 }],
  ])('counts the units of %s', (name, answer, units) => {
    const { counts } = counted(dynamodb(name), '{}', answer);

    expect(counts).toEqual({ [`dynamodb.${name}`]: 1, ...units });
  });

  it('charges the condition checks of a transaction', () => {
    const body = JSON.stringify({ TransactItems: [{ Put: {} }, { ConditionCheck: {} }] });
    const { counts } = counted(dynamodb('TransactWriteItems'), body, {
      ConsumedCapacity: [consumed(2)],
    });

    expect(counts).toMatchObject({ writeUnits: 4 });
  });

  it('charges at least what a refused write costs', () => {
    const refused = { status: 400 };
    const body = JSON.stringify({ TransactItems: [{ Put: {} }, { Put: {} }] });

    expect(counted(dynamodb('PutItem'), '{}', {}, refused).counts).toMatchObject({ writeUnits: 1 });
    expect(counted(dynamodb('TransactWriteItems'), body, {}, refused).counts).toMatchObject({
      ...{ writeUnits: 4, refusedWrites: 1 },
    });
  });

  it.each([
    [
      target('GraniteServiceVersion20100801.GetMetricData'),
      '[{"MetricStat":{}},{"MetricStat":{}}]',
      '/',
      { metricsRequested: 2 },
    ],
    [
      {},
      'MetricStat…MetricStat…MetricStat',
      '/service/GraniteServiceVersion20100801/operation/GetMetricData',
      { metricsRequested: 3 },
    ],
    [
      {},
      '',
      '/service/GraniteServiceVersion20100801/operation/DescribeAlarms',
      { cloudWatchRequests: 1 },
    ],
    [target('AWSEvents.PutEvents'), '{"Entries":[{},{}]}', '/', { customEvents: 2 }],
    [{}, 'Action=Publish&Version=2010-03-31', '/', { snsRequests: 1 }],
    [
      {},
      '{}',
      '/2015-03-31/functions/storefront/invocations?Qualifier=2',
      { targetInvocations: 1 },
    ],
    [{}, '{}', '/2015-03-31/functions/storefront/versions', { unbilledRequests: 1 }],
  ])('counts %j %s %s', (headers, body, url, counts) => {
    expect(counted(headers as Record<string, string>, body, {}, { url }).counts).toEqual(counts);
  });
});

describe('the bill', () => {
  it('is what is used times its price', () => {
    const usage = {
      'transitions.release': 1000,
      'invocations.judge': 1_000_000,
      writeUnits: 1_000_000,
      readUnits: 1_000_000,
      metricsRequested: 1000,
      customEvents: 1_000_000,
      snsRequests: 1_000_000,
    };

    const bill = Object.fromEntries(
      Object.entries(billOf(usage)).map(([name, dollars]) => [name, Number(dollars.toFixed(9))]),
    );

    expect(bill).toMatchObject({ stepFunctions: 0.025, lambdaRequests: 0.2, dynamodb: 0.75 });
    expect(bill).toMatchObject({ cloudWatch: 0.01, eventBridge: 1, sns: 0.5 });
    // 1,000,000 × 100 ms × 0.25 GB
    expect(bill.lambdaDuration).toBeCloseTo(25_000 * 0.0000133334, 9);
    expect(sumOf({ a: 1, b: 2 })).toBe(3);
  });

  it('has what an idle stack costs, with what runs by the clock', () => {
    const resources = {
      Alarm: { Type: 'AWS::CloudWatch::Alarm' },
      Key: { Type: 'AWS::KMS::Key' },
      Rule: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(5 minutes)' } },
    };

    const idle = idleBillOf(resources, { writeUnits: 1000 });

    expect(idle).toMatchObject({ alarms: 0.1, keys: 1, secrets: 0 });
    expect(idle.schedules).toBeCloseTo(8640 * 0.000625, 9);
    const odd = {
      Type: 'AWS::Events::Rule',
      Properties: { ScheduleExpression: 'cron(0 0 * * ? *)' },
    };
    expect(() => idleBillOf({ odd }, {})).toThrow('no price for the schedule cron');
  });
});
