import type { CloudWatchClient, GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import {
  cloudWatchMetricsSchema,
  createCloudWatchMetrics,
  defaultCloudWatchMetrics,
} from '../../../lib/signals/cloudwatch-metrics.ts';
import { createMetricSource } from '../../../lib/signals/index.ts';
import { awsError, createFakeCloudWatch } from '../../support/fakes/cloudwatch.ts';

const config = { kind: 'cloudwatch-metrics', functionName: 'shop', alias: 'live' };
const noonMs = Date.UTC(2026, 0, 1, 12);
const minuteMs = 60_000;
const throughAlias = { FunctionName: 'shop', Resource: 'shop:live' };
const by = (ExecutedVersion: string) => ({ ...throughAlias, ExecutedVersion });

function prepare(options: { pageSize?: number } & Record<string, unknown> = {}) {
  const { pageSize, ...changes } = options;
  const cloudWatch = createFakeCloudWatch(pageSize ? { pageSize } : {});
  let now = noonMs + 60 * minuteMs;
  const source = createCloudWatchMetrics(
    { ...config, ...changes },
    { client: cloudWatch.client, clock: { now: () => now } },
  );
  /** Requests within one minute after noon; one in ten fails. */
  const serve = (dimensions: Record<string, string>, minute: number, requests: number) => {
    const atMs = noonMs + minute * minuteMs + 15_000;
    cloudWatch.put('Invocations', dimensions, atMs, [requests]);
    cloudWatch.put('Errors', dimensions, atMs, [requests / 10]);
    cloudWatch.put('Duration', dimensions, atMs, [10, 20, 30, 40]);
  };
  const inputs = () => cloudWatch.sent.map(({ input }) => input as GetMetricDataCommandInput);
  return {
    cloudWatch,
    source,
    serve,
    inputs,
    at: (minute: number) => (now = noonMs + minute * minuteMs),
  };
}

const clock = { now: () => noonMs + 60 * minuteMs };

const query = (environmentIds: string[], fromMinute = 0, toMinute = 10) => ({
  environmentIds,
  fromMs: noonMs + fromMinute * minuteMs,
  toMs: noonMs + toMinute * minuteMs,
});

describe('CloudWatch metrics', () => {
  it('measure both sides in exactly one call', async () => {
    const { source, serve, inputs } = prepare();
    serve(by('6'), 1, 100);
    serve(by('7'), 2, 50);

    const samples = await source.samples(query(['6', '7']));

    const latencyMs = { p50: 20, p95: 40, p99: 40 };
    const at = (minute: number) => new Date(noonMs + minute * minuteMs).toISOString();
    expect(samples).toEqual({
      6: [{ at: at(1), periodSeconds: 60, requests: 100, errors: 10, latencyMs }],
      7: [{ at: at(2), periodSeconds: 60, requests: 50, errors: 5, latencyMs }],
    });
    expect(inputs()).toHaveLength(1);
    expect(inputs()[0]?.MetricDataQueries).toHaveLength(10);
  });

  it('ask for invocations through the alias by the version that answered', async () => {
    const { source, inputs } = prepare();

    await source.samples(query(['7']));

    const asked = inputs()[0]?.MetricDataQueries?.map(({ MetricStat }) => MetricStat);
    expect(asked?.map((it) => [it?.Metric?.MetricName, it?.Stat])).toEqual([
      ['Invocations', 'Sum'],
      ['Errors', 'Sum'],
      ['Duration', 'p50'],
      ['Duration', 'p95'],
      ['Duration', 'p99'],
    ]);
    for (const it of asked ?? []) {
      expect(it).toMatchObject({ Period: 60, Metric: { Namespace: 'AWS/Lambda' } });
      expect(it?.Metric?.Dimensions).toEqual([
        { Name: 'FunctionName', Value: 'shop' },
        { Name: 'Resource', Value: 'shop:live' },
        { Name: 'ExecutedVersion', Value: '7' },
      ]);
    }
  });

  it('leave calls of a version itself out', async () => {
    const { source, serve } = prepare();
    serve({ FunctionName: 'shop', Resource: 'shop:7' }, 1, 100);

    expect(await source.samples(query(['7']))).toEqual({ 7: [] });
  });

  it('give points that begin inside, on whole minutes', async () => {
    const { source, serve, inputs } = prepare();
    for (const minute of [0, 1, 2, 3]) serve(by('7'), minute, 10);

    const { 7: points = [] } = await source.samples(query(['7'], 0.5, 2.5));

    expect(points.map(({ at }) => (Date.parse(at) - noonMs) / minuteMs)).toEqual([1, 2]);
    expect(inputs()[0]?.StartTime).toEqual(new Date(noonMs + minuteMs));
    expect(inputs()[0]?.EndTime).toEqual(new Date(noonMs + 3 * minuteMs));
  });

  it('give the minutes of a week ago, of one side in one call of five queries', async () => {
    const { source, serve, inputs, at } = prepare();
    serve(by('6'), 1, 100);
    at(7 * 24 * 60 + 5);

    const { 6: points } = await source.samples(query(['6']));

    expect(points).toMatchObject([{ periodSeconds: 60, requests: 100, errors: 10 }]);
    expect(inputs().map((it) => it.MetricDataQueries?.length)).toEqual([5]);
  });

  it('ask nothing where no point begins', async () => {
    const { source, inputs } = prepare();

    expect(await source.samples(query(['6', '7'], 1.2, 1.8))).toEqual({ 6: [], 7: [] });
    expect(inputs()).toEqual([]);
  });

  it('put pages together', async () => {
    const { source, serve, inputs } = prepare({ pageSize: 7 });
    for (const minute of [0, 1, 2]) serve(by('6'), minute, 10 + minute);

    const { 6: points = [] } = await source.samples(query(['6', '7']));

    expect(points.map(({ requests }) => requests)).toEqual([10, 11, 12]);
    expect(points.every(({ latencyMs }) => latencyMs?.p95 === 40)).toBe(true);
    expect(inputs().map(({ NextToken }) => NextToken)).toEqual([undefined, '7', '14']);
  });

  it('go in calls of a hundred environments', async () => {
    const { source, serve, inputs } = prepare();
    const ids = Array.from({ length: 101 }, (_, i) => String(i + 1));
    serve(by('101'), 1, 30);

    const samples = await source.samples(query(ids));

    expect(Object.keys(samples)).toHaveLength(101);
    expect(samples['101']).toMatchObject([{ requests: 30 }]);
    expect(inputs().map((it) => it.MetricDataQueries?.length)).toEqual([500, 5]);
  });

  it('have longer points where the manifest says so', async () => {
    const { source, serve } = prepare({ period: '5m' });
    for (const minute of [0, 1, 4, 5]) serve(by('7'), minute, 10);

    const { 7: points } = await source.samples(query(['7']));

    expect(points).toMatchObject([
      { periodSeconds: 300, requests: 30 },
      { periodSeconds: 300, requests: 10 },
    ]);
  });

  it('have no latency yet where the durations are late, and no more errors than requests', async () => {
    const { source, cloudWatch } = prepare();
    cloudWatch.put('Invocations', by('7'), noonMs, [3]);
    cloudWatch.put('Errors', by('7'), noonMs, [5]);
    cloudWatch.put('Errors', by('7'), noonMs + minuteMs, [5]);

    const { 7: points } = await source.samples(query(['7']));

    expect(points).toMatchObject([{ requests: 3, errors: 3, latencyMs: null }]);
  });

  describe('where Lambda tells no version', () => {
    const late = { ...query(['6', '7'], 0.5, 3.5), soleEnvironmentId: '7' };

    it("give the alias's numbers to the side that had all traffic, whole minutes only", async () => {
      const { source, serve, inputs } = prepare();
      for (const minute of [0, 1, 2, 3]) serve(throughAlias, minute, 10 + minute);

      const samples = await source.samples(late);

      expect(samples['6']).toEqual([]);
      expect(samples['7']?.map(({ requests }) => requests)).toEqual([11, 12]);
      expect(inputs()).toHaveLength(2);
    });

    it('give them to nobody where both sides had some', async () => {
      const { source, serve, inputs } = prepare();
      serve(throughAlias, 1, 10);

      expect(await source.samples(query(['6', '7']))).toEqual({ 6: [], 7: [] });
      expect(inputs()).toHaveLength(1);
    });

    it('never mix them with numbers of a version', async () => {
      const { source, serve } = prepare();
      serve(throughAlias, 1, 100);
      serve(throughAlias, 2, 100);
      serve(by('6'), 2, 100);

      const samples = await source.samples(late);

      expect(samples['6']).toMatchObject([{ requests: 100 }]);
      expect(samples['7']).toEqual([]);
    });
  });

  it.each([
    ['Throttling', 'ThrottledError'],
    ['ThrottlingException', 'ThrottledError'],
    ['AccessDenied', 'ConfigInvalidError'],
    ['InternalServiceFault', 'SignalUnavailableError'],
  ])('turn %s into %s', async (given, name) => {
    const { source, cloudWatch } = prepare();
    cloudWatch.failWith(awsError(given));

    await expect(source.samples(query(['7']))).rejects.toMatchObject({ name });
  });

  it.each([
    ['InternalError', 'SignalUnavailableError'],
    ['Forbidden', 'ConfigInvalidError'],
  ])('refuse a query of which CloudWatch says %s', async (StatusCode, name) => {
    const send = async () => ({ MetricDataResults: [{ Id: 'requests_0', StatusCode }] });
    const client = { send } as unknown as Pick<CloudWatchClient, 'send'>;
    const source = createCloudWatchMetrics(config, { client, clock });

    await expect(source.samples(query(['7']))).rejects.toMatchObject({ name });
  });

  it.each([
    { minute: 3.99, seen: [0, 1] },
    { minute: 4, seen: [0, 1, 2] },
  ])('leave out at $minute minutes what ended less than a minute ago', async ({ minute, seen }) => {
    const { source, serve, at } = prepare();
    for (const each of [0, 1, 2, 3]) serve(by('7'), each, 10);
    at(minute);

    const { 7: points = [] } = await source.samples(query(['7']));

    expect(points.map((point) => (Date.parse(point.at) - noonMs) / minuteMs)).toEqual(seen);
  });

  it.each([
    { MetricDataResults: [{ Id: 'requests_0', StatusCode: 'PartialData' }] },
    { MetricDataResults: [], Messages: [{ Code: 'MaxMetricsExceeded', Value: 'too many' }] },
  ])('are not read from a part of the figures: %j', async (page) => {
    const client = { send: async () => page } as unknown as Pick<CloudWatchClient, 'send'>;
    const source = createCloudWatchMetrics(config, { client, clock });

    await expect(source.samples(query(['7']))).rejects.toMatchObject({
      name: 'SignalUnavailableError',
      message: expect.stringMatching(/a part of/),
    });
  });

  it('are there on AWS only', () => {
    expect(() => createMetricSource(config, 'shop', {})).toThrow(/is there on AWS only/);
  });
});

describe("the metrics' part of the manifest", () => {
  it('has points of a minute, unless told otherwise', () => {
    expect(cloudWatchMetricsSchema.parse(config)).toEqual({ ...config, period: 60, settle: 60 });
  });

  it.each([{ period: '30s' }, { period: '90s' }, { period: '2h' }, { period: 60 }, { alias: '' }])(
    'refuses %j',
    (changes) => {
      expect(cloudWatchMetricsSchema.safeParse({ ...config, ...changes }).success).toBe(false);
    },
  );

  it('follows from a router that is an alias, and from no other', () => {
    const router = { kind: 'lambda-alias', functionName: 'shop', alias: 'live' };

    expect(defaultCloudWatchMetrics(router)).toEqual(config);
    expect(defaultCloudWatchMetrics({ kind: 'local-proxy', port: 8080 })).toBeNull();
  });
});
