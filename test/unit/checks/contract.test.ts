import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckContext } from '../../../lib/checks/check.ts';
import type { CheckFiles } from '../../../lib/checks/check-files.ts';
import { createArtifactFiles } from '../../../lib/checks/files/artifact.ts';
import { checkKinds, createCheck } from '../../../lib/checks/index.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { checkContext } from '../../support/check-context.ts';
import { createServers } from '../../support/serve.ts';
import { checkFilesOf } from '../../support/version-files.ts';
import { realTimers } from '../environments/process-harness.ts';
import { type Source, shopDocument } from './contract/shop-document.ts';

const servers = createServers();
const folders: string[] = [];

afterEach(async () => {
  await servers.stopAll();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What a version of the shop answers, by method and path. */
type Answers = Record<string, { status?: number; json?: unknown; text?: string; type?: string }>;

const mug = { id: 'mug', price: 12 };

function shop(answers: Answers = {}, change: (document: Source) => void = () => {}) {
  const document = shopDocument();
  change(document);
  const all: Answers = {
    'GET /openapi.json': { json: document },
    'GET /products': { json: { products: [mug] } },
    'GET /account': { json: { orders: [] } },
    'POST /products/mug/reviews': { status: 201, json: { stars: 5 } },
    ...answers,
  };
  const asked: string[] = [];
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { authorization = '', 'content-type': sent = '' } = request.headers;
    const key = `${request.method} ${request.url}`;
    asked.push([key, authorization, sent, Buffer.concat(chunks)].join(' ').trim());
    const { status = 200, json, text, type = 'application/json' } = all[key] ?? { status: 404 };
    const body = text ?? (json === undefined ? '' : JSON.stringify(json));
    response.writeHead(status, body === '' ? {} : { 'content-type': type }).end(body);
  };
  return { listener, asked };
}

type Shop = ReturnType<typeof shop>;

function environment(id: string, address: string | null): EnvironmentRef {
  return { id, kind: 'fake', version: id, address, attributes: {} };
}

/** Asks a check about two versions; no blue for a first release. */
async function run(
  keys: Record<string, unknown>,
  {
    green,
    blue,
    context = {},
    files = createArtifactFiles(tmpdir()),
  }: { green: Shop; blue?: Shop; context?: Partial<CheckContext>; files?: CheckFiles },
) {
  const check = await createCheck({ kind: 'contract', ...keys }, { timers: realTimers, files });
  const answer = await check.run(
    checkContext({
      green: environment('green', await servers.serve(green.listener)),
      blue: blue ? environment('blue', await servers.serve(blue.listener)) : null,
      ...context,
    }),
  );
  if (answer.verdict === 'pending') throw new Error('it is never pending');
  return answer;
}

const openapi = { openapi: '/openapi.json' };
const removePrice = (it: Source) => {
  delete it.components.schemas.Product.properties.price;
};

describe('a contract check', () => {
  it('passes a version that keeps the document, and says what it looked at', async () => {
    const green = shop({}, (it) => {
      it.paths['/news'] = { get: { responses: {} } };
    });
    const answer = await run(openapi, { green, blue: shop() });
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: "green keeps 3 operations and adds 1, 1 answer by blue's document",
      evidence: {
        broken: [],
        operations: { kept: 3, added: ['GET /news'] },
        heldAgainst: 'blue',
        answers: [{ name: 'GET /products', status: 200 }],
        notAsked: [{ operation: 'GET /account', why: 'it needs credentials' }],
      },
    });
  });

  it('fails a version whose document lacks a field, naming the place', async () => {
    const answer = await run(openapi, { green: shop({}, removePrice), blue: shop() });
    expect(answer).toMatchObject({
      verdict: 'fail',
      summary: '1 breaking change: GET /products 200 products[].price is gone',
      evidence: { broken: [{ at: 'GET /products 200 products[].price', says: 'is gone' }] },
    });
  });

  it('fails a version that answers otherwise than its document says', async () => {
    const green = shop({ 'GET /products': { json: { products: [{ ...mug, price: '12' }] } } });
    const { verdict, summary } = await run(openapi, { green, blue: shop() });
    expect([verdict, summary]).toEqual([
      'fail',
      '1 breaking change: GET /products 200 products[].price is string, was number',
    ]);
  });

  it('names a place once, and counts what does not fit into a line', async () => {
    const green = shop({ 'GET /products': { json: { products: [{ id: 1 }] } } }, (it) => {
      it.components.schemas.Product.properties = {};
    });
    const { summary } = await run(openapi, { green, blue: shop() });
    expect(summary).toMatch(/^6 breaking changes: (GET [^;]*; ){3}and 3 more$/);
  });

  it('lets what is allowed be, and says which permission is not needed', async () => {
    const keys = { ...openapi, allow: ['GET /products 200 products[]', 'GET /cart'] };
    const { verdict, summary, evidence } = await run(keys, {
      green: shop({ 'GET /products': { json: { products: [{ id: 'mug' }] } } }, removePrice),
      blue: shop(),
    });
    expect([verdict, summary]).toEqual([
      'pass',
      "green keeps 3 operations, 1 answer by blue's document; 1 allowed to break",
    ]);
    expect(evidence).toMatchObject({
      allowed: [{ at: 'GET /products 200 products[].price', says: 'is gone' }],
      allowedInVain: ['GET /cart'],
    });
    const other = { ...openapi, allow: ['GET /prod', 'GET /products 200 products[].pri'] };
    const strict = await run(other, { green: shop({}, removePrice), blue: shop() });
    expect(strict.verdict).toBe('fail');
  });

  it('does not blame green for what blue does, too', async () => {
    const odd = { 'GET /products': { json: { products: [{ id: 'mug' }] } } };
    const answer = await run(openapi, { green: shop(odd), blue: shop(odd) });
    expect(answer).toMatchObject({
      verdict: 'warn',
      summary:
        "green keeps 3 operations, 1 answer by blue's document; blue does not keep its own document either: GET /products 200 products[].price is missing",
      evidence: { broken: [], sharedWithBlue: [{ at: 'GET /products 200 products[].price' }] },
    });
  });

  it.each([500, 503])('never takes blue for an excuse of %d', async (status) => {
    const down = { 'GET /products': { status } };
    const answer = await run(openapi, { green: shop(down), blue: shop(down) });
    expect(answer.verdict).toBe('fail');
    expect(answer.evidence.broken).toMatchObject([{ at: `GET /products ${status}` }]);
  });

  it('blames green for what it does worse than blue in the same place', async () => {
    const green = { 'GET /products': { json: { products: [{ ...mug, price: 'free' }] } } };
    const blue = { 'GET /products': { json: { products: [{ id: 'mug' }] } } };
    const answer = await run(openapi, { green: shop(green), blue: shop(blue) });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('products[].price is string');
  });

  it('sends secrets where an operation needs them', async () => {
    const green = shop({ 'GET /account': { json: { orders: 1 } } });
    const headers = { authorization: { secret: 'shop-token' } };
    const secret = async (name: string) => `Bearer ${name}`;
    const { summary } = await run(
      { ...openapi, headers },
      { green, blue: shop(), context: { secret } },
    );
    expect(summary).toBe('1 breaking change: GET /account 200 orders is number, was array');
    expect(green.asked).toContain('GET /account Bearer shop-token');
  });

  it('asks nothing where it is told so', async () => {
    const green = shop();
    const { summary } = await run({ ...openapi, ask: false }, { green, blue: shop() });
    expect(summary).toBe('green keeps 3 operations');
    expect(green.asked).toEqual(['GET /openapi.json']);
  });

  it('reads YAML as well', async () => {
    const text = 'openapi: 3.0.3\npaths:\n  /products:\n    get: { responses: {} }\n';
    const yaml = { 'GET /openapi.json': { text, type: 'text/yaml' } };
    const green = shop({ 'GET /openapi.json': { text: text.replace('products', 'news') } });
    const { summary } = await run(openapi, { green, blue: shop(yaml) });
    expect(summary).toContain('GET /products is gone');
  });
});

