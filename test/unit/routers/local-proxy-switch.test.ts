import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import {
  createManualTimers,
  type Rig,
  send,
  startRig,
  startUpstream,
  type Upstream,
} from './proxy-harness.ts';

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

/** An environment that answers WebSocket messages with its name before them. */
async function echo(name: string): Promise<{ address: string; hangUp(): void }> {
  const started = await upstream(name);
  const sockets = new WebSocketServer({ server: started.server });
  sockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data) => socket.send(`${name}: ${data}`));
  });
  return {
    address: started.address,
    hangUp() {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

async function ask(socket: WebSocket, text: string): Promise<string> {
  socket.send(text);
  const [data] = await once(socket, 'message');
  return String(data);
}

describe('a switch', () => {
  it('fails no request when the route flips 100 times under load', async () => {
    const shop = await rig();
    const blue = await upstream('blue');
    const green = await upstream('green');
    const addresses = { blue: blue.address, green: green.address };
    await shop.route({ blue: 100 }, addresses);
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    let isOver = false;
    const bodies: string[] = [];
    async function client(): Promise<void> {
      while (!isOver) {
        const reply = await send(shop.url(), { agent });
        bodies.push(reply.status === 200 ? reply.body : `failed ${reply.status}`);
      }
    }

    const clients = Array.from({ length: 16 }, client);
    for (let flip = 0; flip < 100; flip += 1) {
      const seen = bodies.length;
      await shop.route(flip % 2 === 0 ? { green: 100 } : { blue: 100 }, addresses);
      await vi.waitUntil(() => bodies.length >= seen + 20, { interval: 1, timeout: 5000 });
    }
    isOver = true;
    await Promise.all(clients);

    expect(new Set(bodies)).toEqual(new Set(['blue', 'green']));
    expect(shop.finished.every((entry) => entry.outcome === 'answered')).toBe(true);
    agent.destroy();
  });

  it('sends every request after it to the new side, also on an old connection', async () => {
    const shop = await rig();
    const blue = await upstream('blue');
    const green = await upstream('green');
    await shop.route({ blue: 100 }, { blue: blue.address });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await send(shop.url(), { agent })).body).toBe('blue');
    await shop.route({ green: 100 }, { green: green.address });
    expect((await send(shop.url(), { agent })).body).toBe('green');
    agent.destroy();
  });

  it('lets a request in flight come to its end on the old side', async () => {
    const shop = await rig();
    let answer = () => {};
    let hasArrived = false;
    const blue = await upstream((_, res) => {
      hasArrived = true;
      answer = () => res.end('blue, late');
    });
    const green = await upstream('green');
    await shop.route({ blue: 100 }, { blue: blue.address });
    const slow = send(shop.url());
    await vi.waitUntil(() => hasArrived);
    await shop.route({ green: 100 }, { green: green.address });
    expect((await send(shop.url())).body).toBe('green');
    expect(shop.proxy.drained('shop', 'blue')).toBe(false);
    answer();
    expect((await slow).body).toBe('blue, late');
    await vi.waitUntil(() => shop.proxy.drained('shop', 'blue'));
  });

  it('ends what is left on the old side when the drain time is over', async () => {
    const { timers, waiting, fireAll } = createManualTimers();
    const shop = await rig({ timers });
    let arrived = 0;
    const blue = await upstream((req, res) => {
      arrived += 1;
      if (req.url === '/stream') res.write('begun');
    });
    const green = await upstream('green');
    await shop.route({ blue: 100 }, { blue: blue.address });
    const silent = send(shop.url());
    const req = request(`${shop.url()}/stream`).end();
    const [stream] = await once(req, 'response');
    const broken = once(stream, 'error');
    await vi.waitUntil(() => arrived === 2);
    await shop.route({ green: 100 }, { green: green.address });
    expect(waiting.size).toBe(1);
    fireAll();
    stream.resume();
    expect((await silent).status).toBe(503);
    await broken;
    await vi.waitUntil(() => shop.proxy.drained('shop', 'blue'));
    expect(shop.proxy.traffic('shop').blue?.drainedConnections).toBe(2);
    expect(shop.finished.map((entry) => entry.outcome)).toEqual(['switch-failed', 'switch-failed']);
  });

  it('takes the drain back when the old side gets traffic again', async () => {
    const { timers, waiting } = createManualTimers();
    const shop = await rig({ timers });
    let hasArrived = false;
    const blue = await upstream((req, res) => {
      hasArrived = true;
      if (req.url !== '/slow') res.end('blue');
    });
    const green = await upstream('green');
    const addresses = { blue: blue.address, green: green.address };
    await shop.route({ blue: 100 }, addresses);
    const req = request(`${shop.url()}/slow`).end();
    req.on('error', () => {});
    await vi.waitUntil(() => hasArrived);
    await shop.route({ green: 100 }, addresses);
    expect(waiting.size).toBe(1);
    await shop.route({ blue: 100 }, addresses);
    expect(waiting.size).toBe(0);
    req.destroy();
  });

  it('knows how old requests and sockets are', async () => {
    const shop = await rig();
    const blue = await echo('blue');
    const slow = await upstream((_, res) => res.write('begun'));
    await shop.route({ blue: 100 }, { blue: blue.address });
    expect(shop.proxy.ages('shop', 'blue')).toEqual({ sockets: [], requests: [] });
    expect(shop.proxy.ages('nobody', 'blue')).toEqual({ sockets: [], requests: [] });
    const socket = new WebSocket(shop.url().replace('http', 'ws'));
    await once(socket, 'open');
    await shop.route({ slow: 100 }, { slow: slow.address });
    const req = request(shop.url()).end();
    await once(req, 'response');

    const { sockets, requests } = shop.proxy.ages('shop', 'blue');
    expect([sockets.length, requests.length]).toEqual([1, 0]);
    expect(sockets[0]).toBeGreaterThan(0);
    expect(sockets[0]).toBeLessThan(60);
    expect(shop.proxy.ages('shop', 'slow').requests).toHaveLength(1);

    socket.terminate();
    req.destroy();
  });

  it('keeps an open WebSocket on the old side and sends new ones to the new side', async () => {
    const { timers, fireAll } = createManualTimers();
    const shop = await rig({ timers });
    const blue = await echo('blue');
    const green = await echo('green');
    await shop.route({ blue: 100 }, { blue: blue.address });
    const old = new WebSocket(shop.url().replace('http', 'ws'));
    await once(old, 'open');
    expect(await ask(old, 'hi')).toBe('blue: hi');
    await shop.route({ green: 100 }, { green: green.address });
    expect(await ask(old, 'still there?')).toBe('blue: still there?');
    const young = new WebSocket(shop.url().replace('http', 'ws'));
    await once(young, 'open');
    expect(await ask(young, 'hi')).toBe('green: hi');

    const closed = once(old, 'close');
    fireAll();
    expect((await closed)[0]).toBe(1001);
    await vi.waitUntil(() => shop.proxy.drained('shop', 'blue'));
    expect(await ask(young, 'you too?')).toBe('green: you too?');
    young.terminate();
  });

  it('does not blame an environment that is stopped after its traffic has left', async () => {
    const shop = await rig();
    let hasArrived = false;
    const blue = await upstream(() => {
      hasArrived = true;
    });
    const green = await upstream('green');
    await shop.route({ blue: 100 }, { blue: blue.address });
    const reply = send(shop.url());
    await vi.waitUntil(() => hasArrived);
    await shop.route({ green: 100 }, { green: green.address });
    await blue.stop();
    expect((await reply).status).toBe(502);
    await vi.waitUntil(() => shop.finished.length === 1);
    expect(shop.finished[0]).toMatchObject({ environmentId: 'blue', outcome: 'switch-failed' });
  });
});

