import type { IncomingMessage, RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckContext, CheckVerdict } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import { checkContext } from '../../support/check-context.ts';
import { createServers } from '../../support/serve.ts';
import { realTimers } from '../environments/process-harness.ts';

const { serve, stopAll } = createServers();
afterEach(stopAll);

const green = { id: 'shop-2-abc', kind: 'fake', version: '2.0', attributes: {} };

async function run(
  address: string | null,
  keys: Record<string, unknown>,
  context: Partial<CheckContext> = {},
): Promise<CheckVerdict> {
  const check = await createCheck(
    { kind: 'http', retryDelay: '1ms', ...keys },
    { timers: realTimers },
  );
  const answer = await check.run(checkContext({ green: { ...green, address }, ...context }));
  if (answer.verdict === 'pending') throw new Error('an http check is never pending');
  return answer;
}

/** Answers with these statuses in turn, and then with the last one. */
function inTurn(...statuses: (number | 'break')[]): RequestListener {
  let asked = 0;
  return (request, response) => {
    const status = statuses[Math.min(asked, statuses.length - 1)] ?? 200;
    asked += 1;
    if (status === 'break') request.socket.destroy();
    else response.writeHead(status).end('{}');
  };
}

const byPath =
  (statuses: Record<string, number>, asked: IncomingMessage[] = []): RequestListener =>
  (request, response) => {
    asked.push(request);
    response.writeHead(statuses[request.url ?? ''] ?? 404, { 'content-type': 'text/plain' });
    response.end(`body of ${request.url}`);
  };

describe('an http check of several paths', () => {
  it('passes when all are as expected', async () => {
    const address = await serve(byPath({ '/a': 200, '/b': 204 }));
    const answer = await run(address, { paths: ['/a', { path: '/b', expect: { status: 204 } }] });
    expect(answer).toMatchObject({ verdict: 'pass', summary: '2 paths answered as expected' });
    expect(answer.evidence.paths).toMatchObject([
      { method: 'GET', path: '/a', verdict: 'pass', status: 200, answers: 1 },
      { method: 'GET', path: '/b', verdict: 'pass', status: 204, answers: 1 },
    ]);
  });

  it('names every path that is wrong, and why', async () => {
    const address = await serve(byPath({ '/a': 200, '/b': 500, '/c': 503 }));
    const answer = await run(address, { paths: ['/a', '/b', '/c'], attempts: 1 });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toBe(
      '2 of 3 paths are wrong: GET /b failed 1 of 1 attempts: status 500 instead of 200; ' +
        'GET /c failed 1 of 1 attempts: status 503 instead of 200',
    );
    expect(answer.evidence.paths).toMatchObject([{}, { body: 'body of /b' }, { status: 503 }]);
  });

  it('warns of those that are flaky', async () => {
    const flaky = inTurn(500, 200);
    const address = await serve((request, response) =>
      request.url === '/b' ? flaky(request, response) : response.end(),
    );
    const answer = await run(address, { paths: ['/a', '/b'] });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toBe('1 of 2 paths is flaky: GET /b passed on attempt 2 of 3');
  });

  it('gives each path its own request, and the common one to those without', async () => {
    const asked: IncomingMessage[] = [];
    const address = await serve(byPath({ '/a': 200, '/b': 200 }, asked));
    await run(address, {
      headers: { 'x-probe': 'common' },
      paths: ['/a', { path: '/b', method: 'POST', body: 'x', headers: { 'x-probe': 'own' } }],
    });
    const seen = asked.map(({ method, url, headers }) => [method, url, headers['x-probe']]);
    expect(seen.toSorted()).toEqual([
      ['GET', '/a', 'common'],
      ['POST', '/b', 'own'],
    ]);
  });

  it('keeps evidence of fifty failures small', async () => {
    const address = await serve((_, response) => response.writeHead(500).end('x'.repeat(5000)));
    const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
    const answer = await run(address, { paths, attempts: 1 });
    expect(JSON.stringify(answer.evidence).length).toBeLessThan(16_384);
  });

  it('needs either path or paths', async () => {
    await expect(run(null, { path: '/', paths: ['/a'] })).rejects.toThrow('one of path and paths');
  });
});

