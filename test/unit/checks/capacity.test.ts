import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCapacityCheck } from '../../../lib/checks/capacity/check.ts';
import { objectionTo, ratesOf } from '../../../lib/checks/capacity/judge-load.ts';
import { type LoadResult, percentile, putLoad } from '../../../lib/checks/capacity/put-load.ts';
import { capacitySchema, type LoadConfig } from '../../../lib/checks/capacity.ts';
import type { CheckAnswer, CheckContext } from '../../../lib/checks/check.ts';
import type { CheckDeps } from '../../../lib/checks/index.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { Json, JsonObject } from '../../../lib/release/json.ts';
import { checkContext, checkPlan } from '../../support/check-context.ts';
import { createFakeCalls, type Operations } from '../../support/fakes/sdk-client.ts';
import { realTimers } from '../environments/process-harness.ts';

const ref = (id: string, address: string | null = null) => ({
  id,
  kind: 'fake',
  version: id,
  address,
  attributes: {},
});

/** The plan of a kind of AWS, which needs more than these tests. */
const planOf = (environment: Record<string, unknown>) => ({
  ...checkPlan(),
  environment: { kind: 'ecs-service', ...environment },
});

const facts =
  (blue: JsonObject, green: JsonObject) =>
  async ({ id }: { id: string }) =>
    id === 'shop-1' ? blue : green;

function contextOf(differs: Partial<CheckContext>): CheckContext {
  return checkContext({ blue: ref('shop-1'), green: ref('shop-2'), ...differs });
}

