import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckContext } from '../../../lib/checks/check.ts';
import { type CheckDeps, checkKinds, createCheck } from '../../../lib/checks/index.ts';
import { checkContext } from '../../support/check-context.ts';
import { createServers } from '../../support/serve.ts';
import { realTimers } from '../environments/process-harness.ts';

const servers = createServers();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'verdigris-function-'));
});

afterEach(async () => {
  await servers.stopAll();
  rmSync(folder, { recursive: true, maxRetries: 5 });
});

const clock = { now: () => 1_700_000_000_500 };
const blue = {
  ...{ id: 'shop-1', kind: 'fake', version: '1', attributes: {} },
  address: 'http://127.0.0.1:81',
};
const secret = async (name: string) => `value of ${name}`;

async function create(keys: Record<string, unknown>, deps: Partial<CheckDeps> = {}) {
  const platform = { timers: realTimers, clock, baseDirectory: folder, ...deps };
  return createCheck({ kind: 'function', ...keys }, platform);
}

async function run(
  keys: Record<string, unknown>,
  context: Partial<CheckContext> = {},
  deps: Partial<CheckDeps> = {},
) {
  const check = await create(keys, deps);
  return check.run(checkContext({ blue, secret, ...context }));
}

/** Writes a program of this machine and gives the command that runs it. */
function program(code: string): { command: string } {
  writeFileSync(path.join(folder, 'rule.mjs'), code);
  return { command: 'node rule.mjs' };
}

const question = {
  service: 'shop',
  releaseId: 'r1',
  artifact: { uri: 'shop-2', version: '2' },
  blue,
  green: { id: 'shop-2', kind: 'fake', version: '2', address: null, attributes: {} },
  isLive: false,
};

describe('an answer', () => {
  const say = (answer: unknown) =>
    run(program(`console.log(${JSON.stringify(JSON.stringify(answer))})`));

  it('is the verdict, with its evidence beside who was asked', async () => {
    const evidence = { prices: [1, 2] };
    expect(await say({ verdict: 'warn', summary: 'odd prices', evidence })).toEqual({
      verdict: 'warn',
      summary: 'odd prices',
      evidence: {
        asked: 'node rule.mjs',
        exitCode: 0,
        durationMs: expect.any(Number),
        own: evidence,
      },
    });
  });

  it('may be pending', async () => {
    const summary = 'the crawl goes on';
    expect(await say({ verdict: 'pending', summary, retryAfterSeconds: 30 })).toEqual({
      ...{ verdict: 'pending', summary, retryAfterSeconds: 30 },
    });
    expect(await say({ verdict: 'pending', summary })).toMatchObject({ retryAfterSeconds: 10 });
  });

  it.each<[unknown, string]>([
    [
      {},
      'gave no valid answer: verdict is missing; known are pass, warn, fail, pending, summary is missing',
    ],
    [
      { verdict: 'passed', summary: 'x' },
      'verdict needs one of pass, warn, fail, pending; did you mean "pass"?',
    ],
    [{ verdict: 'pass', summary: ' ' }, 'summary needs a line of text'],
    [{ verdict: 'pass', summary: 1 }, 'summary needs a string'],
    [
      { verdict: 'pass', summary: 'x', evidense: {} },
      'evidense is not a known key; did you mean "evidence"?',
    ],
    [{ verdict: 'pass', summary: 'x', evidence: [] }, 'evidence needs a'],
    [{ verdict: 'pending', summary: 'x', retryAfterSeconds: 0 }, 'retryAfterSeconds is too small'],
  ])('of another form is a failed check: %j', async (answer, says) => {
    const { verdict, summary } = await say(answer);
    expect(verdict).toBe('fail');
    expect(summary).toContain(says);
  });

  it('brings only so much evidence', async () => {
    const answer = await run(
      program(
        `console.log(JSON.stringify({ verdict: 'pass', summary: 'x', evidence: { a: 'x'.repeat(20000) } }))`,
      ),
    );
    expect(answer).toMatchObject({ evidence: { own: { cutFrom: 20_008 } } });
    expect(JSON.stringify(answer).length).toBeLessThan(17_000);
  });
});