describe('an http check of several answers', () => {
  it('fails by the share of wrong ones, however right the last is', async () => {
    const address = await serve(inTurn(200, 200, 500, 200, 200, 500, 200));
    const answer = await run(address, { path: '/', times: 7 });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toBe('GET / answered wrongly 2 of 7 times: status 500 instead of 200');
    expect(answer.evidence).toMatchObject({ answers: 7 });
  });

  it('warns where so many may be wrong', async () => {
    const address = await serve(inTurn(200, 500, 200));
    const answer = await run(address, { path: '/', times: 4, tolerance: '25%' });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain(
      '(flaky: answered wrongly 1 of 4 times: status 500 instead of 200)',
    );
  });

  it('tells a broken way, which it asks again over, from a wrong answer', async () => {
    const address = await serve(inTurn(200, 'break', 200));
    const answer = await run(address, { path: '/', times: 3 });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain('1 of 3 answers were right only when asked for again');
  });

  it('fails where no answer comes at all', async () => {
    const address = await serve(inTurn('break'));
    const answer = await run(address, { path: '/', times: 2, attempts: 2 });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('answered wrongly 2 of 2 times: no answer');
  });

  it('says how far it came when its time is up', async () => {
    const abort = new AbortController();
    let asked = 0;
    const address = await serve((_, response) => {
      asked += 1;
      if (asked === 3) abort.abort();
      else response.end();
    });
    const answer = await run(address, { path: '/', times: 9 }, { abort: abort.signal });
    expect(answer.summary).toContain('its time was up after 3 of 9 answers');
  });

  it('compares the median with what is allowed, not one slow answer', async () => {
    let asked = 0;
    const address = await serve((_, response) => {
      asked += 1;
      setTimeout(() => response.end(), asked === 1 ? 300 : 0);
    });
    const answer = await run(address, { path: '/', expect: { maxLatency: '200ms' } });
    expect(answer.verdict).toBe('pass');
    expect(answer.summary).toContain('(median of 4)');
    expect(asked).toBe(4);
  });

  it('fails by a median that is too slow', async () => {
    const address = await serve((_, response) => void setTimeout(() => response.end(), 40));
    const answer = await run(address, { path: '/', expect: { maxLatency: '20ms' } });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toMatch(/answered in [\d.]+ ms \(median of 3\), more than 20 ms$/);
  });

  it('sends what may write once, however long it takes', async () => {
    let asked = 0;
    const address = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    await run(address, { path: '/', method: 'POST', expect: { maxLatency: '10s' } });
    expect(asked).toBe(1);
  });
});

describe('what an http check expects of JSON', () => {
  const serveJson = (value: unknown) => serve((_, response) => response.end(JSON.stringify(value)));
  const product = {
    type: 'object',
    required: ['id', 'price'],
    additionalProperties: false,
    properties: { id: { type: 'string' }, price: { type: 'number' }, since: { format: 'date' } },
  };

  it('can be a schema', async () => {
    const address = await serveJson({ id: 'mug', price: 12, since: '2026-01-01' });
    expect((await run(address, { path: '/', expect: { schema: product } })).verdict).toBe('pass');
  });

  it.each<[unknown, string]>([
    [{ id: 'mug', price: '12' }, 'price must be number (JSON schema)'],
    [{ id: 'mug' }, "the body must have required property 'price'"],
    [{ id: 'mug', price: 1, since: 'today' }, 'since must match format "date"'],
    [{ id: 'mug', price: 1, size: 3 }, 'must NOT have additional properties (JSON schema): "size"'],
  ])('is not met by %j', async (value, reason) => {
    const address = await serveJson(value);
    const answer = await run(address, { path: '/', attempts: 1, expect: { schema: product } });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(reason);
  });

  it('can be a schema of draft-07', async () => {
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const schema = { $schema, type: 'array', items: [{ type: 'string' }] };
    const address = await serveJson([1]);
    const answer = await run(address, { path: '/', attempts: 1, expect: { schema } });
    expect(answer.summary).toContain('0 must be string');
  });

  it('says when a schema is none', async () => {
    const address = await serveJson({});
    const asked = run(address, { path: '/', expect: { schema: { type: 'thing' } } });
    await expect(asked).rejects.toThrow('expect.schema is no JSON schema');
  });

  it('says when a body is no JSON', async () => {
    const address = await serve((_, response) => response.end('<html>'));
    const answer = await run(address, { path: '/', attempts: 1, expect: { schema: product } });
    expect(answer.summary).toContain('the body is not JSON');
  });

  it('can be the same value in every place', async () => {
    const address = await serveJson({ items: [{ tax: 7 }, { tax: 19 }] });
    const answer = await run(address, {
      ...{ path: '/', attempts: 1 },
      expect: { json: { 'items[*].tax': 7 } },
    });
    expect(answer.summary).toContain('items.1.tax is 19 instead of 7');
  });

  it('may name the version that is released', async () => {
    const address = await serveJson({ version: '2.0', id: 'shop-2-abc' });
    const json = { version: '{version}', id: '{environment}' };
    expect((await run(address, { path: '/', expect: { json } })).verdict).toBe('pass');
  });
});

