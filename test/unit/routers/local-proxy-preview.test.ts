import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { localProxyBinding, localProxySchema } from '../../../lib/routers/local-proxy.ts';
import { type Rig, send, startRig, startUpstream, type Upstream } from './proxy-harness.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

async function upstream(handler: Parameters<typeof startUpstream>[0]): Promise<Upstream> {
  const started = await startUpstream(handler);
  open.push(started);
  return started;
}

/** A proxy with all traffic on blue, and a green that is ready. */
async function prepare(green: Parameters<typeof startUpstream>[0] = 'green'): Promise<Rig> {
  const rig = await startRig();
  open.push(rig);
  const sides = [await upstream('blue'), await upstream(green)] as const;
  rig.bind({ previewHeader: 'x-preview' });
  await rig.route({ blue: 100 }, { blue: sides[0].address });
  rig.proxy.introduce('shop', 'green', sides[1].address);
  return rig;
}

const preview = (id: string) => ({ headers: { 'X-Preview': id } });

describe('the preview door of the local proxy', () => {
  it('leads to the environment that the header names, and says so', async () => {
    const { url } = await prepare();
    const answer = await send(url(), preview('green'));
    expect(answer.body).toBe('green');
    expect(answer.headers['x-verdigris-environment']).toBe('green');
    expect((await send(url(), preview('blue'))).body).toBe('blue');
  });

  it('is nobody else’s: users get what they always get', async () => {
    const { url } = await prepare();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(url())));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['blue']));
    expect(answers[0]?.headers).not.toHaveProperty('x-verdigris-environment');
  });

  it('goes on leading to green when blue is looked at', async () => {
    const { url, proxy } = await prepare();
    proxy.introduce('shop', 'blue', (await upstream('blue')).address);
    expect((await send(url(), preview('green'))).body).toBe('green');
  });

  it('counts for nobody', async () => {
    const { url, finished } = await prepare((_, response) => response.writeHead(500).end());
    expect((await send(url(), preview('green'))).status).toBe(500);
    expect((await send(url(), preview('nobody'))).status).toBe(404);
    await send(url());
    await expect.poll(() => finished).toHaveLength(1);
    expect(finished[0]).toMatchObject({ environmentId: 'blue', status: 200 });
  });

  it('takes the header out of the request', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const { url } = await prepare((request, response) => {
      seen.push(request.headers);
      response.end();
    });
    await send(url(), { headers: { 'x-preview': 'green', 'x-other': 'kept' } });
    expect(seen[0]).toMatchObject({ 'x-other': 'kept' });
    expect(seen[0]).not.toHaveProperty('x-preview');
  });

  it('answers 404 with the reason for an environment that is not there', async () => {
    const { url, proxy } = await prepare();
    for (const wanted of ['gren', '']) {
      const answer = await send(url(), preview(wanted));
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.body).error).toEqual({
        code: 'no-preview',
        message: 'shop has no ready environment of that name: x-preview takes the id of one',
      });
    }
    proxy.updateAddress('shop', 'kept', 'http://127.0.0.1:1');
    expect(await send(url(), preview('kept'))).toMatchObject({
      status: 404,
      body: (await send(url(), preview('gren'))).body,
    });
    proxy.forget('shop', 'green');
    expect((await send(url(), preview('green'))).status).toBe(404);
  });

  it('is open before the first release has any traffic', async () => {
    const rig = await startRig();
    open.push(rig);
    const { address } = await upstream('green');
    const binding = localProxyBinding({
      ...{ kind: 'local-proxy', port: 1 },
      preview: { header: 'x-preview' },
    });
    await rig.proxy.bind('shop', { ...binding, port: 0 });
    rig.proxy.introduce('shop', 'green', address);
    expect((await send(rig.url(), preview('green'))).body).toBe('green');
    expect((await send(rig.url())).status).toBe(503);
  });

  it('is closed unless the manifest opens it', async () => {
    const rig = await prepare();
    rig.bind({});
    await rig.route({ blue: 100 });
    expect((await send(rig.url(), preview('green'))).body).toBe('blue');
  });

  it('does not let an introduction undo what a process has reported', async () => {
    const rig = await prepare();
    const moved = await upstream('moved');
    rig.proxy.updateAddress('shop', 'green', moved.address);
    rig.proxy.introduce('shop', 'green', 'http://127.0.0.1:1');
    rig.proxy.introduce('shop', 'far', 'https://example.com/far');
    expect((await send(rig.url(), preview('green'))).body).toBe('moved');
    expect((await send(rig.url(), preview('far'))).status).toBe(404);
  });

  it('passes WebSockets, which count for nobody either', async () => {
    const rig = await startRig();
    open.push(rig);
    const green = await upstream('green');
    new WebSocketServer({ server: green.server }).on('connection', (socket) => socket.send('hi'));
    rig.bind({ previewHeader: 'x-preview' });
    await rig.route({ blue: 100 }, { blue: (await upstream('blue')).address });
    rig.proxy.introduce('shop', 'green', green.address);
    const socket = new WebSocket(rig.url().replace('http', 'ws'), preview('green'));
    expect(String((await once(socket, 'message'))[0])).toBe('hi');
    socket.close();
    await once(socket, 'close');
    const unknown = new WebSocket(rig.url().replace('http', 'ws'), preview('nobody'));
    expect(String((await once(unknown, 'error'))[0])).toContain('404');
    expect(rig.finished).toEqual([]);
  });

  it('is remembered when the proxy starts again', async () => {
    const before = await prepare();
    await before.proxy.close();
    const after = await startRig({ directory: before.directory });
    open.push(after);
    await after.proxy.load();
    expect((await send(after.url(), preview('green'))).body).toBe('green');
  });

  it.each(['X-Preview', 'preview', 'x-forwarded-for', 'x-verdigris-environment', 'host'])(
    'cannot be opened by the header %s',
    (header) => {
      const config = { kind: 'local-proxy', port: 80, preview: { header } };
      expect(localProxySchema.safeParse(config).success).toBe(false);
    },
  );
});

