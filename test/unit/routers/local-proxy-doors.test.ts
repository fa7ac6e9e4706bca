import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../lib/release/logger.ts';
import {
  createManualTimers,
  type Rig,
  send,
  startRig,
  startUpstream,
  type Upstream,
} from './proxy-harness.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, mkdir: vi.fn(real.mkdir) };
});

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.stop();
});

async function rig(options?: Parameters<typeof startRig>[0]): Promise<Rig> {
  const started = await startRig(options);
  open.push(started);
  return started;
}

async function upstream(name: string): Promise<Upstream> {
  const started = await startUpstream(name);
  open.push(started);
  return started;
}

async function freePort(): Promise<number> {
  const probe = await startUpstream('probe');
  await probe.stop();
  return Number(new URL(probe.address).port);
}

describe('services on a port', () => {
  it('tells two services apart by host and knows nobody else', async () => {
    const both = await rig();
    const port = await freePort();
    both.bind({ port, host: 'shop.test' }, 'shop');
    both.bind({ port, host: 'blog.test' }, 'blog');
    const shop = await upstream('shop');
    const blog = await upstream('blog');
    await both.route({ v1: 100 }, { v1: shop.address }, 'shop');
    await both.route({ v1: 100 }, { v1: blog.address }, 'blog');
    const ask = (host: string) => send(both.url(), { headers: { host } });
    expect((await ask('shop.test')).body).toBe('shop');
    expect((await ask(`BLOG.test:${port}`)).body).toBe('blog');
    const unknown = await ask('evil.test');
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.body).error).toEqual({
      code: 'unknown-host',
      message: 'no service is bound to host "evil.test"',
    });
  });

  it('refuses a port that another program has, and leaves the route alone', async () => {
    const shop = await rig();
    const other = await upstream('other');
    const port = Number(new URL(other.address).port);
    shop.bind({ port });
    await expect(shop.route({ blue: 100 }, { blue: other.address })).rejects.toMatchObject({
      name: 'PortInUseError',
      message: expect.stringMatching(new RegExp(`${port} for shop.*EADDRINUSE.*router\\.port`)),
    });
    expect(shop.proxy.read('shop')).toEqual({ weights: {}, revision: '0' });
  });

  it('refuses a port and host that another service has, by its name', async () => {
    const both = await rig();
    const port = await freePort();
    const environment = await upstream('environment');
    both.bind({ port }, 'shop');
    both.bind({ port }, 'blog');
    await both.route({ v1: 100 }, { v1: environment.address }, 'shop');
    const second = both.route({ v1: 100 }, { v1: environment.address }, 'blog');
    await expect(second).rejects.toMatchObject({
      name: 'PortInUseError',
      message: expect.stringContaining("already shop's"),
    });
    expect((await send(both.url('shop'))).body).toBe('environment');
  });

  it('moves a service to another port', async () => {
    const shop = await rig();
    const environment = await upstream('environment');
    const [first, second] = [await freePort(), await freePort()];
    shop.bind({ port: first });
    await shop.route({ v1: 100 }, { v1: environment.address });
    shop.bind({ port: second });
    await shop.route({ v1: 100 });
    expect((await send(`http://127.0.0.1:${second}`)).body).toBe('environment');
    await expect(send(`http://127.0.0.1:${first}`)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('answers 503 while nothing is routed, and counts it as its own failure', async () => {
    const shop = await rig();
    await shop.proxy.bind('shop', {
      address: '127.0.0.1',
      port: 0,
      host: null,
      drainSeconds: 1,
      timeoutSeconds: 1,
      stickyCookie: null,
      previewHeader: null,
      remember: null,
    });
    const reply = await send(shop.url());
    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body).error.code).toBe('no-route');
    expect(shop.finished).toEqual([
      { service: 'shop', environmentId: null, status: 503, latencyMs: 0, outcome: 'switch-failed' },
    ]);
  });

  it.each([
    ['no address', {}, /blue of shop has no address/],
    ['a path in its address', { blue: 'http://127.0.0.1:1/path' }, /without a path/],
    ['https', { blue: 'https://127.0.0.1:1' }, /http:\/\/host:port/],
  ])('refuses an environment with %s', async (_, addresses, reason) => {
    const shop = await rig();
    const attempt = shop.route({ blue: 100 }, addresses);
    await expect(attempt).rejects.toMatchObject({ name: 'RequestInvalidError' });
    await expect(attempt).rejects.toThrow(reason);
    expect(shop.proxy.read('shop').weights).toEqual({});
  });
});

describe('addresses', () => {
  it('follows an environment that was restarted elsewhere, against older documents', async () => {
    const shop = await rig();
    const before = await upstream('before');
    const after = await upstream('after');
    await shop.route({ blue: 100 }, { blue: before.address });
    shop.proxy.updateAddress('shop', 'blue', after.address);
    expect((await send(shop.url())).body).toBe('after');
    await shop.route({ blue: 100 }, { blue: before.address });
    expect((await send(shop.url())).body).toBe('after');
  });

  it('forgets a retired environment, but never one with traffic', async () => {
    const shop = await rig();
    const environment = await upstream('environment');
    const addresses = { blue: environment.address, green: environment.address };
    await shop.route({ blue: 100 }, addresses);
    shop.proxy.forget('shop', 'green');
    shop.proxy.forget('shop', 'blue');
    expect(Object.keys(shop.proxy.traffic('shop'))).toEqual(['blue']);
  });
});