describe('an http check through the router', () => {
  /** A router that lets a header lead to green. */
  const router =
    (name = 'x-preview', value = 'shop-2-abc'): RequestListener =>
    ({ headers }, response) => {
      const side = headers[name] === value ? 'green' : 'blue';
      response.setHeader('x-side', side);
      if (side === 'green') response.setHeader('x-verdigris-environment', 'shop-2-abc');
      response.end(side);
    };

  it("sends green's name in the header", async () => {
    const url = await serve(router());
    const through = { url, header: { name: 'X-Preview' } };
    const answer = await run(null, { path: '/', through, expect: { bodyIncludes: 'green' } });
    expect(answer.verdict).toBe('pass');
    expect(answer.evidence.url).toBe(`${url}/`);
  });

  it('fills in the version', async () => {
    const url = await serve(router('x-preview', 'v2.0'));
    const through = { url: `${url}/`, header: { name: 'x-preview', value: 'v{version}' } };
    const expectGreen = { expect: { bodyIncludes: 'green' } };
    expect((await run(null, { path: '/', through, ...expectGreen })).verdict).toBe('pass');
  });

  it('takes the value from a secret, and does not tell it', async () => {
    const url = await serve(router('x-preview', 'hush'));
    const through = { url, header: { name: 'x-preview', value: { secret: 'preview' } } };
    const answer = await run(
      null,
      { path: '/', through, expect: { bodyIncludes: 'green' } },
      { secret: async (name) => (name === 'preview' ? 'hush' : '') },
    );
    expect(answer.verdict).toBe('pass');
    expect(JSON.stringify(answer)).not.toContain('hush');
  });

  it('fails when the answer proves that somebody else gave it', async () => {
    const url = await serve(router('x-other'));
    const through = {
      ...{ url, header: { name: 'x-preview' } },
      answeredBy: { header: 'x-side', is: 'green' },
    };
    const answer = await run(null, { path: '/', through, attempts: 1 });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(
      'somebody else answered: header x-side is "blue" instead of "green"',
    );
  });

  it.each([
    [{}, 'header x-verdigris-environment is missing', 'set router.preview.header to x-preview'],
    [{ answeredBy: { header: 'x-door' } }, 'header x-door is missing', 'have every answer carry'],
  ])('fails when nothing proves who answered: %j', async (proof, missing, remedy) => {
    const url = await serve((_, response) => response.end());
    const through = { url, header: { name: 'X-Preview' }, ...proof };
    const answer = await run(null, { path: '/', through, attempts: 1 });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(missing);
    expect(answer.summary).toContain(remedy);
  });

  it("takes the local proxy's word for who answered, where it is given", async () => {
    const url = await serve((_, response) => {
      response.setHeader('x-verdigris-environment', 'shop-1-000');
      response.end();
    });
    const answer = await run(null, {
      path: '/',
      through: { url, header: { name: 'x-preview' } },
      attempts: 1,
    });
    expect(answer.summary).toContain('header x-verdigris-environment is "shop-1-000"');
  });
});

describe('an http check of a green that has users', () => {
  it('leaves out what may write, and says so', async () => {
    const asked: IncomingMessage[] = [];
    const address = await serve(byPath({ '/a': 200, '/b': 200 }, asked));
    const paths = ['/a', { path: '/b', method: 'POST' }];
    const answer = await run(address, { paths }, { isLive: true });
    expect(answer.verdict).toBe('pass');
    expect(answer.summary).toContain('not asked, as green has users and they may write: POST /b');
    expect(asked.map(({ url }) => url)).toEqual(['/a']);
  });

  it('warns where nothing is left to ask, unless writing is allowed', async () => {
    const address = await serve(byPath({ '/b': 200 }));
    const keys = { path: '/b', method: 'POST' };
    expect((await run(address, keys, { isLive: true })).verdict).toBe('warn');
    expect((await run(address, { ...keys, writes: true }, { isLive: true })).verdict).toBe('pass');
  });

  it('asks seldom', async () => {
    const asked: IncomingMessage[] = [];
    const address = await serve(byPath({ '/a': 200 }, asked));
    await run(address, { path: '/a', times: 50 }, { isLive: true });
    expect(asked).toHaveLength(3);
  });
});

it('sends a header from a secret', async () => {
  const address = await serve((request, response) => response.end(request.headers['x-key']));
  const answer = await run(
    address,
    { path: '/', headers: { 'x-key': { secret: 'api-key' } }, expect: { bodyIncludes: 'k3y' } },
    { secret: async () => 'k3y' },
  );
  expect(answer.verdict).toBe('pass');
});
