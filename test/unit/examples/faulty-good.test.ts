import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { faultyDirectory } from '../../../scripts/demo-checks/build.ts';
import { type RunningShop, startShop } from '../../support/faulty.ts';
import { judgeBy } from '../../support/shop-contract.ts';

const good = path.join(faultyDirectory, 'good');
const contract = JSON.parse(readFileSync(path.join(good, 'openapi.json'), 'utf8'));
const judge = judgeBy(contract);
const probeToken = { 'x-probe-token': 'probe' };

let shop: RunningShop;

beforeAll(async () => {
  shop = await startShop(null);
});

afterAll(() => shop.stop());

interface Asked {
  headers?: Record<string, string>;
  body?: unknown;
  route?: string;
}

/** Asks, and holds the answer against the contract. */
async function ask(method: string, target: string, { headers = {}, body, route }: Asked = {}) {
  const response = await fetch(`${shop.address}${target}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { status } = response;
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  expect(judge(method, route ?? target, { status, type, text })).toBeNull();
  const isJson = type.startsWith('application/json');
  return { status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

async function logIn(user = 'ada') {
  const { json, headers } = await ask('POST', '/login', { body: { user } });
  return { token: json.token as string, cookie: cookieIn(headers) };
}

function cookieIn(headers: Headers): string {
  return headers.get('set-cookie')?.split(';')[0] ?? '';
}

describe('the good shop', () => {
  it('has a valid contract', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(contract));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect((await ask('GET', '/openapi.json')).json).toEqual(contract);
  });

  it('is healthy and says its version everywhere', async () => {
    const { json, headers } = await ask('GET', '/healthz');
    expect(json).toEqual({ status: 'ok', version: 'good' });
    expect(headers.get('x-storefront-version')).toBe('good');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('strict-transport-security')).toContain('max-age=31536000');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
  });

  it('sells products and takes reviews', async () => {
    const { json } = await ask('GET', '/products');
    expect(json.version).toBe('good');
    expect(json.products).toContainEqual({ id: 'tote', name: 'Canvas tote', price: 18.5 });
    const product = await ask('GET', '/products/mug', { route: '/products/{id}' });
    expect(product.json).toEqual({ id: 'mug', name: 'Enamel mug', price: 12 });
    const missing = await ask('GET', '/products/boat', { route: '/products/{id}' });
    expect(missing.status).toBe(404);
    const route = '/products/{id}/reviews';
    const review = (id: string, body: unknown) =>
      ask('POST', `/products/${id}/reviews`, { route, body });
    const kept = await review('mug', { stars: 5, text: 'nice' });
    expect([kept.status, kept.json]).toEqual([201, { product: 'mug', stars: 5, text: 'nice' }]);
    expect((await review('mug', { stars: 6, text: 'nice' })).status).toBe(400);
    expect((await review('mug', { stars: 1, text: '' })).status).toBe(400);
    expect((await review('mug', [])).status).toBe(400);
    expect((await review('boat', { stars: 5, text: 'nice' })).status).toBe(404);
    expect((await review('mug', { text: 'x'.repeat(70_000) })).status).toBe(413);
  });

  it('knows who is logged in, by cookie or by token', async () => {
    const { token, cookie } = await logIn();
    const byCookie = await ask('GET', '/account', { headers: { cookie } });
    const authorization = `Bearer ${token}`;
    const byToken = await ask('GET', '/account', { headers: { authorization } });
    expect([byCookie.json, byToken.json]).toEqual([{ user: 'ada' }, { user: 'ada' }]);
    expect((await ask('GET', '/account')).status).toBe(401);
    const forged = { headers: { authorization: `${authorization}x` } };
    expect((await ask('GET', '/account', forged)).status).toBe(401);
    expect((await ask('POST', '/login', { body: {} })).status).toBe(400);
  });

  it('hands out cookies that scripts and other sites cannot use', async () => {
    const secure = { 'x-forwarded-proto': 'https' };
    const { headers } = await ask('POST', '/login', { headers: secure, body: { user: 'ada' } });
    expect(headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
  });

  it('keeps the cart through a login and sells what is in it', async () => {
    const put = (id: string, quantity: unknown, headers = {}) =>
      ask('POST', '/cart', { headers, body: { id, quantity } });
    const first = await put('tote', 2);
    expect(first.json).toMatchObject({ total: 37, items: [{ id: 'tote', quantity: 2 }] });
    const anonymous = { cookie: cookieIn(first.headers) };
    expect((await ask('POST', '/checkout', { headers: anonymous })).status).toBe(401);
    const login = await ask('POST', '/login', { headers: anonymous, body: { user: 'ada' } });
    const cookie = cookieIn(login.headers);
    expect((await ask('GET', '/cart', { headers: { cookie } })).json.total).toBe(37);
    const more = await put('mug', 1, { cookie });
    const bought = await ask('POST', '/checkout', { headers: { cookie: cookieIn(more.headers) } });
    expect([bought.status, bought.json.order.total]).toEqual([201, 49]);
    const empty = { headers: { cookie: cookieIn(bought.headers) } };
    expect((await ask('GET', '/cart', empty)).json).toEqual({ items: [], total: 0 });
    expect((await ask('POST', '/checkout', empty)).status).toBe(409);
    expect((await put('boat', 1)).status).toBe(404);
    expect((await put('mug', 'many')).status).toBe(400);
    expect((await put('mug', 0, { cookie })).json.items).toHaveLength(1);
  });

  it('shows a page whose files are all there and may be kept', async () => {
    const { text, headers } = await ask('GET', '/');
    expect(headers.get('cache-control')).toBe('no-cache');
    const files = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, it = '']) => it);
    expect(new Set(files).size).toBe(3);
    for (const file of files) {
      const asset = await ask('GET', file, { route: '/assets/{name}' });
      const kept = file.endsWith('.svg') ? 'max-age=60' : 'max-age=31536000, immutable';
      expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, `public, ${kept}`]);
      const again = { 'if-none-match': asset.headers.get('etag') ?? '' };
      const unchanged = await ask('GET', file, { headers: again, route: '/assets/{name}' });
      expect(unchanged.status).toBe(304);
    }
    const missing = await ask('GET', '/assets/nothing.js', { route: '/assets/{name}' });
    expect(missing.status).toBe(404);
  });

  it('names its files by their content', () => {
    const folder = path.join(good, 'assets');
    const hashed = readdirSync(folder).filter((name) => /\.[0-9a-f]{8}\./.test(name));
    const digest = (name: string) =>
      createHash('sha256')
        .update(readFileSync(path.join(folder, name)))
        .digest('hex')
        .slice(0, 8);
    expect(hashed).toHaveLength(2);
    expect(hashed.map((name) => name.split('.')[1])).toEqual(hashed.map(digest));
  });

  it('says what it measured', async () => {
    await ask('GET', '/products');
    const { text, headers } = await ask('GET', '/metrics');
    const labels = 'environment="storefront-good",version="good",method="GET",route="/products"';
    expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(text).toMatch(new RegExp(`^http_requests_total{${labels}} [1-9]`, 'm'));
    expect(text).toContain(`http_request_errors_total{${labels}} 0`);
    expect(text).toContain(`http_request_duration_seconds_bucket{${labels},le="+Inf"}`);
    expect(text).toMatch(/^http_request_duration_seconds_sum{.*} \d/m);
    expect(text).toMatch(/^http_request_duration_seconds_count{.*} \d/m);
  });

  it('logs requests as JSON in the trace of whoever asks', async () => {
    const traceId = 'a'.repeat(32);
    const traceparent = `00-${traceId}-${'b'.repeat(16)}-00`;
    const { headers } = await ask('GET', '/healthz', { headers: { traceparent } });
    expect(headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    const lines = await eventually(() => {
      const all = shop
        .output()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      return all.filter((line) => line.traceId === traceId);
    });
    expect(lines).toEqual([
      {
        ...{ time: expect.any(String), level: 'info', environment: 'storefront-good' },
        ...{ version: 'good', method: 'GET', path: '/healthz', status: 200, traceId },
        durationMs: expect.any(Number),
      },
    ]);
  });

  it('probes what it may connect to, for whoever has the token', async () => {
    const probe = (query: string, headers: Record<string, string> = probeToken) =>
      ask('GET', `/internal/probe?${query}`, { headers, route: '/internal/probe' });
    const { port } = new URL(shop.address);
    const own = await probe(`host=127.0.0.1&port=${port}`);
    expect(own.json).toMatchObject({ host: '127.0.0.1', open: true, error: null });
    expect((await probe('host=192.0.2.1&port=80')).status).toBe(403);
    expect((await probe('host=127.0.0.1')).status).toBe(400);
    expect((await probe(`host=127.0.0.1&port=${port}`, {})).status).toBe(401);
  });

  it('names its secrets without telling them', async () => {
    const { json } = await ask('GET', '/internal/secrets', { headers: probeToken });
    expect(json).toEqual({ SESSION_SECRET: 'readable', PAYMENTS_KEY: 'readable' });
    expect((await ask('GET', '/internal/secrets')).status).toBe(401);
  });

  it('refuses what it does not know', async () => {
    expect((await fetch(`${shop.address}/nowhere`)).status).toBe(404);
    const response = await fetch(`${shop.address}/products`, { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
    const socket = await fetch(`${shop.address}/live`);
    expect(socket.status).toBe(426);
  });

  it('tells a reader of events what it missed', async () => {
    const events = await readEvents('', 1);
    expect(events.text).toContain('retry: 1000\n\n');
    const last = events.ids.at(-1) ?? 0;
    const missed = await readEvents(String(last - 3), 3);
    expect(missed.ids.slice(0, 3)).toEqual([last - 2, last - 1, last]);
  });
});

/** Reads that many events and leaves. */
async function readEvents(lastEventId: string, count: number) {
  const abort = new AbortController();
  const headers = { 'last-event-id': lastEventId };
  const response = await fetch(`${shop.address}/events`, { headers, signal: abort.signal });
  const ids = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk);
    if (ids(text).length >= count) break;
  }
  abort.abort();
  return { text, ids: ids(text) };
}

async function eventually<T>(look: () => T[]): Promise<T[]> {
  return await expect
    .poll(look, { timeout: 3000 })
    .not.toEqual([])
    .then(() => look());
}

describe('copies of the good shop', () => {
  it('read the sessions of each other when they share the secret, and only then', async () => {
    const same = await startShop(null, { VERDIGRIS_VERSION: 'same' });
    const other = await startShop(null, { SESSION_SECRET: 'another' });
    const { cookie } = await logIn();
    const statuses = [];
    for (const { address } of [same, other]) {
      statuses.push((await fetch(`${address}/account`, { headers: { cookie } })).status);
    }
    await Promise.all([same.stop(), other.stop()]);
    expect(statuses).toEqual([200, 401]);
    expect(same.version).toBe('same');
  });

  it('say what they lack, and do not sell without a key for payments', async () => {
    const poor = await startShop(null, { PAYMENTS_KEY: '' });
    const ask = async (target: string, init: RequestInit) =>
      (await fetch(`${poor.address}${target}`, init)).json();
    const secrets = await ask('/internal/secrets', { headers: probeToken });
    const { token } = await ask('/login', { method: 'POST', body: '{"user":"ada"}' });
    const body = '{"id":"mug","quantity":1}';
    const authorization = `Bearer ${token}`;
    const cart = await fetch(`${poor.address}/cart`, {
      ...{ method: 'POST', headers: { authorization }, body },
    });
    const checkout = await fetch(`${poor.address}/checkout`, {
      ...{ method: 'POST', headers: { cookie: cookieIn(cart.headers) } },
    });
    await poor.stop();
    expect(secrets).toEqual({ SESSION_SECRET: 'readable', PAYMENTS_KEY: 'missing' });
    expect(checkout.status).toBe(503);
  });

  it('leave politely: streams end, sockets are told, the process ends by itself', async () => {
    const leaving = await startShop(null);
    const stream = await fetch(`${leaving.address}/events`);
    const socket = new WebSocket(`${leaving.address.replace('http', 'ws')}/live`);
    const messages: string[] = [];
    socket.on('message', (data) => messages.push(String(data)));
    await new Promise((resolve) => socket.once('message', resolve));
    socket.send('hello');
    await new Promise((resolve) => socket.once('message', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const code = await leaving.stop();
    expect(code).toBe(0);
    expect(await stream.text()).toContain('data: {"version":"good"');
    expect(await closed).toBe(1001);
    expect(messages.map((it) => JSON.parse(it))).toEqual([
      { type: 'welcome', version: 'good' },
      { type: 'echo', version: 'good', text: 'hello' },
    ]);
  });
});