describe('WebSockets', () => {
  it('answers 502 where the environment is gone and counts it against the side', async () => {
    const shop = await rig();
    const gone = await startUpstream('gone');
    await gone.stop();
    await shop.route({ blue: 100 }, { blue: gone.address });
    const socket = new WebSocket(shop.url().replace('http', 'ws'));
    const [error] = await once(socket, 'error');
    expect(error.message).toContain('502');
    await vi.waitUntil(() => shop.finished.length === 1);
    expect(shop.finished[0]).toMatchObject({ status: 502, outcome: 'side-failed' });
  });

  it("passes an environment's refusal on", async () => {
    const shop = await rig();
    const blue = await upstream((_, res) => res.end());
    blue.server.on('upgrade', (_, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno');
    });
    await shop.route({ blue: 100 }, { blue: blue.address });
    const socket = new WebSocket(shop.url().replace('http', 'ws'));
    const [error] = await once(socket, 'error');
    expect(error.message).toContain('401');
  });

  it('tells each end when the other one goes', async () => {
    const shop = await rig();
    const blue = await echo('blue');
    await shop.route({ blue: 100 }, { blue: blue.address });
    const first = new WebSocket(shop.url().replace('http', 'ws'));
    await once(first, 'open');
    first.terminate();
    await vi.waitUntil(() => shop.proxy.traffic('shop').blue?.inFlight === 0);
    const second = new WebSocket(shop.url().replace('http', 'ws'));
    second.on('error', () => {});
    await once(second, 'open');
    const closed = once(second, 'close');
    blue.hangUp();
    await closed;
    await vi.waitUntil(() => shop.finished.length === 2);
  });
});

