import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createRouter } from '../../../lib/routers/index.ts';
import { localProxySchema } from '../../../lib/routers/local-proxy.ts';
import { createMetricSource, createSignal } from '../../../lib/signals/index.ts';
import { machine } from './proxy-harness.ts';

const deps = { ...machine, log: silentLogger };

describe('registries of routers, signals and metrics', () => {
  it('name the nearest kind for one that does not exist', async () => {
    const router = createRouter({ kind: 'local-prxy' }, 'shop', deps);
    await expect(router).rejects.toThrow(/"local-proxy"\?/);
    expect(() => createSignal({ kind: 'local-alarm' }, 'shop', {})).toThrow(/"local-alarms"\?/);
    expect(() => createMetricSource({ kind: 'x' }, 'shop', {})).toThrow(/are local-metrics/);
  });

  it.each([
    ['router', () => createRouter({ kind: 'local-proxy', port: 8080 }, 'shop', deps)],
    ['signals', () => createSignal({ kind: 'local-alarms', alarms: {} }, 'shop', {})],
    ['metrics', () => createMetricSource({ kind: 'local-metrics' }, 'shop', {})],
  ])('say which platform has a kind of %s that this one lacks', async (_, create) => {
    const made = async () => create();
    await expect(made()).rejects.toMatchObject({ name: 'KindUnavailableError' });
    await expect(made()).rejects.toThrow(/local platform/);
  });
});

describe('a kind that only AWS has', () => {
  it('says so on another platform', async () => {
    const config = { kind: 'route53-records', hostedZoneId: 'Z1', name: 'shop.example.com' };

    await expect(createRouter(config, 'shop', deps)).rejects.toThrow(
      /route53-records.* on AWS only/,
    );
  });
});

describe("the local proxy's part of the manifest", () => {
  it('listens on the machine itself, unless told otherwise', () => {
    expect(localProxySchema.parse({ kind: 'local-proxy', port: 8080 })).toEqual({
      kind: 'local-proxy',
      port: 8080,
      address: '127.0.0.1',
      drain: 10,
      timeout: 30,
    });
  });

  it.each([
    { port: 0 },
    { port: 8080, timeout: '0s' },
    { port: 8080, drain: 10 },
    { port: 8080, host: 'shop.test:80' },
    { port: 8080, address: 'everywhere' },
    { port: 8080, sticky: { cookie: 'a=b; Secure' } },
    { port: 8080, weight: 5 },
  ])('refuses %j', (part) => {
    expect(localProxySchema.safeParse({ kind: 'local-proxy', ...part }).success).toBe(false);
  });
});
