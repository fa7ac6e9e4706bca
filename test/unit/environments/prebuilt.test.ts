import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPrebuiltEnvironment } from '../../../lib/environments/prebuilt.ts';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import { type HealthyServer, listenHealthily } from '../../support/healthy-server.ts';

let server: HealthyServer;
beforeEach(async () => {
  server = await listenHealthily();
});
afterEach(() => server.close());

/** Pauses pass at once; answers are waited for. */
const timers = {
  after(ms: number, action: () => void) {
    if (ms > 1000) return () => {};
    setImmediate(action);
    return () => {};
  },
};

const make = (part: object = {}) =>
  createPrebuiltEnvironment({ kind: 'prebuilt', ...part }, { timers });
const artifact = (environment?: {
  id: string;
  address?: string;
  attributes?: Record<string, string>;
}) => ({
  uri: 's3://builds/v2.zip',
  version: 'v2',
  ...(environment && { environment }),
});

describe('what is handed over', () => {
  it('is green as it came', async () => {
    const attributes = { targetGroupArn: 'arn:b' };
    const given = artifact({ id: 'shop-b', address: server.address, attributes });
    expect(await make().provision(given, 'r1')).toEqual({
      id: 'shop-b',
      kind: 'prebuilt',
      version: 'v2',
      address: server.address,
      attributes,
    });
  });

  it.each([
    ['nothing', {}, artifact(), 'carries no environment'],
    ['no address to ask', { healthPath: '/' }, artifact({ id: 'b' }), '"b" without address'],
    [
      'less than the manifest needs',
      { needs: ['targetGroupArn', 'dnsName'] },
      artifact({ id: 'b', attributes: { dnsName: 'b.example.com' } }),
      '"b" without targetGroupArn',
    ],
    [
      'what the manifest says was live before',
      { existing: [{ id: 'b' }] },
      artifact({ id: 'b' }),
      'environment.existing',
    ],
  ])('is refused when it is %s', async (_, part, given, why) => {
    const attempt = make(part).provision(given, 'r1');
    await expect(attempt).rejects.toMatchObject({ name: 'ArtifactInvalidError' });
    await expect(attempt).rejects.toThrow(why);
  });

  it('shows the names of its attributes only', async () => {
    const ref = await make().provision(
      artifact({ id: 'b', attributes: { token: 'secret' } }),
      'r1',
    );
    expect(ref && (await make().describe(ref))).toMatchObject({ attributes: ['token'] });
  });
});

describe('the health of what is handed over', () => {
  const at = (address: string | null) => ({
    id: 'b',
    kind: 'prebuilt',
    version: 'v2',
    address,
    attributes: {},
  });

  it('is asked at its address, whatever slash that ends with', async () => {
    const environment = make({ healthPath: '/healthz' });
    expect(await environment.status(at(`${server.address}/`))).toMatchObject({ state: 'ready' });
    expect(server.asked).toEqual(['/healthz']);
  });

  it('is asked again when it stumbles', async () => {
    server.statuses.push(503, 500);
    const environment = make({ healthPath: '/healthz' });
    expect(await environment.status(at(server.address))).toMatchObject({ state: 'ready' });
    expect(server.asked).toHaveLength(3);
  });

  it('is given up on with the reason', async () => {
    server.statuses.push(...Array(5).fill(503));
    const { state, reason } = await make({ healthPath: '/healthz' }).status(at(server.address));
    expect(state).toBe('failed');
    expect(reason).toContain(`${server.address}/healthz answered 503`);
  });

  it('is bad where nothing listens', async () => {
    const { address } = server;
    await server.close();
    const { state, reason } = await make({ healthPath: '/healthz' }).status(at(address));
    server = await listenHealthily();
    expect(state).toBe('failed');
    expect(reason).toContain('ECONNREFUSED');
  });

  it('is taken for granted where there is nothing to ask', async () => {
    expect(await make().status(at(server.address))).toMatchObject({ state: 'ready' });
    expect(await make({ healthPath: '/' }).status(at(null))).toMatchObject({ state: 'ready' });
    expect(server.asked).toEqual([]);
  });
});

describe('what was live before the first release', () => {
  it('is found as the manifest says it', async () => {
    const existing = [{ id: 'shop-a', address: 'http://10.0.0.1', attributes: { dnsName: 'a' } }];
    expect(await make({ existing }).lookup('shop-a')).toEqual({
      id: 'shop-a',
      kind: 'prebuilt',
      version: 'unknown',
      address: 'http://10.0.0.1',
      attributes: { dnsName: 'a' },
    });
    expect(await make({ existing }).lookup('shop-b')).toBeNull();
  });
});

describe('the manifest', () => {
  const manifest = (environment: object, router: object = { kind: 'local-proxy', port: 8080 }) => ({
    service: 'shop',
    environment: { kind: 'prebuilt', ...environment },
    router,
  });

  it.each([
    [{ healthPath: 'healthz' }, 'environment.healthPath'],
    [{ existing: [{ id: 'a', arn: 'b' }] }, 'environment.existing[0].arn'],
    [{ command: 'node' }, 'environment.command'],
  ])('is refused with %j', (part, path) => {
    expect(() => parseManifest(manifest(part), manifestKinds)).toThrow(path);
  });

  it('goes with the proxy of this machine', () => {
    expect(parseManifest(manifest({}), manifestKinds).environment.kind).toBe('prebuilt');
  });
});