describe('without two documents', () => {
  it("a first release is held against green's own", async () => {
    const good = await run(openapi, { green: shop() });
    expect([good.verdict, good.summary]).toEqual([
      'pass',
      "nothing to compare with: first release; green keeps 1 answer by green's document",
    ]);
    const bad = await run(openapi, { green: shop({ 'GET /products': { json: {} } }) });
    expect(bad.summary).toBe('1 breaking change: GET /products 200 products is missing');
  });

  it('it is a warning when blue has none yet, or one that nobody can read', async () => {
    for (const was of [{ status: 404 }, { text: '{' }, { json: { swagger: '2.0' } }]) {
      const blue = shop({ 'GET /openapi.json': was });
      const { verdict, summary } = await run(openapi, { green: shop(), blue });
      expect(verdict).toBe('warn');
      expect(summary).toContain("nothing to compare with: blue's document: /openapi.json");
    }
  });

  it('it fails when green has none, and when blue cannot be asked', async () => {
    const none = shop({ 'GET /openapi.json': { status: 404 } });
    const broken = shop({ 'GET /openapi.json': { status: 503 } });
    const lost = await run(openapi, { green: none, blue: shop() });
    expect([lost.verdict, lost.summary]).toEqual([
      'fail',
      "green's document: /openapi.json answers 404",
    ]);
    const unknown = await run(openapi, { green: shop(), blue: broken });
    expect([unknown.verdict, unknown.summary]).toEqual([
      'fail',
      "nothing to compare with: blue's document: /openapi.json answers 503",
    ]);
    const context = { blue: environment('blue', null) };
    const hidden = await run(openapi, { green: shop(), context });
    expect(hidden.summary).toContain('it has no address to ask');
  });

  it('it fails when green has no address', async () => {
    const context = { green: environment('shop-2', null) };
    const { verdict, summary } = await run(openapi, { green: shop(), context });
    expect([verdict, summary]).toEqual([
      'fail',
      'shop-2 has no address to ask; use another kind of check',
    ]);
  });

  it('it fails when the time is up', async () => {
    const context = { abort: AbortSignal.abort() };
    const answer = await run(openapi, { green: shop(), blue: shop(), context });
    expect(answer).toMatchObject({ verdict: 'fail', summary: expect.stringContaining('time') });
    const examples = [{ request: { path: '/products' }, answer: {} }];
    const late = await run({ examples }, { green: shop(), context });
    expect(late.summary).toBe('the time was up: 1 of 1 requests were not sent');
  });
});

