import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CheckAnswer, CheckContext } from '../../../lib/checks/check.ts';
import type { CheckDeps } from '../../../lib/checks/index.ts';
import { createTelemetryCheck } from '../../../lib/checks/telemetry/check.ts';
import { cloudWatchProblem, grafanaProblem } from '../../../lib/checks/telemetry/dashboards.ts';
import { samplesIn, samplesOf } from '../../../lib/checks/telemetry/exposition.ts';
import { fieldProblems } from '../../../lib/checks/telemetry/log-lines.ts';
import { telemetrySchema } from '../../../lib/checks/telemetry.ts';
import { checkContext, checkPlan } from '../../support/check-context.ts';
import { createFakeCalls, type Operations } from '../../support/fakes/sdk-client.ts';
import { checkFilesOf } from '../../support/version-files.ts';
import { realTimers } from '../environments/process-harness.ts';

const green = { id: 'shop-2', kind: 'fake', version: '2', address: null, attributes: {} };
/** Timers by which a moment is none. */
const hastyTimers = { after: (_: number, callback: () => void) => realTimers.after(0, callback) };

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Asks a green that is served by `listener`; null leaves it without an address. */
async function ask(
  config: Record<string, unknown>,
  listener: RequestListener | null,
  { deps = {}, ...around }: Partial<CheckContext> & { deps?: Partial<CheckDeps> } = {},
): Promise<CheckAnswer> {
  const address = listener && (await serve(listener));
  const check = createTelemetryCheck(
    { kind: 'telemetry', ...config },
    { timers: hastyTimers, ...deps },
  );
  return check.run(checkContext({ green: { ...green, address }, ...around }));
}

const quiet: RequestListener = (_, response) => void response.end('ok');

const exposing =
  (text: string, status = 200): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(text);

function evidenceOf(answer: CheckAnswer) {
  return answer.verdict === 'pending' ? {} : answer.evidence;
}

describe('metrics of Prometheus', () => {
  const text = `# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{environment="shop-2",version="2",path="/a \\"b\\" {c}"} 3 1700000000
up 1
latency_seconds_bucket{environment="shop-2",version="2",le="+Inf"} 4
latency_seconds_count{environment="shop-2",version="2"} 4
old{environment="shop-1",version="2"} NaN
nonsense {
`;

  it('are read line by line, with what is escaped', () => {
    const samples = samplesIn(text);

    expect(samples.map(({ name }) => name)).toEqual([
      'http_requests_total',
      'up',
      'latency_seconds_bucket',
      'latency_seconds_count',
      'old',
    ]);
    expect(samples[0]?.labels.path).toBe('/a "b" {c}');
    expect(samplesOf(samples, 'latency_seconds')).toHaveLength(2);
  });

  it("are there with green's own labels, or said not to be", async () => {
    const metrics = ['http_requests_total', 'latency_seconds', 'up', 'old', 'gone'];
    const answer = await ask({ metrics, require: '40%' }, exposing(text));

    expect(answer).toMatchObject({ verdict: 'pass', effects: { observabilityCoverage: 40 } });
    expect(evidenceOf(answer)).toMatchObject({
      coverage: 40,
      required: 40,
      asked: [
        { name: 'http_requests_total', problem: null },
        { name: 'latency_seconds', problem: null },
        { name: 'up', problem: 'has no label environment' },
        { name: 'old', problem: 'has the label environment="shop-1" instead of "shop-2"' },
        { name: 'gone', problem: 'is not there' },
      ],
    });
  });

  it('may have labels by other names', async () => {
    const renamed = 'hits{env="shop-2"} 1';
    const config = { metrics: ['hits'], labels: { env: 'environment' } };

    expect((await ask(config, exposing(renamed))).verdict).toBe('pass');
    expect((await ask({ metrics: ['hits'] }, exposing(renamed))).verdict).toBe('fail');
  });

  it('cannot be told of a green that answers otherwise, or not at all', async () => {
    const metrics = ['http_requests_total'];
    const broken = await ask({ metrics, traffic: [] }, exposing('', 404));
    const unreachable = await ask({ metrics }, null);

    expect(broken.summary).toContain('cannot be read: /metrics answers with status 404');
    expect(unreachable.summary).toContain('cannot be read: shop-2 has no address');
  });

  it('may come a moment after the requests', async () => {
    let looks = 0;
    const answer = await ask({ metrics: ['late'], traffic: [] }, (_, response) => {
      looks += 1;
      response.end(looks < 4 ? '' : 'late{environment="shop-2",version="2"} 1');
    });

    expect(answer.verdict).toBe('pass');
  });
});

