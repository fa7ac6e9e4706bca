import { describe, expect, it } from 'vitest';
import { createTestConductor, fakeManifest } from '../../support/conductor.ts';

async function prepare(count: number) {
  const conductor = await createTestConductor();
  const services = Array.from({ length: count }, (_, i) => `shop-${String(i).padStart(2, '0')}`);
  for (const service of services)
    await conductor.operations.applyManifest(service, fakeManifest({ service }), 'test');
  return { ...conductor, services };
}

describe('the list of services', () => {
  it('asks four routers at a time, and all of them', async () => {
    const { ports, operations, services } = await prepare(10);
    const { router } = ports.adapters;
    let atOnce = 0;
    const seen: number[] = [];
    ports.adapters.router = (config, service) => ({
      ...router(config, service),
      async read() {
        atOnce += 1;
        seen.push(atOnce);
        await new Promise(setImmediate);
        atOnce -= 1;
        return { weights: { blue: 100 }, revision: '1' };
      },
    });

    const listed = await operations.listServices();

    expect(listed.map(({ service }) => service)).toEqual(expect.arrayContaining(services));
    expect(seen).toHaveLength(listed.length);
    expect(Math.max(...seen)).toBe(4);
  });

  it('shows a service whose manifest is no longer valid, and the others', async () => {
    const { ports, operations } = await prepare(2);
    const { parseManifest } = ports.adapters;
    ports.adapters.parseManifest = (source) => {
      if (source.service === 'shop-00') throw new Error('router: is not a known kind');
      return parseManifest(source);
    };

    const listed = await operations.listServices();

    expect(listed.find(({ service }) => service === 'shop-00')).toMatchObject({ traffic: null });
    expect(listed.find(({ service }) => service === 'shop-01')?.traffic).not.toBeNull();
  });
});