describe('recorded answers', () => {
  const review = { stars: 5 };
  const examples = [
    { request: { path: '/products' }, answer: { body: { products: [mug] } } },
    {
      request: { method: 'POST', path: '/products/mug/reviews', body: review },
      answer: { status: 201, body: review },
    },
  ];

  it('are asked again, and their shape has to be there', async () => {
    const green = shop({ 'GET /products': { json: { products: [{ ...mug, price: 1.5 }] } } });
    const good = await run({ examples }, { green });
    expect([good.verdict, good.summary]).toEqual(['pass', 'green keeps 2 examples']);
    expect(green.asked).toContain('POST /products/mug/reviews  application/json {"stars":5}');
    const bad = await run({ examples }, { green: shop({ 'GET /products': { json: [] } }) });
    expect(bad.summary).toBe('1 breaking change: GET /products 200 is array, was object');
  });

  it('have a status and may be no JSON any more', async () => {
    const green = shop({
      'GET /products': { text: 'mug' },
      'POST /products/mug/reviews': { status: 400 },
    });
    const { summary } = await run({ examples }, { green, blue: shop() });
    expect(summary).toBe(
      '2 breaking changes: GET /products 200 is no JSON any more; POST /products/mug/reviews 201 is answered with 400',
    );
  });

  it('that write are left out where green has users, and are never sent to blue', async () => {
    const green = shop({ 'POST /products/mug/reviews': { status: 400 } });
    const blue = shop();
    const live = await run({ examples }, { green, blue, context: { isLive: true } });
    expect(live).toMatchObject({
      verdict: 'pass',
      evidence: {
        notAsked: [{ operation: 'POST /products/mug/reviews', why: 'green has users already' }],
      },
    });
    await run({ examples }, { green, blue });
    expect(blue.asked).toEqual([]);
  });

  it('that all write leave nothing to vouch for where green has users', async () => {
    const writing = examples.slice(1);
    const answer = await run({ examples: writing }, { green: shop(), context: { isLive: true } });
    expect(answer).toMatchObject({
      verdict: 'warn',
      summary: 'nothing was asked: POST /products/mug/reviews: green has users already',
    });
  });

  it('fail where a file has none, and where documents have no operation', async () => {
    const files = checkFilesOf({ 's3://files/none.json': '[]' });
    const none = await run({ examples: 's3://files/none.json' }, { green: shop(), files });
    expect(none.verdict).toBe('fail');
    expect(none.summary).toContain('none.json has none; put answers into it');
    const empty = (it: Source) => {
      it.paths = {};
    };
    const idle = await run(openapi, { green: shop({}, empty), blue: shop({}, empty) });
    expect(idle.verdict).toBe('fail');
    expect(idle.summary).toContain('nothing was looked at');
  });

  it('may be text', async () => {
    const request = { method: 'POST', path: '/products/mug/reviews', body: 'stars=5' };
    const green = shop();
    await run({ examples: [{ request, answer: { status: 201 } }] }, { green });
    expect(green.asked).toEqual(['POST /products/mug/reviews  text/plain;charset=UTF-8 stars=5']);
  });

  it('may be in a file of the artifact, as may the document', async () => {
    const artifact = (files: Record<string, unknown>) => {
      const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-contract-'));
      folders.push(directory);
      mkdirSync(path.join(directory, 'app'));
      for (const [name, value] of Object.entries(files))
        writeFileSync(path.join(directory, 'app', name), JSON.stringify(value));
      return { kind: 'process', attributes: { directory } };
    };
    const address = await servers.serve(shop().listener);
    const changed = shopDocument();
    removePrice(changed);
    const green = (files: Record<string, unknown>) => ({
      ...environment('green', address),
      ...artifact(files),
    });
    const ask = (keys: Record<string, unknown>, context: Partial<CheckContext>) =>
      run(keys, { green: shop(), context });
    const files = { 'api.json': changed, 'told.json': examples, 'bad.json': [{ answer: {} }] };

    const blue = { ...green({ 'api.json': shopDocument() }), id: 'blue' };
    const compared = await ask({ openapi: 'api.json' }, { green: green(files), blue });
    expect(compared.summary).toContain('GET /products 200 products[].price is gone');

    const told = await ask({ examples: 'told.json' }, { green: green(files) });
    expect(told.summary).toBe('green keeps 2 examples');

    const bad = await ask({ examples: 'bad.json' }, { green: green(files) });
    expect(bad.summary).toContain('examples: bad.json at 0.request');

    const missing = await ask({ examples: 'none.json' }, { green: green(files) });
    expect(missing.summary).toBe("examples: none.json is not among the artifact's files");

    const elsewhere = await ask({ openapi: 'api.json' }, { green: environment('green', address) });
    expect(elsewhere.summary).toContain("green's document: green has no artifact on this machine");
  });

  it('may be objects on AWS, with a document for each version', async () => {
    const changed = shopDocument();
    removePrice(changed);
    const files = checkFilesOf({
      's3://files/shop/green/api.json': JSON.stringify(changed),
      's3://files/shop/blue/api.json': JSON.stringify(shopDocument()),
    });
    const openapi = 's3://files/shop/{version}/api.json';
    const { summary } = await run({ openapi }, { green: shop(), blue: shop(), files });
    expect(summary).toContain('GET /products 200 products[].price is gone');

    const alone = { openapi: 's3://files/shop/api.json' };
    await expect(run(alone, { green: shop() })).rejects.toThrow('with {version} in its key');
  });
});