describe('log lines', () => {
  const labels = { environment: 'shop-2', version: '2' };
  const line = (facts: object) => JSON.stringify({ ...labels, ...facts });
  const problems = (lines: string[], fields: string[], isOwn = true) =>
    fieldProblems({ lines, isOwn, name: 'the output' }, fields, labels, 'trace1');

  it('need labels in every line, and other fields in one', () => {
    const lines = [line({ path: '/' }), line({ message: 'listens' })];

    expect(problems(lines, ['environment', 'path', 'traceId'])).toEqual([
      null,
      null,
      'is in none of 2 lines',
    ]);
  });

  it('say whose they are, and rightly', () => {
    const lines = [line({}), JSON.stringify({ version: 2 }), line({ environment: 'shop-1' })];

    expect(problems(lines, ['environment', 'version'])).toEqual([
      'is missing in 1 of 3 lines',
      null,
    ]);
    expect(problems(lines.slice(2), ['environment'])).toEqual(['is "shop-1" instead of "shop-2"']);
  });

  it('count by our own trace where there is one, and only by it in a log of several', () => {
    const lines = [line({ traceId: 'trace1' }), JSON.stringify({ of: 'somebody else' })];

    expect(problems(lines, ['environment'])).toEqual([null]);
    expect(problems(lines, ['environment'], false)).toEqual([null]);
    expect(problems(lines.slice(1), ['environment'], false)).toEqual([
      "none of the last 1 lines in the output is green's and JSON",
    ]);
  });

  it("may have text before them, and leave out Lambda's own", () => {
    const lines = [
      'START RequestId: 1 Version: 2',
      `2025-01-01T00:00:00Z\t1\tINFO\t${line({ path: '/' })}`,
      JSON.stringify({ time: 'now', type: 'platform.report', record: {} }),
    ];

    expect(problems(lines, ['environment', 'path'])).toEqual([null, null]);
    expect(problems([], ['path'])).toEqual(['nothing is in the output']);
  });

  it('may have fields inside others', () => {
    expect(problems([line({ http: { status: 200 } })], ['http.status', 'http.path'])).toEqual([
      null,
      'is in none of 1 lines',
    ]);
  });
});

describe('what a process writes', () => {
  it('is looked at for fields and for the trace of our requests', async () => {
    const lines: string[] = [];
    const logging: RequestListener = ({ headers }, response) => {
      const [, traceId] = String(headers.traceparent).split('-');
      lines.push(JSON.stringify({ environment: 'shop-2', version: '2', traceId }));
      response.end('ok');
    };
    const deps = { recentOutput: () => lines.join('\n') };
    const answer = await ask({ logs: {}, traces: {} }, logging, { deps });

    expect(answer).toMatchObject({ verdict: 'pass' });
    expect(answer.summary).toBe('100% of the telemetry is there (3 of 3)');
  });

  it('is missing where nothing is written, or nobody knows it', async () => {
    const silent = await ask({ logs: {} }, quiet, { deps: { recentOutput: () => '' } });
    const unknown = await ask({ logs: {} }, quiet, { deps: { recentOutput: () => null } });

    expect(silent.summary).toContain('log field environment nothing is in the output of shop-2');
    expect(unknown.summary).toContain('the output of shop-2 is not known here');
  });
});