describe('what the local proxy remembers of users', () => {
  async function remembering(remember: { requests: number; query: boolean } | null): Promise<Rig> {
    const rig = await startRig();
    open.push(rig);
    rig.bind({ remember, previewHeader: 'x-preview' });
    await rig.route({ blue: 100 }, { blue: (await upstream('blue')).address });
    return rig;
  }
  const pathsOf = ({ proxy }: Rig) => proxy.recentRequests('shop').map(({ path }) => path);

  it('is nothing unless the manifest asks for it', async () => {
    const rig = await remembering(null);
    await send(`${rig.url()}/a`);
    expect(pathsOf(rig)).toEqual([]);
    expect(rig.proxy.recentRequests('nobody')).toEqual([]);
  });

  it('is the last paths, newest first and each once', async () => {
    const rig = await remembering({ requests: 3, query: false });
    for (const path of ['/a', '/b', '/c', '/b', '/d']) await send(`${rig.url()}${path}`);
    expect(pathsOf(rig)).toEqual(['/d', '/b', '/c']);
  });

  it('has no header but Accept, and nothing of who asked', async () => {
    const rig = await remembering({ requests: 9, query: false });
    const headers = { accept: 'text/html', cookie: 'session=1', authorization: 'Bearer 2' };
    await send(`${rig.url()}/a`, { headers });
    expect(rig.proxy.recentRequests('shop')).toEqual([{ path: '/a', accept: 'text/html' }]);
  });

  it('has no queries unless they are asked for', async () => {
    const rig = await remembering({ requests: 9, query: false });
    await send(`${rig.url()}/search?q=illness`);
    expect(pathsOf(rig)).toEqual([]);
    const curious = await remembering({ requests: 9, query: true });
    await send(`${curious.url()}/search?q=mugs`);
    expect(pathsOf(curious)).toEqual(['/search?q=mugs']);
    curious.bind({ remember: { requests: 9, query: false } });
    await curious.route({ blue: 100 });
    expect(pathsOf(curious)).toEqual([]);
  });

  it('has neither what writes, nor streams, nor previews', async () => {
    const rig = await remembering({ requests: 9, query: false });
    await send(`${rig.url()}/a`, { method: 'POST' });
    await send(`${rig.url()}/b`, { headers: { accept: 'text/event-stream' } });
    await send(`${rig.url()}/c`, preview('blue'));
    expect(pathsOf(rig)).toEqual([]);
  });

  it('becomes less when the manifest asks for less', async () => {
    const rig = await remembering({ requests: 4, query: false });
    for (const path of ['/a', '/b', '/c', '/d', '/e']) await send(`${rig.url()}${path}`);
    rig.bind({ remember: { requests: 2, query: false } });
    await rig.route({ blue: 100 });
    expect(pathsOf(rig)).toEqual(['/e', '/d']);
    await send(`${rig.url()}/f`);
    expect(pathsOf(rig)).toEqual(['/f', '/e']);
    rig.bind({});
    await rig.route({ blue: 100 });
    expect(pathsOf(rig)).toEqual([]);
  });
});