describe('what does not answer', () => {
  it('is blamed on green, whatever blue does', async () => {
    const mute = (answers: Answers) => {
      const { listener, asked } = shop(answers);
      const silent: RequestListener = (request, response) =>
        request.url === '/products' ? request.socket.destroy() : listener(request, response);
      return { listener: silent, asked };
    };
    const alone = await run(openapi, { green: mute({}), blue: shop() });
    expect(alone.summary).toContain('GET /products gives no answer: ');
    const both = await run(openapi, { green: mute({}), blue: mute({}) });
    expect(both.verdict).toBe('fail');
  });

  it('within five seconds is none', async () => {
    const after = (delayMs: number, callback: () => void) =>
      realTimers.after(delayMs === 5000 ? 50 : delayMs, callback);
    const { listener } = shop();
    const slow: RequestListener = (request, response) => {
      if (request.url !== '/products') listener(request, response);
    };
    const check = await createCheck({ kind: 'contract', ...openapi }, { timers: { after } });
    const answer = await check.run(
      checkContext({
        green: environment('green', await servers.serve(slow)),
        blue: environment('blue', await servers.serve(listener)),
      }),
    );
    expect(answer.summary).toBe(
      '1 breaking change: GET /products gives no answer: none within 5 s',
    );
  });
});

describe('the manifest', () => {
  const schema = checkKinds.find(({ kind }) => kind === 'contract')?.schema;
  it.each<[Record<string, unknown>, string]>([
    [{}, 'needs openapi or examples'],
    [{ openapi: '../openapi.json' }, 'needs a path, a file of the artifact'],
    [{ ...openapi, skip: ['/events'] }, 'needs an operation such as GET /products/{id}'],
    [{ ...openapi, values: { products: {} } }, 'needs a path that starts with /'],
    [{ ...openapi, ignore: [] }, 'Unrecognized key'],
  ])('%j is refused', (keys, reason) => {
    const read = schema?.safeParse({ kind: 'contract', ...keys });
    expect(read?.error?.message ?? 'fine').toContain(reason);
  });
});
