import { afterEach, describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import type { Logger } from '../../../lib/release/logger.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createMetricSource } from '../../../lib/signals/index.ts';
import { prometheusSchema } from '../../../lib/signals/prometheus.ts';
import { createFakePrometheus } from '../../support/fakes/prometheus.ts';
import { createServers } from '../../support/serve.ts';

const noonMs = Date.UTC(2026, 0, 1, 12);
const stepMs = 15_000;
const queries = { requests: 'requests{e="{environment}"}', errors: 'errors{e="{environment}"}' };
const latencies = {
  latencyP50: { query: 'p50{e="{environment}"}', unit: 'seconds' },
  latencyP95: { query: 'p95{e="{environment}"}', unit: 'milliseconds' },
  latencyP99: { query: 'p99{e="{environment}"}', unit: 'seconds' },
};

const servers = createServers();
afterEach(() => servers.stopAll());

/** Ten minutes after noon; the server's clock is ahead by `aheadMs`. */
async function prepare({ aheadMs = 0, config = {} as Record<string, unknown> } = {}) {
  let now = noonMs + 600_000;
  const waits: number[] = [];
  const warnings: string[] = [];
  const prometheus = createFakePrometheus(() => now + aheadMs);
  const url = await servers.serve(prometheus.listener);
  const whole: AdapterConfig = { kind: 'prometheus', url, queries, ...config };
  const log: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) };
  const secretValues = {
    values: ['the-first-of-two-tokens', 'the-second-of-two-tokens'] as [string, ...string[]],
    fault: null as Error | null,
  };
  const source = createMetricSource(whole, 'shop', {
    prometheus: {
      fetch,
      clock: { now: () => now },
      timers: {
        after(delayMs, callback) {
          waits.push(delayMs);
          now += delayMs;
          queueMicrotask(callback);
          return () => {};
        },
      },
      secrets: {
        async read() {
          if (secretValues.fault) throw secretValues.fault;
          return secretValues.values;
        },
      },
      log,
    },
  });
  const set = (name: string, id: string, step: number, value: number | string) =>
    prometheus.set(`${name}{e="${id}"}`, noonMs + aheadMs + step * stepMs, value);
  const look = async (environmentIds = ['blue'], fromMs = noonMs, toMs = noonMs + 600_000) =>
    source.samples({ environmentIds, fromMs, toMs });
  const ranges = () => prometheus.calls.filter(({ path }) => path === '/api/v1/query_range');
  return {
    prometheus,
    source,
    secretValues,
    set,
    look,
    ranges,
    waits,
    warnings,
    tick: (ms: number) => (now += ms),
  };
}