function makeCheck(config: Record<string, unknown> = {}, deps: Partial<CheckDeps> = {}) {
  return createCapacityCheck({ kind: 'capacity', ...config }, { timers: realTimers, ...deps });
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const quick: RequestListener = (_, response) => void response.end('ok');

/** One answer at a time, each after so many milliseconds. */
function oneAtATime(ms: number): RequestListener {
  let last = Promise.resolve();
  return (_, response) => {
    last = last.then(() => new Promise((resolve) => setTimeout(resolve, ms)));
    void last.then(() => response.end('ok'));
  };
}

function loadOf(differs: Record<string, unknown> = {}): LoadConfig {
  const load = { paths: ['/'], to: 40, from: 10, steps: 2, duration: '500ms', ...differs };
  const parsed = capacitySchema.parse({ kind: 'capacity', load });
  if (!parsed.load) throw new Error('no load');
  return parsed.load;
}

describe('sizes', () => {
  const task = { cpu: '512', memoryMb: '1024', desiredCount: 4, runningCount: 4 };

  it('pass a green that is as large as blue', async () => {
    const answer = await makeCheck().run(
      contextOf({ plan: planOf({}), describe: facts(task, task) }),
    );

    expect(answer).toMatchObject({ verdict: 'pass' });
    expect(answer.summary).toBe(
      'green is as large as blue: memory in MiB 1024 (blue 1024), vCPUs 0.5 (blue 0.5), copies 4 (blue 4)',
    );
  });

  it('fail a smaller one, and say by how much', async () => {
    const small = { ...task, memoryMb: '512', cpu: '256' };
    const answer = await makeCheck().run(
      contextOf({ plan: planOf({}), describe: facts(task, small) }),
    );

    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toBe(
      'green is smaller than blue: memory in MiB 512 instead of 1024, vCPUs 0.25 instead of 0.5',
    );
  });

  it('let green be small until it is live, where it then grows', async () => {
    const first = { ...task, desiredCount: 1, runningCount: 1 };
    const grows = planOf({ capacity: { validate: 1, live: 'match-blue' } });
    const staysSmall = planOf({ capacity: { validate: 1, live: 2 } });
    const describe = facts(task, first);

    expect(await makeCheck().run(contextOf({ plan: grows, describe }))).toMatchObject({
      verdict: 'pass',
    });
    const answer = await makeCheck().run(contextOf({ plan: staysSmall, describe }));
    expect(answer.summary).toBe('green is smaller than blue: copies 2 instead of 4');
  });

  it('count what runs of blue, not only what is wanted, and how far green may grow', async () => {
    const group = { desiredCapacity: 2, instances: 5, maxSize: 6, instanceTypes: ['m7g.large'] };
    const plan = planOf({ kind: 'auto-scaling-group', capacity: { live: 3 } });
    const answer = await makeCheck().run(
      contextOf({
        plan,
        describe: facts(group, { ...group, desiredCapacity: 3, instances: 3, maxSize: 4 }),
      }),
    );

    expect(answer.summary).toContain('copies 3 instead of 5, copies at most 4 instead of 5');
  });

  it('take a share of blue for enough where the manifest says so', async () => {
    const half = { ...task, memoryMb: '512', cpu: '256' };
    const answer = await makeCheck({ atLeast: '50%' }).run(
      contextOf({ plan: planOf({}), describe: facts(task, half) }),
    );

    expect(answer.verdict).toBe('pass');
  });

  it('compare facts that the manifest names, and say which are none', async () => {
    const check = makeCheck({ facts: ['parameters.Workers'] });
    const workers = (count: unknown) => ({ parameters: { Workers: String(count) } });
    const fewer = await check.run(contextOf({ describe: facts(workers(4), workers(2)) }));
    const unknown = await check.run(contextOf({ describe: facts(workers(4), workers('many')) }));

    expect(fewer.summary).toBe('green is smaller than blue: parameters.Workers 2 instead of 4');
    expect(unknown).toMatchObject({ verdict: 'fail' });
    expect(unknown.summary).toContain('no number on both sides: parameters.Workers');
  });

  it('have nothing to compare with at a first release, and say so where there is no size', async () => {
    const first = await makeCheck().run(contextOf({ blue: null }));
    const none = await makeCheck().run(contextOf({}));

    expect(first).toMatchObject({
      verdict: 'pass',
      summary: 'there is nothing to compare with: first release',
    });
    expect(none).toMatchObject({ verdict: 'fail' });
    expect(none.summary).toContain('says nothing of their size; ask for load, or name facts');
  });

  it('are told before there is a green, by what the manifest asks for', async () => {
    const describe = async () => task;
    const preflight = (environment: Record<string, unknown>) =>
      makeCheck().preflight?.(contextOf({ plan: planOf(environment), describe }));

    expect(await preflight({})).toMatchObject({ verdict: 'pass' });
    expect(await preflight({ capacity: { validate: 1, live: 2 } })).toMatchObject({
      verdict: 'fail',
      summary: 'green is smaller than blue: copies 2 instead of 4',
    });
    expect(
      await makeCheck({ load: { paths: ['/'], to: 10 } }).preflight?.(contextOf({})),
    ).toMatchObject({ verdict: 'pass' });
  });
});

describe('containers of a function', () => {
  const functionPlan = planOf({ kind: 'lambda-version', functionName: 'shop' });
  const version = { memoryMb: 512, provisionedConcurrency: 10 };

  function lambdaOf(settings: { used: number; all?: number; reserved?: number; limit?: number }) {
    const { createSend, ...calls } = createFakeCalls('AWS', (name, message) =>
      Object.assign(new Error(message), { name }),
    );
    const values: Record<string, number[]> = {
      used: [1, settings.used, 0],
      all: [settings.all ?? settings.used],
    };
    const operations: Operations = {
      GetFunctionConcurrency: () =>
        settings.reserved === undefined ? {} : { ReservedConcurrentExecutions: settings.reserved },
      GetAccountSettings: () => ({
        AccountLimit: { UnreservedConcurrentExecutions: settings.limit ?? 1000 },
      }),
      GetMetricData: () => ({
        MetricDataResults: Object.entries(values).map(([Id, Values]) => ({ Id, Values })),
      }),
    };
    const client = { send: createSend(operations) };
    const deps = { lambda: client, cloudWatch: client, clock: { now: () => 0 } };
    return { deps: deps as unknown as Partial<CheckDeps>, calls };
  }

  const ask = (deps: Partial<CheckDeps>, green: JsonObject = version) =>
    makeCheck({}, deps).run(contextOf({ plan: functionPlan, describe: facts(version, green) }));

  it('are compared', async () => {
    const fewer = await ask({}, { ...version, provisionedConcurrency: 2 });
    const none = await ask({}, { memoryMb: 512, provisionedConcurrency: null });

    expect(fewer.summary).toContain('containers kept ready 2 instead of 10');
    expect(none.summary).toContain('containers kept ready 0 instead of 10');
  });

  it('have to fit into what the account has left', async () => {
    const enough = await ask(lambdaOf({ used: 100, all: 900 }).deps);
    const scarce = await ask(lambdaOf({ used: 100, all: 950 }).deps);

    expect(enough).toMatchObject({
      verdict: 'pass',
      evidence: { concurrency: { limit: 1000, used: 100, usedByAll: 900, left: 100 } },
    });
    expect(scarce).toMatchObject({ verdict: 'warn' });
    expect(scarce.summary).toBe(
      'blue uses 100 concurrent executions, and of the 1000 that the account has unreserved only 50 are left for green',
    );
  });

  it('share what is reserved for the function', async () => {
    const answer = await ask(lambdaOf({ used: 60, reserved: 100 }).deps);

    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain('of the 100 reserved for the function only 40');
  });

  it('wait where Lambda asks for patience, and name the permission that is missing', async () => {
    const throttled = lambdaOf({ used: 1 });
    throttled.calls.failNext('GetAccountSettings', 'TooManyRequestsException');
    const denied = lambdaOf({ used: 1 });
    denied.calls.failNext('GetFunctionConcurrency', 'AccessDeniedException');

    await expect(ask(throttled.deps)).rejects.toMatchObject({ name: 'ThrottledError' });
    await expect(ask(denied.deps)).rejects.toThrow(/lambda:GetFunctionConcurrency/);
  });
});

describe('a load', () => {
  const load = { paths: ['/a', '/b'], headers: {}, perSecond: 50, seconds: 0.4, mostAtOnce: 50 };
  const never = new AbortController().signal;

  it('comes at its pace, never faster, over all paths', async () => {
    const seen: string[] = [];
    const address = await serve((request, response) => {
      seen.push(request.url ?? '');
      response.end('ok');
    });
    const result = await putLoad({ ...load, seconds: 2, address }, realTimers, never);

    // How many get sent depends on the machine, how many at most does not.
    expect(result.sent).toBeGreaterThan(1);
    expect(result.sent).toBeLessThanOrEqual(101);
    expect(result).toMatchObject({ errors: 0, stopped: null, perSecond: 50 });
    expect(new Set(seen)).toEqual(new Set(['/a', '/b']));
  });

  it('does not wait for answers, and stops at so many under way', async () => {
    const address = await serve(() => {});
    const result = await putLoad({ ...load, address, mostAtOnce: 4 }, realTimers, never);

    expect(result).toMatchObject({ stopped: 'connections', sent: 4, mostAtOnce: 4, errors: 4 });
    expect(result.problems).toEqual({ 'no answer in time': 4 });
  });

  it('stops where most requests fail, and counts 4xx but for the usual ones', async () => {
    const failing = await serve((_, response) => void response.writeHead(503).end());
    const missing = await serve((_, response) => void response.writeHead(404).end());
    const long = { ...load, perSecond: 200, seconds: 5 };
    const failed = await putLoad({ ...long, address: failing }, realTimers, never);
    const refused = await putLoad({ ...load, address: missing }, realTimers, never);
    const usual = new Map(load.paths.map((path) => [path, new Set([404])]));
    const known = await putLoad({ ...load, address: missing, usual }, realTimers, never);
    const down = new Map(load.paths.map((path) => [path, new Set([503])]));
    const never503 = await putLoad({ ...load, address: failing, usual: down }, realTimers, never);

    expect(failed.stopped).toBe('errors');
    expect(failed.sent).toBeLessThan(200);
    expect(failed.problems).toEqual({ 'status 503': failed.errors });
    expect(refused.problems).toEqual({ 'status 404': refused.sent });
    expect(known.errors).toBe(0);
    expect(never503.errors).toBe(never503.sent);
  });

  it('ends when the time of the check is up', async () => {
    const address = await serve(() => {});
    const abort = new AbortController();
    const running = putLoad({ ...load, address, seconds: 60 }, realTimers, abort.signal);
    setTimeout(() => abort.abort(), 50);

    expect((await running).sent).toBeLessThan(10);
  });

  it('has percentiles by which one slow answer of a few is no matter', () => {
    expect(percentile([], 0.95)).toBeNull();
    expect(percentile([3], 0.95)).toBe(3);
    expect(percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 900], 0.95)).toBe(9);
    expect(percentile([...Array(19).fill(1), 900, 900], 0.95)).toBe(900);
  });
});

