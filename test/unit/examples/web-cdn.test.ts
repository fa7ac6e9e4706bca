import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';

const folder = path.join(import.meta.dirname, '../../../examples/web-cdn');
const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
const source = read('router.js');

interface Request {
  uri: string;
  headers: Record<string, { value: string }>;
  cookies: Record<string, { value: string }>;
}

type Handler = (event: { viewer: { ip: string }; request: Request }) => Promise<Request>;

/** The function as CloudFront would run it, over a store with this value. */
function start(value: unknown) {
  const origins: object[] = [];
  const get = async (key: string, { format }: { format: string }) => {
    if (key !== 'storefront' || value === undefined) throw new Error('KeyNotFound');
    expect(format).toBe('json');
    return typeof value === 'string' ? JSON.parse(value) : value;
  };
  const cf = { kvs: () => ({ get }), updateRequestOrigin: (it: object) => void origins.push(it) };
  const body = `${source.replace(/^import cf from 'cloudfront';$/m, '')}\nreturn handler;`;
  const quiet = { log: () => {} };
  const handler = new Function('cf', 'console', body)(cf, quiet) as Handler;
  const ask = async (ip: string, request: Partial<Request> = {}) => {
    origins.length = 0;
    const whole = { uri: '/', headers: {}, cookies: {}, ...request };
    const answer = await handler({ viewer: { ip }, request: whole });
    return { answer, origin: origins[0], side: answer.headers['x-verdigris-environment']?.value };
  };
  return { ask };
}

const route = (weights: object) => ({
  weights,
  origins: {
    blue: { domainName: 'blue.example.com' },
    green: { domainName: 'green.example.com', originPath: '/2' },
  },
});

const visitors = Array.from({ length: 4000 }, (_, i) => `10.${i >> 8}.${i & 255}.7`);

async function sidesOf(weights: object) {
  const { ask } = start(route(weights));
  return Promise.all(visitors.map(async (ip) => (await ask(ip)).side));
}

describe('the function at the edge', () => {
  it('sends requests to the origin of the side that is live, and says which', async () => {
    const { ask } = start(route({ blue: 100 }));
    const { answer, origin, side } = await ask('10.0.0.1', { uri: '/cart' });

    expect(origin).toEqual({ domainName: 'blue.example.com' });
    expect(side).toBe('blue');
    expect(answer.uri).toBe('/cart');
  });

  it('knows origins with a path', async () => {
    const { ask } = start(route({ blue: 0, green: 100 }));

    expect((await ask('10.0.0.1')).origin).toEqual({
      domainName: 'green.example.com',
      originPath: '/2',
    });
  });

  it('splits visitors by weight', async () => {
    const sides = await sidesOf({ blue: 90, green: 10 });
    const green = sides.filter((it) => it === 'green').length;

    expect(green).toBeGreaterThan(300);
    expect(green).toBeLessThan(500);
  });

  it.each([
    ['first', (green: number) => ({ green, blue: 100 - green })],
    ['last', (green: number) => ({ blue: 100 - green, green })],
  ])('keeps a visitor on green, which grows and is written %s', async (_, weightsAt) => {
    const steps = await Promise.all([5, 20, 60, 100].map((green) => sidesOf(weightsAt(green))));
    for (const [i, visitor] of visitors.entries()) {
      const seen = steps.map((sides) => sides[i]);
      expect([...seen].sort(), visitor).toEqual(seen);
    }
  });

  it('goes by a cookie where there is one', async () => {
    const { ask } = start(route({ blue: 50, green: 50 }));
    const cookies = { session: { value: 'abc' } };
    const seen = await Promise.all(
      visitors.slice(0, 50).map(async (ip) => (await ask(ip, { cookies })).side),
    );

    expect(new Set(seen).size).toBe(1);
  });

  it.each([
    ['missing', undefined],
    ['no JSON', 'blue'],
    ['without the origin', { weights: { blue: 100 }, origins: {} }],
  ])('leaves requests to the distribution where the route is %s', async (_, value) => {
    const { ask } = start(value);
    const forged = { 'x-verdigris-environment': { value: 'forged' } };
    const { origin, side } = await ask('10.0.0.1', { headers: forged });

    expect(origin).toBeUndefined();
    expect(side).toBeUndefined();
  });

  it('stays within what the runtime takes (10 KB, no classes, no destructuring)', () => {
    expect(source.length).toBeLessThan(10_000);
    expect(source).not.toMatch(/\bclass\b|\bof\b.*\)\s*{$|(?:const|let) [{[]|\?\.|\?\?|catch {/m);
  });
});

describe('the manifest beside it', () => {
  it('is valid, and names the key that the function reads', () => {
    const { service, router } = parseManifest(parse(read('storefront.yml')), manifestKinds);

    expect(source).toContain(`const key = '${router.key ?? service}';`);
  });
});