describe('a command', () => {
  it('gets the question as JSON, and in short in its variables', async () => {
    const answer = await run(
      program(`
        import { text } from 'node:stream/consumers';
        const { VERDIGRIS_TOKEN = null, ...env } = process.env;
        const names = Object.keys(env).filter((name) => name.startsWith('VERDIGRIS_')).sort();
        const evidence = { asked: JSON.parse(await text(process.stdin)), VERDIGRIS_TOKEN,
          variables: names.map((name) => env[name]), directory: process.cwd() };
        console.log(JSON.stringify({ verdict: 'pass', summary: 'x', evidence }));`),
    );
    expect(answer).toMatchObject({
      evidence: {
        own: {
          asked: question,
          VERDIGRIS_TOKEN: null,
          variables: [blue.address, '', 'shop', '2'],
          directory: expect.stringContaining(path.basename(folder)),
        },
      },
    });
  });

  it('does not hold its check by what has left its group and keeps its output open', async () => {
    const start = `import { spawn } from 'node:child_process';
      const left = spawn('sleep', ['30'], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
      console.log(left.pid); left.unref(); process.exit(0);`;
    const answer = await run(program(start));
    expect(answer).toMatchObject({ verdict: 'pass', summary: expect.stringMatching(/^\d+$/) });
    process.kill(Number(answer.summary));
  });

  it.each<[string, string, string]>([
    ['', 'pass', 'node ended with 0'],
    ['console.log("12 prices\\n all fine \\n\\n")', 'pass', 'all fine'],
    ['console.error("a\\nnegative price\\n"); process.exit(3)', 'fail', 'negative price'],
    ['console.log("only here"); process.exitCode = 1', 'fail', 'only here'],
    ['process.exit(4)', 'fail', 'node ended with 4'],
    [
      'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 9e4)',
      'fail',
      'node was ended by SIGTERM',
    ],
    ['throw new Error("no such price")', 'fail', 'Error: no such price'],
    ['throw Object.assign(new TypeError("no\\nprice"), { code: 7 })', 'fail', 'price'],
    ['console.error("  indented"); process.exit(1)', 'fail', 'indented'],
  ])('without JSON answers by its exit code: %s', async (code, verdict, summary) => {
    expect(await run(program(code))).toMatchObject({ verdict, summary });
  });

  it('that does not pass may say so in JSON, but no pass with an exit code that is none', async () => {
    const say = (verdict: string) =>
      run(program(`console.log('{"verdict":"${verdict}","summary":"so"}'); process.exitCode = 2`));
    expect(await say('fail')).toMatchObject({ verdict: 'fail', summary: 'so' });
    expect(await say('pass')).toMatchObject({
      verdict: 'fail',
      summary: 'node said pass, but ended with 2',
      evidence: { exitCode: 2 },
    });
  });

  it('that writes broken JSON or far too much is a failed check', async () => {
    expect(await run(program('console.log("{")'))).toMatchObject({
      verdict: 'fail',
      summary: 'node writes no valid JSON',
    });
    expect(await run(program('console.log("x".repeat(200000))'))).toMatchObject({
      verdict: 'fail',
      summary: 'node writes more than 65536 characters',
    });
  });

  it('that is not there is a failed check', async () => {
    expect(await run({ command: 'no-such-program' })).toMatchObject({
      verdict: 'fail',
      summary: expect.stringContaining(
        "no-such-program can't be started: there is no such program",
      ),
    });
  });

  it('ends with all that it has started when its time is up', async () => {
    const abort = new AbortController();
    const file = path.join(folder, 'pids');
    const running = run(
      program(`
        import { spawn } from 'node:child_process';
        import { renameSync, writeFileSync } from 'node:fs';
        process.on('SIGTERM', () => {});
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
        writeFileSync('pids.part', process.pid + ' ' + child.pid);
        renameSync('pids.part', 'pids');
        setInterval(() => {}, 1000);`),
      { abort: abort.signal },
    );
    await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(true);
    abort.abort();
    expect(await running).toMatchObject({
      verdict: 'fail',
      summary: 'node was ended: its time was up',
    });
  });

  it('takes with it what it leaves behind', async () => {
    const answer = await run(
      program(`
        import { spawn } from 'node:child_process';
        spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref();
        console.log('done');
        process.exit(0);`),
    );
    expect(answer).toMatchObject({ verdict: 'pass', summary: 'done' });
  });

  it('is not begun when the time is up already', async () => {
    const keys = program('require("fs").writeFileSync("begun", "")');
    expect(await run(keys, { abort: AbortSignal.abort() })).toMatchObject({
      verdict: 'fail',
      summary: 'there was no time to ask node rule.mjs',
    });
    expect(existsSync(path.join(folder, 'begun'))).toBe(false);
  });
});