describe('traces', () => {
  const deps = { recentOutput: () => '' };
  const echoing: RequestListener = ({ headers }, response) => {
    response.setHeader('traceparent', String(headers.traceparent)).end('ok');
  };

  it('go on where the answer, or a log line, has their id', async () => {
    expect(await ask({ traces: {} }, echoing, { deps })).toMatchObject({ verdict: 'pass' });
    expect(await ask({ traces: { where: 'answer' } }, echoing)).toMatchObject({ verdict: 'pass' });
  });

  it('are lost where neither has it', async () => {
    const lost = await ask({ traces: {}, traffic: ['/', '/a'] }, quiet, { deps });
    const inLogs = await ask({ traces: { where: 'logs' } }, echoing, { deps });

    expect(lost).toMatchObject({ verdict: 'fail' });
    expect(lost.summary).toContain(
      'trace traceparent is in no log line, and in the header of 0 of 2 answers',
    );
    expect(inLogs.summary).toContain('is in no log line');
  });

  it('have the same id in every look of a release, and another in the next release', async () => {
    const seen = new Set<string>();
    const remembering: RequestListener = ({ headers }, response) => {
      seen.add(String(headers.traceparent));
      response.end('ok');
    };
    await ask({ traces: {} }, remembering, { deps });
    await ask({ traces: {} }, remembering, { deps });
    await ask({ traces: {} }, remembering, { deps, releaseId: 'r2' });

    expect(seen.size).toBe(2);
    for (const header of seen) expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});

describe('alarms', () => {
  const known = (hasAction: boolean | null) => async (names: readonly string[]) =>
    names.map((name) => ({ name, exists: name !== 'gone', hasAction }));

  it('of the watch window are asked for unless others are named', async () => {
    const signals = {
      kind: 'local-alarms',
      alarms: { 'shop-5xx': { metric: 'errorRate', above: '5%', for: '1s' } },
    };
    const plan = checkPlan({ signals, watch: { alarms: ['shop-5xx'] } });
    const watched = await ask({}, quiet, { plan, alarms: known(null) });
    const named = await ask({ alarms: ['gone', 'b'] }, quiet, { plan, alarms: known(true) });

    expect(evidenceOf(watched)).toMatchObject({ asked: [{ kind: 'alarm', name: 'shop-5xx' }] });
    expect(named.summary).toBe('50% of the telemetry is there (1 of 2): alarm gone does not exist');
  });

  it('have to tell somebody', async () => {
    const answer = await ask({ alarms: ['b'] }, quiet, { alarms: known(false) });

    expect(answer.summary).toContain('alarm b has no action that tells the conductor');
  });
});

describe('dashboards of Grafana', () => {
  const dashboard = (exprs: string[], variables: string[] = []) =>
    JSON.stringify({
      templating: { list: variables.map((name) => ({ name })) },
      panels: [{ panels: [{ targets: exprs.map((expr) => ({ expr })) }] }],
    });
  const labels = ['environment', 'version'];

  it.each([
    ['a label in every query', dashboard(['a{environment="$e"}', 'sum by (version) (b)']), null],
    ['a variable', dashboard(['a', 'b'], ['environment']), null],
    [
      'neither',
      dashboard(['a', 'b{version="2"}']),
      'does not tell environments apart in 1 of 2 queries',
    ],
    [
      'a name that only looks like it',
      dashboard(['my_environment_total']),
      'does not tell environments apart in 1 of 1 queries',
    ],
    ['no queries', dashboard([]), 'has no queries'],
    ['no JSON', 'a: b', 'is not JSON'],
    ['a list', '[]', 'is not JSON'],
  ])('with %s', (_, body, problem) => {
    expect(grafanaProblem(body, labels)).toBe(problem);
  });

  it('come with the artifact, on the platform that has it', async () => {
    const config = { dashboards: [{ file: 'shop.json' }] };
    const having = (files: Record<string, string>) => ({ deps: { files: checkFilesOf(files) } });
    const good = dashboard(['a{version="2"}']);

    expect(await ask(config, quiet, having({ 'shop.json': good }))).toMatchObject({
      verdict: 'pass',
    });
    expect((await ask(config, quiet, having({}))).summary).toContain('is not among');
    expect((await ask(config, quiet)).summary).toContain('this platform reads no files');
  });

  it('may be objects, on AWS', async () => {
    const file = 's3://boards/shop.json';
    const deps = { files: checkFilesOf({ [file]: dashboard(['a']) }) };
    const { summary } = await ask({ dashboards: [{ file }] }, quiet, { deps });

    expect(summary).toContain('does not tell environments apart');
  });
});

describe('dashboards of CloudWatch', () => {
  const body = (...metrics: unknown[][]) =>
    JSON.stringify({ widgets: [{ properties: { metrics } }] });
  const problem = (text: string) => cloudWatchProblem(text, ['Environment']);

  it.each([
    ['a dimension of ours', body(['Shop', 'Hits', 'Environment', 'shop-2']), null],
    [
      'versions of a function',
      body(['AWS/Lambda', 'Errors', 'FunctionName', 'f', 'ExecutedVersion', '7']),
      null,
    ],
    [
      'a target group',
      body(['AWS/ApplicationELB', 'HTTPCode', 'TargetGroup', 't', { stat: 'Sum' }]),
      null,
    ],
    [
      'what a row takes from the row before',
      body(['Shop', 'Hits', 'Environment', 'a'], ['.', 'Errors', '.', '.'], ['...', 'b']),
      null,
    ],
    ['math about rows', body(['Shop', 'Hits', 'Environment', 'a'], [{ expression: 'm1*2' }]), null],
    ['a search', body([{ expression: "SEARCH('{Shop,Environment} Hits', 'Sum')" }]), null],
    [
      'a search for all',
      body([{ expression: "SEARCH('{Shop} Hits', 'Sum')" }]),
      'does not tell environments apart in 1 of 1 queries',
    ],
    [
      'all of a function',
      body(['AWS/Lambda', 'Errors', 'FunctionName', 'f'], ['.', 'Duration', '.', '.']),
      'does not tell environments apart in 2 of 2 queries',
    ],
    [
      'text only',
      JSON.stringify({ widgets: [{ type: 'text', properties: { markdown: '# Hi' } }] }),
      'has no queries',
    ],
    [
      'a query of logs',
      JSON.stringify({
        widgets: [{ properties: { query: "SOURCE 'x' | filter environment = 'a'" } }],
      }),
      null,
    ],
  ])('with %s', (_, text, expected) => {
    expect(problem(text)).toBe(expected);
  });
});

/** CloudWatch, its logs and X-Ray in memory. */
function aws(operations: Operations) {
  const { createSend, ...calls } = createFakeCalls('AWS', (name, message) =>
    Object.assign(new Error(message), { name }),
  );
  const client = { send: createSend(operations) };
  const deps = {
    cloudWatch: client,
    logs: async () => client,
    xray: async () => client,
    clock: { now: () => Date.UTC(2025, 0, 31, 12) },
  } as unknown as Partial<CheckDeps>;
  return { deps, calls };
}

describe('metrics of CloudWatch', () => {
  const config = { metrics: ['Hits'], namespace: 'Shop', traffic: [], within: '5m' };
  const listing = (dimensions: Record<string, string>) =>
    aws({
      ListMetrics: ({ Dimensions }) => {
        const wanted = Dimensions as { Name: string; Value: string }[];
        return {
          Metrics: wanted.every(({ Name, Value }) => dimensions[Name] === Value) ? [{}] : [],
        };
      },
    });

  it("are there with green's dimensions", async () => {
    const { deps, calls } = listing({ environment: 'shop-2', version: '2', path: '/' });

    expect(await ask(config, quiet, { deps })).toMatchObject({ verdict: 'pass' });
    expect(calls.calls[0]?.input).toMatchObject({ Namespace: 'Shop', MetricName: 'Hits' });
  });

  it('may come later, until the time for that is over', async () => {
    const { deps } = listing({});
    const early = await ask(config, quiet, { deps, waitedSeconds: 100 });
    const late = await ask(config, quiet, { deps, waitedSeconds: 301 });

    expect(early).toMatchObject({ verdict: 'pending', retryAfterSeconds: 15 });
    expect(late).toMatchObject({ verdict: 'fail' });
    expect(late.summary).toContain(
      'metric Hits is in Shop, yet not with environment=shop-2 and version=2',
    );
  });

  it('name the permission that is missing, and wait where AWS asks for patience', async () => {
    const denied = listing({});
    denied.calls.failNext('ListMetrics', 'AccessDenied');
    const throttled = listing({});
    throttled.calls.failNext('ListMetrics', 'Throttling');

    await expect(ask(config, quiet, { deps: denied.deps })).rejects.toThrow(
      /cloudwatch:ListMetrics/,
    );
    await expect(ask(config, quiet, { deps: throttled.deps })).rejects.toMatchObject({
      name: 'ThrottledError',
    });
  });

  it('are there on AWS only', async () => {
    const answer = await ask(config, quiet, { waitedSeconds: 1000 });

    expect(answer.summary).toContain('CloudWatch is there on AWS only');
  });
});

describe('log groups', () => {
  const written = JSON.stringify({ environment: 'shop-2', version: '2' });
  const functionPlan = {
    ...checkPlan(),
    environment: { kind: 'lambda-version', functionName: 'shop' },
  };

  it("of a function are read by its version's streams, page by page", async () => {
    const { deps, calls } = aws({
      FilterLogEvents: ({ nextToken }) =>
        nextToken ? { events: [{ message: written }] } : { events: [], nextToken: 'more' },
    });
    const version = { ...green, id: 'shop-2' };
    const answer = await ask({ logs: {} }, null, { deps, plan: functionPlan, green: version });

    expect(answer).toMatchObject({ verdict: 'pass' });
    expect(calls.calls.map(({ input }) => input)).toMatchObject([
      { logGroupName: '/aws/lambda/shop', logStreamNamePrefix: '2025/01/31/[shop-2]' },
      { nextToken: 'more' },
    ]);
  });

  it('are those of the facts, or those that the manifest names', async () => {
    const { deps, calls } = aws({ FilterLogEvents: () => ({ events: [{ message: written }] }) });
    const describe = async () => ({ logGroup: '/own/group' });
    await ask({ logs: {} }, null, { deps, plan: functionPlan, describe });
    await ask({ logs: { group: '/ecs/shop', streamPrefix: 'web/' } }, null, { deps });
    const none = await ask({ logs: {} }, null, { deps, waitedSeconds: 9999 });

    expect(calls.calls.map(({ input }) => input)).toMatchObject([
      { logGroupName: '/own/group', logStreamNamePrefix: '2025/01/31/shop[shop-2]' },
      { logGroupName: '/ecs/shop', logStreamNamePrefix: 'web/' },
    ]);
    expect(none.summary).toContain('no log group is known of shop-2; name it in logs.group');
  });

  it('have streams of two days shortly after midnight', async () => {
    const { deps, calls } = aws({ FilterLogEvents: () => ({ events: [{ message: written }] }) });
    const clock = { now: () => Date.UTC(2025, 1, 1, 0, 10) };
    await ask({ logs: {} }, null, { deps: { ...deps, clock }, plan: functionPlan });

    expect(calls.calls.map(({ input }) => input.logStreamNamePrefix)).toEqual([
      '2025/01/31/[shop-2]',
      '2025/02/01/[shop-2]',
    ]);
  });

  it('that are not there yet are empty', async () => {
    const { deps, calls } = aws({ FilterLogEvents: () => ({}) });
    calls.failNext('FilterLogEvents', 'ResourceNotFoundException', 'none', 9);
    const config = { logs: { group: '/ecs/shop' } };

    expect(await ask(config, null, { deps })).toMatchObject({ verdict: 'pending' });
    const late = await ask(config, null, { deps, waitedSeconds: 9999 });
    expect(late.summary).toContain('nothing is in log group /ecs/shop');
  });
});

describe('traces in X-Ray', () => {
  const config = { traces: { where: 'x-ray' } };

  it('are found by a filter of green', async () => {
    const { deps, calls } = aws({ GetTraceSummaries: () => ({ TraceSummaries: [{ Id: '1' }] }) });

    expect(await ask(config, quiet, { deps })).toMatchObject({ verdict: 'pass' });
    expect(calls.calls[0]?.input).toMatchObject({
      FilterExpression: 'annotation.environment = "shop-2"',
    });
  });

  it('may come later, and are there on AWS only', async () => {
    const { deps } = aws({ GetTraceSummaries: () => ({ TraceSummaries: [] }) });

    expect(await ask(config, quiet, { deps })).toMatchObject({ verdict: 'pending' });
    expect((await ask(config, quiet)).summary).toContain('X-Ray is there on AWS only');
  });
});

describe('a dashboard in CloudWatch', () => {
  const config = { dashboards: [{ name: 'shop' }], traffic: [] };
  const telling = JSON.stringify({
    widgets: [{ properties: { metrics: [['Shop', 'Hits', 'environment', 'a']] } }],
  });

  it('is read by its name, before there is a green too', async () => {
    const { deps } = aws({ GetDashboard: () => ({ DashboardBody: telling }) });
    const check = createTelemetryCheck(
      { kind: 'telemetry', ...config, metrics: ['a'] },
      { timers: hastyTimers, ...deps },
    );
    const before = await check.preflight?.(checkContext());

    expect(await ask(config, quiet, { deps })).toMatchObject({ verdict: 'pass' });
    expect(before).toMatchObject({ verdict: 'pass' });
    expect(before).not.toHaveProperty('effects');
  });

  it('has to exist', async () => {
    const { deps, calls } = aws({ GetDashboard: () => ({}) });
    calls.failNext('GetDashboard', 'ResourceNotFound');

    expect((await ask(config, quiet, { deps })).summary).toContain('dashboard shop does not exist');
    expect((await ask(config, quiet)).summary).toContain('CloudWatch is there on AWS only');
  });
});

describe('a telemetry check', () => {
  it('asks for something', async () => {
    const check = createTelemetryCheck({ kind: 'telemetry' }, { timers: hastyTimers });

    expect(await ask({}, quiet)).toMatchObject({
      verdict: 'fail',
      summary: 'nothing is asked for; name metrics, logs, traces, alarms or dashboards',
    });
    expect(await check.preflight?.(checkContext())).toMatchObject({ verdict: 'pass' });
  });

  it('fails a green that answers nothing', async () => {
    const answer = await ask({ metrics: ['a'] }, ({ socket }) => void socket.destroy());

    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toMatch(/^green answered none of 1 requests: /);
  });

  it('names some of many problems, and how many more there are', async () => {
    const metrics = ['a', 'b', 'c', 'd', 'e'];
    const answer = await ask({ metrics, require: '50%' }, quiet);

    expect(answer.summary).toBe(
      '0% of the telemetry is there (0 of 5), 50% are required: metric a is not there; metric b is not there; metric c is not there; 2 more',
    );
  });

  it('keeps no log line, which may hold a secret', async () => {
    const line = JSON.stringify({ environment: 'other', password: 'hunter2' });
    const answer = await ask({ logs: {} }, quiet, { deps: { recentOutput: () => line } });

    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  it('takes labels as a list or by meaning, and files inside the artifact only', () => {
    const parse = (differs: object) => telemetrySchema.safeParse({ kind: 'telemetry', ...differs });

    expect(parse({}).data?.labels).toEqual({ environment: 'environment', version: 'version' });
    expect(parse({ labels: ['version'] }).data?.labels).toEqual({ version: 'version' });
    expect(parse({ labels: { env: 'colour' } }).success).toBe(false);
    expect(parse({ dashboards: [{ file: '../shop.json' }] }).success).toBe(false);
    expect(parse({ dashboards: [{ file: '/etc/shop.json' }] }).success).toBe(false);
    expect(parse({ dashboards: ['shop'] }).success).toBe(false);
  });
});