describe('shares of traffic', () => {
  it('sends 5 of 100 to green, and the same share of every other request', async () => {
    const shop = await rig();
    const blue = await upstream('blue');
    const green = await upstream('green');
    await shop.route({ blue: 95, green: 5 }, { blue: blue.address, green: green.address });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const bodies: string[] = [];
    for (let i = 0; i < 1000; i += 1) bodies.push((await send(shop.url(), { agent })).body);
    agent.destroy();
    const greens = (list: string[]) => list.filter((body) => body === 'green').length;
    expect(greens(bodies)).toBeGreaterThanOrEqual(48);
    expect(greens(bodies)).toBeLessThanOrEqual(52);
    const second = greens(bodies.filter((_, i) => i % 2 === 0));
    expect(second).toBeGreaterThanOrEqual(23);
    expect(second).toBeLessThanOrEqual(27);
  });

  it('keeps a client on its side while that has weight, where the route is sticky', async () => {
    const shop = await rig();
    shop.bind({ stickyCookie: 'side' });
    const blue = await upstream('blue');
    const green = await upstream('green');
    const addresses = { blue: blue.address, green: green.address };
    await shop.route({ blue: 50, green: 50 }, addresses);
    const first = await send(shop.url());
    const cookie = `other=1; ${first.headers['set-cookie']?.[0]?.split(';')[0]}`;
    expect(first.headers['set-cookie']?.[0]).toMatch(
      /^side=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    for (let i = 0; i < 20; i += 1) {
      const reply = await send(shop.url(), { headers: { cookie } });
      expect(reply.body).toBe(first.body);
      expect(reply.headers).not.toHaveProperty('set-cookie');
    }
    const other = first.body === 'blue' ? 'green' : 'blue';
    await shop.route({ [other]: 100 }, addresses);
    const moved = await send(shop.url(), { headers: { cookie } });
    expect(moved.body).toBe(other);
    expect(moved.headers['set-cookie']?.[0]).toMatch(/^side=[\w-]{22};/);
    expect(moved.headers['set-cookie']).not.toEqual(first.headers['set-cookie']);
    await shop.proxy.flush();
    const again = await startRig({ directory: shop.directory });
    await again.proxy.load();
    const kept = `${moved.headers['set-cookie']?.[0]?.split(';')[0]}`;
    const reply = await send(again.url(), { headers: { cookie: kept } });
    await again.stop();
    expect(reply.headers).not.toHaveProperty('set-cookie');
  });
});