describe('metrics of Prometheus', () => {
  it('tell of the step that ends with each value, latencies in milliseconds', async () => {
    const { set, look } = await prepare({ config: { queries: { ...queries, ...latencies } } });
    set('requests', 'blue', 1, 40);
    set('errors', 'blue', 1, 2);
    set('p50', 'blue', 1, 0.02);
    set('p95', 'blue', 1, 80);
    set('p99', 'blue', 1, 0.1);

    expect(await look()).toEqual({
      blue: [
        {
          at: new Date(noonMs).toISOString(),
          periodSeconds: 15,
          requests: 40,
          errors: 2,
          latencyMs: { p50: 20, p95: 80, p99: 100 },
        },
      ],
    });
  });

  it('know versions where the query asks for them', async () => {
    const byVersion = { requests: 'r{v="{version}"}', errors: 'e{v="{version}"}' };
    const { source, prometheus } = await prepare({ config: { queries: byVersion } });
    prometheus.set('r{v="2.0"}', noonMs + stepMs, 7);

    const versions = { green: '2.0' };
    const stretch = { fromMs: noonMs, toMs: noonMs + 60_000 };
    const { green } = await source.samples({ environmentIds: ['green'], versions, ...stretch });

    expect(green).toMatchObject([{ requests: 7 }]);
  });

  it('leave out what has not settled', async () => {
    const { set, look, tick } = await prepare({ config: { settle: '40s' } });
    for (let step = 1; step <= 40; step += 1) set('requests', 'blue', step, 10);

    // Steps end at …9:15, 9:30, 9:45, 10:00, and it is 10:00.
    expect((await look()).blue?.at(-1)?.at).toBe('2026-01-01T12:09:00.000Z');
    tick(10_000);
    expect((await look()).blue?.at(-1)?.at).toBe('2026-01-01T12:09:15.000Z');
  });

  it('leave steps out that were not measured or are no numbers', async () => {
    const { set, look } = await prepare({ config: { queries: { ...queries, ...latencies } } });
    set('requests', 'blue', 1, 10);
    set('requests', 'blue', 3, 'NaN');
    set('requests', 'blue', 4, 10);
    set('errors', 'blue', 4, '+Inf');
    set('requests', 'blue', 5, 10);
    set('requests', 'blue', 6, 0);
    for (const name of ['p50', 'p95']) set(name, 'blue', 5, 0.1);
    set('p99', 'blue', 5, 'NaN');

    const { blue = [] } = await look();

    expect(blue.map(({ at }) => (Date.parse(at) - noonMs) / stepMs)).toEqual([0, 4]);
    expect(blue.map(({ errors, latencyMs }) => [errors, latencyMs])).toEqual([
      [0, null],
      [0, null],
    ]);
  });

  it('keep sums right where a step has a part of a request', async () => {
    const { set, look } = await prepare();
    for (let step = 1; step <= 30; step += 1) {
      set('requests', 'blue', step, 0.4);
      set('errors', 'blue', step, 0.3);
    }

    const { blue = [] } = await look();

    const sum = (key: 'requests' | 'errors') => blue.reduce((total, it) => total + it[key], 0);
    expect([sum('requests'), sum('errors')]).toEqual([12, 9]);
    for (const point of blue) expect(point.errors).toBeLessThanOrEqual(point.requests);
  });

  it('come in parts where there are more points than a server gives', async () => {
    const { set, look, ranges } = await prepare({ config: { step: '1s' } });
    const dayMs = 86_400_000;
    set('requests', 'blue', -1, 5);

    const { blue } = await look(['blue'], noonMs - dayMs, noonMs);

    expect(blue).toHaveLength(1);
    const asked = ranges().filter(({ params }) => params.query?.startsWith('requests'));
    const counts = asked.map(({ params }) => Number(params.end) - Number(params.start) + 1);
    expect(counts).toEqual([10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 6400]);
  });

  it.each([7000, -7000])('reckon with a clock that is off by %i ms', async (aheadMs) => {
    const { prometheus, look, warnings } = await prepare({ aheadMs });
    // On a whole step of the server's clock.
    const atMs = Math.ceil((noonMs + aheadMs) / stepMs) * stepMs + 2 * stepMs;
    prometheus.set('requests{e="blue"}', atMs, 9);

    const { blue = [] } = await look();

    expect(blue.map(({ at }) => Date.parse(at))).toEqual([atMs - stepMs - aheadMs]);
    expect(warnings).toEqual([expect.stringMatching(/clock is 7s (ahead of|behind) ours/)]);
  });

  it('take clocks that differ by less than a second for the same', async () => {
    const { set, look, warnings } = await prepare({ aheadMs: 900 });
    set('requests', 'blue', 1 - 0.06, 9);

    expect((await look()).blue?.map(({ at }) => at)).toEqual(['2026-01-01T12:00:00.000Z']);
    expect(warnings).toEqual([]);
  });

  it.each([
    { status: 429, headers: { 'Retry-After': '2' }, body: 'slow down' },
    { status: 503, body: { status: 'error', errorType: 'timeout', error: 'query timed out' } },
    { status: 502, body: '<html>' },
    { status: 200, body: '<html>' },
    { drop: true as const },
  ])('are asked for again after %j', async (fault) => {
    const { prometheus, set, look, waits } = await prepare();
    set('requests', 'blue', 1, 10);
    prometheus.answerNext(fault, fault);

    expect((await look()).blue).toMatchObject([{ requests: 10 }]);
    expect(waits).toEqual('headers' in fault ? [2000, 2000] : expect.arrayContaining([250]));
  });

  it.each([
    [{ status: 429, body: 'slow down' }, 'ThrottledError', /slow down/],
    [{ status: 503, body: 'not ready' }, 'SignalUnavailableError', /HTTP 503.*not ready/],
    [{ status: 200, body: '<html>' }, 'SignalUnavailableError', /no answer of Prometheus/],
    [
      { status: 200, body: { status: 'success' } },
      'SignalUnavailableError',
      /no answer to a range/,
    ],
    [{ drop: true as const }, 'SignalUnavailableError', /does not answer/],
    [
      { status: 422, body: failure('execution', 'proxy Series(): rpc error: code = Unavailable') },
      'SignalUnavailableError',
      /metrics\.queries\.\w+ .*\(execution\): .*rpc error: code = Unavailable/,
    ],
    [
      { status: 503, body: failure('bad_data', 'no ready querier') },
      'SignalUnavailableError',
      /no ready querier/,
    ],
    [
      { status: 499, body: failure('canceled', 'context canceled') },
      'SignalUnavailableError',
      /\(canceled\): context canceled/,
    ],
    [
      { status: 404, body: 'default backend - 404' },
      'SignalUnavailableError',
      /metrics\.url has no Prometheus: HTTP 404 of \/api\/v1\/query_range: default backend - 404/,
    ],
    [
      { status: 302, headers: { Location: 'https://sso.example/login?state=s3' }, body: '' },
      'SignalUnavailableError',
      /metrics\.url has no Prometheus: HTTP 302 .* leads to https:\/\/sso\.example\/login$/,
    ],
    [
      { status: 200, body: { status: 'success', warnings: ['store-2 is away'], data: {} } },
      'SignalUnavailableError',
      /only a part of the figures came: store-2 is away/,
    ],
  ])('end in an error where it stays at %j', async (answer, name, message) => {
    const { prometheus, look, waits } = await prepare();
    prometheus.answerAlways(answer);

    await expect(look()).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(2 * 15_000);
  });

  it.each([
    [
      { status: 400, body: { status: 'error', errorType: 'bad_data', error: '1:9: parse error' } },
      /metrics\.queries\.requests is refused by Prometheus \(bad_data\): 1:9: parse error/,
    ],
    [
      { status: 400, body: { status: 'error', errorType: '400', error: 'unparsed data left' } },
      /\(400\): unparsed data left/,
    ],
    [{ status: 401, body: { status: 'error', error: 'who?' } }, /metrics\.auth .*who\?/],
    [
      matrix([
        { metric: { code: '200' }, values: [] },
        { metric: { code: '500' }, values: [] },
      ]),
      /gives 2 series and has to give one: put sum\(…\) around it.*code/,
    ],
    [matrix([{ metric: {}, histograms: [] }]), /gives histograms/],
  ])('say what is wrong with the manifest after %j, at once', async (answer, message) => {
    const { prometheus, look, waits } = await prepare();
    prometheus.answerAlways(answer);

    const failure = await look().catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(VerdigrisError);
    expect(failure).toMatchObject({ name: 'ConfigInvalidError' });
    expect(String(failure)).toMatch(message);
    expect(waits).toEqual([]);
  });

  it.each([
    ['0', 14],
    ['3600', 2],
  ])(
    'end in an error where a server says Retry-After: %s, after few calls',
    async (asked, most) => {
      const { prometheus, look, ranges } = await prepare();
      prometheus.answerAlways({ status: 503, headers: { 'Retry-After': asked }, body: 'busy' });

      await expect(look()).rejects.toMatchObject({ name: 'SignalUnavailableError' });
      expect(ranges().length).toBeLessThanOrEqual(most);
    },
  );

  it.each([401, 403])(
    'are not asked for again after a plain %i: nobody is locked out',
    async (status) => {
      const { prometheus, look, waits } = await prepare();
      prometheus.answerAlways({ status, body: 'who?' });

      await expect(look()).rejects.toMatchObject({
        name: 'SignalUnavailableError',
        message: `Prometheus refuses us (HTTP ${status}): correct metrics.auth and its secret (who?)`,
      });
      expect(waits).toEqual([]);
    },
  );

  it('wait for a secret that cannot be read', async () => {
    const config = { auth: { bearer: { secret: 'token' } } };
    const { look, secretValues } = await prepare({ config });
    secretValues.fault = new VerdigrisError('SecretUnavailableError', 'Secrets Manager is away');

    await expect(look()).rejects.toMatchObject({
      name: 'SignalUnavailableError',
      message: expect.stringContaining('Secrets Manager is away'),
    });
  });

  it('take remarks on a query for no lack of data', async () => {
    const { prometheus, look } = await prepare();
    const values = [[noonMs / 1000 + 15, '4']];
    const answer = matrix([{ metric: {}, values }]);
    const warnings = ['PromQL warning: bucket label "le" is missing'];
    prometheus.answerAlways({ ...answer, body: { ...answer.body, warnings } });

    expect((await look()).blue).toMatchObject([{ requests: 4 }]);
  });

  it.each([
    [{ bearer: { secret: 'token' } }, 'Bearer the-first-of-two-tokens'],
    [
      { basic: { user: 'us', secret: 'token' } },
      `Basic ${Buffer.from('us:the-first-of-two-tokens').toString('base64')}`,
    ],
  ])('are asked for as %j', async (auth, header) => {
    const { prometheus, look } = await prepare({ config: { auth } });

    await look();

    const sent = prometheus.calls.map(({ headers }) => headers.authorization);
    expect(new Set(sent)).toEqual(new Set([header]));
  });

  it('are asked for with the other value of a secret that is being changed', async () => {
    const { prometheus, look } = await prepare({
      config: { auth: { bearer: { secret: 'token' } } },
    });
    prometheus.answerNext({ status: 401, body: '' }, { status: 401, body: '' });

    await look();

    const sent = prometheus.calls.map(({ headers }) => headers.authorization);
    expect(sent).toContain('Bearer the-second-of-two-tokens');
  });
});