describe('a restart', () => {
  it('restores routes, addresses, ports and revisions', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'proxy-'));
    const environment = await upstream('environment');
    const port = await freePort();
    const first = await startRig({ directory });
    first.bind({ port });
    await first.route({ blue: 100 }, { blue: environment.address });
    const route = await first.route({ blue: 90, green: 10 }, { green: environment.address });
    await first.proxy.close();
    expect(await readdir(directory)).toEqual(['routes.json']);

    const second = await rig({ directory });
    await second.proxy.load();
    expect(second.proxy.read('shop')).toEqual(route);
    expect((await send(`http://127.0.0.1:${port}`)).body).toBe('environment');
    second.bind({ port });
    const next = await second.route({ blue: 100 });
    expect(Number(next.revision)).toBe(Number(route.revision) + 1);
  });

  it('is answered for a switch only when a killed conductor would remember it (rule 2)', async () => {
    const shop = await rig();
    const addresses = { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:2' };
    for (const weights of [{ blue: 100 }, { green: 100 }, { blue: 100 }]) {
      await shop.route(weights, addresses);

      // Read in the same turn: nothing that is still being written can get there meanwhile.
      const saved = JSON.parse(readFileSync(join(shop.directory, 'routes.json'), 'utf8'));
      expect(saved.services.shop.weights).toEqual(weights);
    }
  });

  it('saves the newest of many quick switches', async () => {
    const shop = await rig();
    const addresses = { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:2' };
    for (let i = 0; i < 50; i += 1) {
      await shop.route(i % 2 === 0 ? { blue: 100 } : { green: 100 }, addresses);
    }
    await shop.proxy.flush();
    const saved = JSON.parse(await readFile(join(shop.directory, 'routes.json'), 'utf8'));
    expect(saved.services.shop).toMatchObject({ revision: 50, weights: { green: 100 } });
  });

  it('switches although the disk hangs (rule 5), and says so', async () => {
    const log = { ...silentLogger, warn: vi.fn() };
    const { timers, fireAll, waiting } = createManualTimers();
    const shop = await rig({ timers, log });
    const green = await upstream('green');
    const disk = Promise.withResolvers<void>();
    vi.mocked(mkdir).mockImplementationOnce(() => disk.promise.then(() => undefined));
    const switched = shop.route({ green: 100 }, { green: green.address });
    await vi.waitUntil(() => waiting.size > 0);
    fireAll();
    expect((await switched).weights).toEqual({ green: 100 });
    expect((await send(shop.url())).body).toBe('green');
    expect(log.warn).toHaveBeenCalledWith(
      expect.stringContaining('not saved yet'),
      expect.anything(),
    );
    disk.resolve();
    await shop.proxy.flush();
  });

  it('switches although nothing can be saved (rule 5), and says so', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'proxy-')), 'not-a-directory');
    await writeFile(file, '');
    const error = vi.fn();
    const shop = await rig({ directory: file, log: { info() {}, warn() {}, error } });
    const environment = await upstream('environment');
    await shop.route({ blue: 100 }, { blue: environment.address });
    expect((await send(shop.url())).body).toBe('environment');
    await shop.proxy.flush();
    expect(error).toHaveBeenCalledWith(
      expect.stringContaining('could not be saved'),
      expect.objectContaining({ reason: expect.any(String) }),
    );
  });

  it('refuses a damaged file by its path, and begins without one', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'proxy-'));
    const shop = await rig({ directory });
    await shop.proxy.load();
    expect(shop.proxy.read('shop').weights).toEqual({});
    await writeFile(join(directory, 'routes.json'), '{"version":2,"services":{}}');
    const other = await startRig({ directory });
    await expect(other.proxy.load()).rejects.toMatchObject({
      name: 'ConfigInvalidError',
      message: expect.stringContaining(join(directory, 'routes.json')),
    });
    await other.proxy.close();
    await rm(directory, { recursive: true });
  });

  it('does not take a route for the expected one because it has the same number', async () => {
    const shop = await rig();
    const addresses = { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:2' };
    await shop.route({ blue: 100 }, addresses);
    const lost = { weights: { green: 100 }, revision: shop.proxy.read('shop').revision };
    const attempt = shop.proxy.change(
      'shop',
      {
        address: '127.0.0.1',
        port: 0,
        host: null,
        drainSeconds: 1,
        timeoutSeconds: 1,
        stickyCookie: null,
        previewHeader: null,
        remember: null,
      },
      { expected: lost, weights: { blue: 100 }, addresses, deadlineMs: Number.MAX_SAFE_INTEGER },
    );
    await expect(attempt).rejects.toMatchObject({ name: 'RouteConflictError' });
  });
});