describe('what a step says against green', () => {
  const step = (differs: Partial<LoadResult> = {}): LoadResult => ({
    ...{ perSecond: 40, sent: 80, errors: 0, problems: {}, p50Ms: 10, p95Ms: 20 },
    ...{ mostAtOnce: 2, stopped: null },
    ...differs,
  });
  const blue = { p95Ms: 20, errorRate: 0 };

  it.each([
    ['nothing', step(), blue, null],
    ['nothing where three times is little', step({ p95Ms: 200 }), blue, null],
    ['nothing where a lot is not three times', step({ p95Ms: 900 }), { ...blue, p95Ms: 400 }, null],
    ['slower than blue', step({ p95Ms: 400 }), blue, "p95 is 400 ms, 20.0 times blue's 20 ms"],
    ['slower than the ceiling', step({ p95Ms: 1200 }), blue, 'p95 is 1200 ms, more than 1000 ms'],
    ['nothing without a blue', step({ p95Ms: 900 }), { p95Ms: null, errorRate: 0 }, null],
    ['nothing for one error', step({ sent: 20, errors: 1 }), blue, null],
    [
      'errors',
      step({ errors: 8, problems: { 'status 500': 1, 'status 503': 7 } }),
      blue,
      '8 of 80 requests failed (status 503), more than 1%',
    ],
    [
      'all that failed, be it one',
      step({ sent: 1, errors: 1, problems: { 'status 503': 1 } }),
      { ...blue, errorRate: 1 },
      '1 of 1 requests failed (status 503), more than 1%',
    ],
    ['nothing where blue fails as often', step({ errors: 8 }), { ...blue, errorRate: 0.1 }, null],
  ])('is %s', (_, given, baseline, objection) => {
    expect(objectionTo(given, loadOf(), baseline)).toBe(objection);
  });

  it('is too many requests under way', () => {
    const stopped = step({ stopped: 'connections' });

    expect(objectionTo(stopped, loadOf(), blue)).toContain('50 requests were under way');
  });

  it('comes from rates that rise to the last one', () => {
    expect(ratesOf(loadOf({ from: 5, to: 40, steps: 3 }))).toEqual([5, 22.5, 40]);
    expect(ratesOf(loadOf({ steps: 1 }))).toEqual([40]);
  });
});