describe('a webhook', () => {
  const pass = '{"verdict":"pass","summary":"fine"}';

  async function ask(
    answer: { status?: number; body?: string; headers?: Record<string, string> },
    context: Partial<CheckContext> = {},
  ) {
    const received: { request: IncomingMessage; body: string }[] = [];
    const listener: RequestListener = async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.push({ request, body });
      response.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? pass);
    };
    const url = `${await servers.serve(listener)}/secret-path`;
    const answered = await run({ url, secret: 'rules', name: 'prices' }, context);
    return { answer: answered, received };
  }

  it('gets the question, signed as every delivery', async () => {
    const { answer, received } = await ask({});
    const [{ request, body } = { request: { headers: {} }, body: '' }] = received;
    expect(JSON.parse(body)).toEqual(question);
    const { headers } = request;
    const delivery = '1700000000500-r1-prices';
    const signature = createHmac('sha256', 'value of rules')
      .update(`1700000000.${delivery}.${body}`)
      .digest('hex');
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-verdigris-timestamp': '1700000000',
      'x-verdigris-delivery': delivery,
      'x-verdigris-signature': `v1=${signature}`,
    });
    expect(answer).toMatchObject({ verdict: 'pass', summary: 'fine', evidence: { status: 200 } });
    expect(JSON.stringify(answer)).not.toContain('secret-path');
  });

  it('that answers in another way is a failed check', async () => {
    const summaryOf = async (given: Parameters<typeof ask>[0]) => (await ask(given)).answer.summary;
    expect(await summaryOf({ status: 500 })).toMatch(/^127\.0\.0\.1:\d+ answers 500$/);
    expect(await summaryOf({ status: 302, headers: { location: '/' } })).toContain('answers 302');
    expect(await summaryOf({ body: 'ok' })).toContain('answers no JSON');
    expect(await summaryOf({ body: 'x'.repeat(70_000) })).toContain('more than 65536 bytes');
  });

  it('may ask for patience', async () => {
    const patience = { status: 429, headers: { 'retry-after': '7' } };
    expect((await ask(patience)).answer).toMatchObject({
      verdict: 'pending',
      retryAfterSeconds: 7,
    });
    expect((await ask({ status: 429 })).answer).toMatchObject({ retryAfterSeconds: 5 });
  });

  it('is asked again when the connection breaks, with the same delivery', async () => {
    const deliveries: unknown[] = [];
    const url = await servers.serve((request, response) => {
      deliveries.push(request.headers['x-verdigris-delivery']);
      if (deliveries.length === 1) request.socket.destroy();
      else response.end(pass);
    });
    expect(await run({ url, secret: 'rules' })).toMatchObject({ verdict: 'pass' });
    expect(new Set(deliveries)).toEqual(new Set(['1700000000500-r1-function']));
    expect(deliveries).toHaveLength(2);
  });

  it('that is not there is a failed check', async () => {
    const answer = await run({ url: 'http://127.0.0.1:1/', secret: 'rules' });
    expect(answer.summary).toMatch(/^127\.0\.0\.1:1 gives no answer: /);
  });
});

