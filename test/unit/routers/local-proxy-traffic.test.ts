import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Rig, send, startRig, startUpstream, type Upstream } from './proxy-harness.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.stop();
});

async function rig(options?: Parameters<typeof startRig>[0]): Promise<Rig> {
  const started = await startRig(options);
  open.push(started);
  return started;
}

async function upstream(handler: Parameters<typeof startUpstream>[0]): Promise<Upstream> {
  const started = await startUpstream(handler);
  open.push(started);
  return started;
}

/** Bytes as they are, for requests that no client library would send. */
async function rawExchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return received;
}

describe('passing requests on', () => {
  it('passes method, path, query, headers and body on as they are', async () => {
    const shop = await rig();
    const blue = await upstream(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk);
      const { method, url, headers } = req;
      res.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
    });
    await shop.route({ blue: 100 }, { blue: blue.address });

    const reply = await send(`${shop.url()}/a/../b//c?x=1?y&z=%20`, {
      method: 'PUT',
      headers: { 'x-mine': 'yes', host: 'shop.test', connection: 'x-secret', 'x-secret': '1' },
      body: 'hello',
    });

    const seen = JSON.parse(reply.body);
    expect(seen).toMatchObject({ method: 'PUT', body: 'hello' });
    expect(seen.headers).toMatchObject({
      'x-mine': 'yes',
      host: 'shop.test',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.test',
    });
    expect(seen.headers).not.toHaveProperty('x-secret');
  });

  it.each([
    ['verdigris=sealed', null],
    ['theme=dark; verdigris=sealed; cart=7', 'theme=dark; cart=7'],
    ['__Host-verdigris=a; __Secure-verdigris-sign-in=b; a=verdigris=1', 'a=verdigris=1'],
    ['theme=verdigris; not-verdigris=1', 'theme=verdigris; not-verdigris=1'],
  ])("keeps a browser's session at the conductor from the service: %s", async (cookie, left) => {
    const shop = await rig();
    const blue = await upstream((req, res) => res.end(req.headers.cookie ?? 'none'));
    await shop.route({ blue: 100 }, { blue: blue.address });

    const reply = await send(shop.url(), { headers: { cookie } });

    expect(reply.body).toBe(left ?? 'none');
  });

  it('leaves dots, slashes and question marks of a path alone', async () => {
    const shop = await rig();
    const blue = await upstream((req, res) => res.end(req.url));
    await shop.route({ blue: 100 }, { blue: blue.address });
    const port = shop.proxy.portOf('shop') ?? 0;
    const target = '/a/../b//c?x=1?y&z=%20';
    const plain = await rawExchange(
      port,
      `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    expect(plain).toContain(`\r\n\r\n`);
    expect(plain).toContain(target);
    const absolute = await rawExchange(
      port,
      `GET http://elsewhere.test${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    expect(absolute).toContain(target);
    expect(absolute).not.toContain('elsewhere');
  });

  it('gives answers back with every header but those of the connection', async () => {
    const shop = await rig();
    const blue = await upstream((_, res) => {
      res.writeHead(418, 'Short And Stout', [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Keep-Alive', 'timeout=1'],
        ['X-Mine', 'yes'],
      ] as never);
      res.end('tea');
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    const reply = await send(shop.url(), { agent: new Agent({ keepAlive: true }) });
    expect(reply).toMatchObject({ status: 418, body: 'tea' });
    expect(reply.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(reply.headers['x-mine']).toBe('yes');
    expect(reply.headers['keep-alive']).not.toBe('timeout=1');
  });

  it('streams an answer: the first chunk arrives before the last is written', async () => {
    const shop = await rig();
    let finish = () => {};
    const blue = await upstream((_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: one\n\n');
      finish = () => res.end('data: two\n\n');
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    const response = await fetch(shop.url());
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('data: one\n\n');
    finish();
    expect((await reader?.read())?.value).toBe('data: two\n\n');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('shows the headers of a stream that has sent nothing yet', async () => {
    const shop = await rig();
    const blue = await upstream((_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    const controller = new AbortController();
    const response = await fetch(shop.url(), { signal: controller.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    controller.abort();
  });

  it('streams an upload: the environment sees its beginning before its end is sent', async () => {
    const shop = await rig();
    const seen: number[] = [];
    const blue = await upstream(async (req, res) => {
      for await (const chunk of req) seen.push(chunk.length);
      res.end(String(seen.reduce((sum, length) => sum + length, 0)));
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    const req = request(shop.url(), { method: 'POST' });
    const answer = once(req, 'response');
    req.write('x'.repeat(1000));
    await vi.waitUntil(() => seen.length > 0, { timeout: 5000 });
    const chunk = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 40; i += 1) if (!req.write(chunk)) await once(req, 'drain');
    req.end();
    const [res] = await answer;
    expect(String(await res.toArray())).toBe(String(1000 + 40 * 1024 * 1024));
  });

  it('holds a fast environment back for a slow client', async () => {
    const shop = await rig();
    let written = 0;
    function* chunks() {
      const chunk = Buffer.alloc(1024 * 1024);
      for (let i = 0; i < 200; i += 1) {
        written += chunk.length;
        yield chunk;
      }
    }
    const blue = await upstream((_, res) => void Readable.from(chunks()).pipe(res));
    await shop.route({ blue: 100 }, { blue: blue.address });
    const req = request(shop.url()).end();
    const [res] = await once(req, 'response');
    let before = -1;
    await vi.waitUntil(
      () => {
        const isStill = written === before;
        before = written;
        return isStill;
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(written).toBeLessThan(100 * 1024 * 1024);
    let received = 0;
    for await (const chunk of res) received += chunk.length;
    expect(received).toBe(200 * 1024 * 1024);
  });

  it('keeps a chunked DELETE from becoming two requests', async () => {
    const shop = await rig();
    const seen: string[] = [];
    const blue = await upstream(async (req, res) => {
      const body = String(Buffer.concat((await req.toArray()) as Buffer[]));
      seen.push(`${req.method} ${req.url} ${body}`);
      res.end('ok');
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    const smuggled = 'GET /admin HTTP/1.1\r\nhost: x\r\n\r\n';
    const reply = await send(`${shop.url()}/item`, {
      method: 'DELETE',
      headers: { 'transfer-encoding': 'chunked' },
      body: smuggled,
    });
    await send(`${shop.url()}/next`);
    expect(reply.status).toBe(200);
    expect(seen).toEqual([`DELETE /item ${smuggled}`, 'GET /next ']);
  });

  it.each([
    [
      'both lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
    ],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00'],
    ['a broken header', 'GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n'],
    ['a huge header', `GET / HTTP/1.1\r\nhost: x\r\nbig: ${'x'.repeat(40_000)}\r\n\r\n`],
  ])('refuses %s and goes on', async (_, text) => {
    const shop = await rig();
    const seen: string[] = [];
    const blue = await upstream((req, res) => {
      seen.push(req.url ?? '');
      res.end('blue');
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    const answer = await rawExchange(shop.proxy.portOf('shop') ?? 0, text);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect(seen).toEqual([]);
    expect((await send(shop.url())).body).toBe('blue');
  });
});

describe('trouble of an environment', () => {
  it('answers 502 and counts it against the side when it refuses', async () => {
    const shop = await rig();
    const gone = await startUpstream('gone');
    await gone.stop();
    await shop.route({ blue: 100 }, { blue: gone.address });
    const reply = await send(shop.url());
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body).error.code).toBe('environment-failed');
    await vi.waitUntil(() => shop.finished.length === 1);
    expect(shop.finished[0]).toMatchObject({
      environmentId: 'blue',
      status: 502,
      outcome: 'side-failed',
    });
  });

  it('answers 502 when the environment breaks off before its answer', async () => {
    const shop = await rig();
    const blue = await upstream((req) => req.socket.destroy());
    await shop.route({ blue: 100 }, { blue: blue.address });
    expect((await send(shop.url())).status).toBe(502);
    expect((await send(shop.url(), { method: 'POST', body: 'x' })).status).toBe(502);
  });

  it('answers 504 and counts it against the side when it keeps silent', async () => {
    const shop = await rig();
    shop.bind({ timeoutSeconds: 0.05 });
    const blue = await upstream(() => {});
    await shop.route({ blue: 100 }, { blue: blue.address });
    const reply = await send(shop.url());
    expect(reply.status).toBe(504);
    await vi.waitUntil(() => shop.finished.length === 1);
    expect(shop.finished[0]).toMatchObject({ status: 504, outcome: 'side-failed' });
  });

  it('breaks the answer off when the environment breaks off in the middle of it', async () => {
    const shop = await rig();
    const blue = await upstream((_, res) => {
      res.write('half');
      setImmediate(() => res.destroy());
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    await expect(send(shop.url())).rejects.toThrow(/aborted|hang up/);
    await vi.waitUntil(() => shop.finished.length === 1);
    expect(shop.finished[0]).toMatchObject({ status: 200, outcome: 'side-failed' });
  });

  it('sends a GET once more when an idle connection was closed under it', async () => {
    const shop = await rig();
    let requests = 0;
    const blue = await upstream((req, res) => {
      requests += 1;
      // The second request on a connection meets an environment that is just closing it.
      if (requests === 2) req.socket.destroy();
      else res.end(`answer ${requests}`);
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    expect((await send(shop.url())).body).toBe('answer 1');
    expect(await send(shop.url())).toMatchObject({ status: 200, body: 'answer 3' });
    await vi.waitUntil(() => shop.finished.length === 2);
    expect(shop.finished.map((entry) => entry.outcome)).toEqual(['answered', 'answered']);
  });

  it('never sends a POST twice', async () => {
    const shop = await rig();
    let requests = 0;
    const blue = await upstream((req, res) => {
      requests += 1;
      if (requests === 2) req.socket.destroy();
      else res.end();
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    await send(shop.url());
    expect((await send(shop.url(), { method: 'POST' })).status).toBe(502);
    expect(requests).toBe(2);
  });

  it('tells the environment that the client has left, and does not blame it', async () => {
    const shop = await rig();
    let hasLeft = false;
    let hasArrived = false;
    const blue = await upstream((_, res) => {
      hasArrived = true;
      res.on('close', () => {
        hasLeft = true;
      });
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    const req = request(shop.url()).end();
    req.on('error', () => {});
    await vi.waitUntil(() => hasArrived);
    req.destroy();
    await vi.waitUntil(() => hasLeft && shop.finished.length === 1);
    expect(shop.finished[0]).toMatchObject({ outcome: 'client-gone', status: 0 });
    expect(shop.proxy.traffic('shop')).toEqual({ blue: { inFlight: 0, drainedConnections: 0 } });
  });

  it('lets a client go on that still sends when the answer is already there', async () => {
    const shop = await rig();
    const blue = await upstream((_, res) => res.writeHead(413).end('too large'));
    await shop.route({ blue: 100 }, { blue: blue.address });
    const req = request(shop.url(), { method: 'POST' });
    req.on('error', () => {});
    const answer = once(req, 'response');
    req.write(Buffer.alloc(256 * 1024));
    const [res] = await answer;
    expect(res.statusCode).toBe(413);
    req.destroy();
    await vi.waitUntil(() => shop.finished.length === 1);
    expect(shop.proxy.traffic('shop').blue?.inFlight).toBe(0);
  });
});