function stepsOf(answer: CheckAnswer): Json[] {
  if (answer.verdict === 'pending') return [];
  return Array.isArray(answer.evidence.load) ? answer.evidence.load : [];
}

describe('a green under load', () => {
  const load = { paths: ['/'], from: 20, to: 60, steps: 2, duration: '300ms', reference: 10 };

  async function ask(
    listener: RequestListener,
    differs: Partial<CheckContext> = {},
    config: Record<string, unknown> = {},
  ) {
    const green = ref('shop-2', await serve(listener));
    const blue = ref('shop-1', await serve(quick));
    // A busy machine sends few in a short time.
    const ramp = { ...load, minRequests: 1, ...config };
    return makeCheck({ load: ramp }).run(contextOf({ blue, green, ...differs }));
  }

  it('passes when it answers as blue does', async () => {
    const answer = await ask(quick);

    expect(answer).toMatchObject({ verdict: 'pass' });
    expect(answer.summary).toMatch(
      /^green bears 60 requests\/s with a p95 of \d+ ms, blue's is \d+ ms$/,
    );
  });

  it('fails when it answers one request at a time, and is asked twice for it', async () => {
    const answer = await ask(oneAtATime(100));

    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toMatch(/green does not bear \d+ requests\/s, twice: /);
    const steps = stepsOf(answer);
    expect(steps.at(-1)).toMatchObject({ isRepeated: true });
  });

  it('fails when it refuses all that blue answers, and not when blue refuses it, too', async () => {
    const missing: RequestListener = (_, response) => void response.writeHead(404).end();
    const answer = await ask(missing);
    const blue = ref('shop-1', await serve(missing));
    const same = await ask(missing, { blue });

    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toContain('requests failed (status 404)');
    expect(same).toMatchObject({ verdict: 'pass' });
  });

  it('fails when all fails, on blue, too', async () => {
    const down: RequestListener = (_, response) => void response.writeHead(503).end();
    const answer = await ask(down, { blue: ref('shop-1', await serve(down)) });

    expect(answer).toMatchObject({ verdict: 'fail' });
  });

  it('has no verdict by a few requests', async () => {
    const answer = await ask(quick, {}, { from: 1, to: 2, minRequests: 20 });

    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toMatch(/^only \d+ requests were sent, and 20 are needed/);
  });

  it('is not blamed for what happens once', async () => {
    let failures = 6;
    const answer = await ask((_, response) => {
      // The first are for warming up.
      failures -= 1;
      response.writeHead(failures < 3 && failures > -3 ? 503 : 200).end();
    });

    expect(answer.verdict).toBe('pass');
    const steps = stepsOf(answer);
    expect(steps).toHaveLength(3);
  });

  it('gives blue the same load only where the manifest allows it', async () => {
    const counts = { green: 0, blue: 0 };
    const counting =
      (side: 'green' | 'blue'): RequestListener =>
      (_, response) => {
        counts[side] += 1;
        response.end('ok');
      };
    const sides = async () => ({
      green: ref('shop-2', await serve(counting('green'))),
      blue: ref('shop-1', await serve(counting('blue'))),
    });
    const run = async (blueLoad: boolean) =>
      makeCheck({ load: { ...load, blueLoad } }).run(contextOf(await sides()));
    await run(false);
    const sparing = counts.blue;
    await run(true);

    expect(sparing).toBeLessThanOrEqual(10);
    expect(counts.blue - sparing).toBeGreaterThan(sparing);
  });

  it('is compared with what blue does for its users', async () => {
    const at = '2025-01-01T00:00:00.000Z';
    const point = (requests: number) => [
      { at, periodSeconds: 1, requests, errors: 0, latencyMs: { p50: 9, p95: 30, p99: 40 } },
    ];
    const busy = await ask(quick, { figures: async () => point(90) });
    const calm = await ask(quick, { figures: async () => point(50) });

    expect(busy).toMatchObject({ verdict: 'warn', evidence: { blueNow: { p95Ms: 30 } } });
    expect(busy.summary).toContain('yet blue serves 90 requests/s now, which was not tried');
    expect(calm.verdict).toBe('pass');
  });

  it('does without metrics, but waits where they ask for patience', async () => {
    const failWith = (name: 'SignalUnavailableError' | 'ThrottledError') => async () => {
      throw new VerdigrisError(name, 'not now');
    };

    expect(await ask(quick, { figures: failWith('SignalUnavailableError') })).toMatchObject({
      verdict: 'pass',
    });
    await expect(ask(quick, { figures: failWith('ThrottledError') })).rejects.toThrow('not now');
  });

  it('gets none when it has users', async () => {
    let requests = 0;
    const answer = await ask(
      (_, response) => {
        requests += 1;
        response.end('ok');
      },
      { isLive: true },
    );

    expect(answer).toMatchObject({ verdict: 'pass' });
    expect(answer.summary).toBe('no load was put on green, which has users');
    expect(requests).toBe(0);
  });

  it('needs an address, and none of blue', async () => {
    const green = ref('shop-2', await serve(quick));
    const check = makeCheck({ load });
    const alone = await check.run(contextOf({ green, blue: null }));
    const unreachable = await check.run(contextOf({}));

    expect(alone).toMatchObject({ verdict: 'pass' });
    expect(alone.summary).not.toContain('blue');
    expect(unreachable).toMatchObject({ verdict: 'fail' });
    expect(unreachable.summary).toContain('shop-2 has no address');
  });
});

describe('the manifest of a capacity check', () => {
  const problems = (differs: object) =>
    capacitySchema
      .safeParse({ kind: 'capacity', ...differs })
      .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);

  it('refuses a ramp that falls, and one that does not fit into the time of the check', () => {
    expect(problems({ load: { paths: ['/'], to: 10 } })).toBeUndefined();
    expect(problems({ load: { paths: ['/'], from: 20, to: 10 } })).toEqual([
      'load.to is less than load.from',
    ]);
    expect(problems({ load: { paths: ['/'], to: 10, duration: '0s' } })).toEqual([
      'load.duration needs a duration of more than 0',
    ]);
    expect(problems({ load: { paths: ['/'], to: 10, duration: '20s' } })).toEqual([
      'load.duration lets the load take longer than the timeout of the check, with every step repeated',
    ]);
  });
});