describe('a function', () => {
  function lambdaThat(answer: object | Error) {
    const inputs: Record<string, unknown>[] = [];
    const send = async ({ input }: { input: Record<string, unknown> }) => {
      inputs.push(input);
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return { inputs, lambda: { send } as unknown as NonNullable<CheckDeps['lambda']> };
  }
  const bytes = (text: string) => new TextEncoder().encode(text);
  const called = (name: string) => Object.assign(new Error(`${name} it is`), { name });

  it('is invoked with the question', async () => {
    const payload = bytes('{"verdict":"fail","summary":"negative price"}');
    const { lambda, inputs } = lambdaThat({ Payload: payload, ExecutedVersion: '7' });
    const answer = await run({ functionName: 'shop-rules:live' }, {}, { lambda });
    expect(answer).toMatchObject({
      verdict: 'fail',
      summary: 'negative price',
      evidence: { asked: 'shop-rules:live', version: '7' },
    });
    const [input] = inputs;
    expect(input).toMatchObject({ FunctionName: 'shop-rules', Qualifier: 'live' });
    expect(JSON.parse(new TextDecoder().decode(input?.Payload as Uint8Array))).toEqual(question);
    await run({ functionName: 'shop-rules' }, {}, { lambda });
    expect(inputs.at(-1)).not.toHaveProperty('Qualifier');
  });

  it.each<[object | Error, object]>([
    [
      {
        FunctionError: 'Unhandled',
        Payload: bytes('{"errorType":"TypeError","errorMessage":"no"}'),
      },
      { verdict: 'fail', summary: 'rules failed (Unhandled): TypeError: no' },
    ],
    [
      { FunctionError: 'Unhandled', Payload: bytes('Task timed out') },
      { verdict: 'fail', summary: 'rules failed (Unhandled): Task timed out' },
    ],
    [{ Payload: bytes('ok') }, { verdict: 'fail', summary: 'rules answers no JSON' }],
    [{}, { verdict: 'fail', summary: 'rules answers no JSON' }],
    [
      { Payload: bytes('null') },
      { verdict: 'fail', summary: expect.stringContaining('it needs an object') },
    ],
    [
      { Payload: bytes('x'.repeat(70_000)) },
      { verdict: 'fail', summary: 'rules answers with more than 65536 bytes' },
    ],
    [
      called('TooManyRequestsException'),
      { verdict: 'pending', retryAfterSeconds: 5, summary: expect.stringContaining('patience') },
    ],
    [called('AbortError'), { verdict: 'fail', summary: 'rules: its time was up' }],
    [
      called('ResourceNotFoundException'),
      { verdict: 'fail', summary: 'there is no function rules' },
    ],
    [
      called('AccessDeniedException'),
      {
        verdict: 'fail',
        summary:
          'rules was not invoked: AccessDeniedException it is; allow lambda:InvokeFunction on it',
      },
    ],
  ])('that answers %j', async (answer, expected) => {
    const { lambda } = lambdaThat(answer);
    expect(await run({ functionName: 'rules' }, {}, { lambda })).toMatchObject(expected);
  });
});

describe('before there is a green', () => {
  const keys = { ...{ command: 'node rule.mjs' }, preflight: true };

  it('it is asked where the manifest says so, with null for green', async () => {
    program(`
      import { text } from 'node:stream/consumers';
      const evidence = JSON.parse(await text(process.stdin));
      console.log(JSON.stringify({ verdict: 'pass', summary: 'x', evidence }));`);
    const check = await create(keys);
    const { green: _, releaseId: __, isLive: ___, ...context } = checkContext({ blue, secret });
    expect(await check.preflight?.(context)).toMatchObject({
      evidence: { own: { ...question, releaseId: null, green: null } },
    });
    expect((await create({ command: 'node rule.mjs' })).preflight).toBeUndefined();
  });
});

describe('the platform', () => {
  it('of one machine has no functions, and AWS no commands', async () => {
    await expect(create({ functionName: 'rules' })).rejects.toMatchObject({
      name: 'KindUnavailableError',
      message: expect.stringContaining('AWS only'),
    });
    const aws = createCheck({ kind: 'function', command: 'node x' }, { timers: realTimers, clock });
    await expect(aws).rejects.toMatchObject({
      name: 'KindUnavailableError',
      message: expect.stringContaining('local platform only'),
    });
  });
});

describe('the manifest', () => {
  const schema = checkKinds.find(({ kind }) => kind === 'function')?.schema;
  it.each<[Record<string, unknown>, string]>([
    [{}, 'needs one of functionName, url and command'],
    [{ command: 'node x', functionName: 'rules' }, 'needs one of functionName, url and command'],
    [{ url: 'https://rules.test/' }, 'is needed with url, and with nothing else'],
    [{ command: 'node x', secret: 'rules' }, 'is needed with url, and with nothing else'],
    [{ url: 'http://rules.test/', secret: 'rules' }, 'needs an https URL'],
    [{ url: 'https://rules.test/', secret: 'verdigris-signing' }, "is the conductor's own"],
    [{ command: 'curl $URL | jq .' }, 'which only a shell understands'],
    [{ functionName: 'arn:aws:lambda:eu-central-1:1:function:x' }, 'needs the name of a function'],
  ])('%j is refused', (keys, reason) => {
    const read = schema?.safeParse({ kind: 'function', ...keys });
    expect(read?.error?.message ?? 'fine').toContain(reason);
  });
});