function failure(errorType: string, error: string) {
  return { status: 'error', errorType, error };
}

function matrix(result: unknown[]) {
  return { status: 200, body: { status: 'success', data: { resultType: 'matrix', result } } };
}

describe('the part `prometheus` of a manifest', () => {
  const config = { kind: 'prometheus', url: 'https://prometheus.example.com/eu', queries };
  const bearer = { bearer: { secret: 'token' } };

  it('has its defaults', () => {
    expect(prometheusSchema.parse(config)).toEqual({ ...config, step: 15, settle: 15 });
  });

  it.each([
    { url: 'http://10.0.0.7:9090' },
    { auth: bearer },
    { auth: bearer, url: 'http://127.0.0.1:9090' },
    { queries: { ...queries, ...latencies } },
  ])('takes %j', (changes) => {
    expect(prometheusSchema.safeParse({ ...config, ...changes }).error).toBeUndefined();
  });

  it.each([
    { url: 'prometheus:9090' },
    { url: 'https://us:secret@prometheus.example.com' },
    { url: 'https://prometheus.example.com/?a=b' },
    { auth: bearer, url: 'http://10.0.0.7:9090' },
    { auth: {} },
    { auth: { ...bearer, basic: { user: 'us', secret: 'token' } } },
    { auth: { bearer: { secret: 'verdigris-signing' } } },
    { step: '500ms' },
    { step: 15 },
    { settle: '1h' },
    { queries: { ...queries, latencyP95: latencies.latencyP95 } },
    { queries: { ...queries, errors: 'errors' } },
    { queries: { requests: queries.requests } },
  ])('refuses %j', (changes) => {
    expect(prometheusSchema.safeParse({ ...config, ...changes }).success).toBe(false);
  });
});
