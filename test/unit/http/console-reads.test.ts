import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../lib/release/access.ts';
import { createTestApp, errorOf, jsonOf } from '../../support/api-server.ts';
import { fixtureStart } from '../../support/fakes/operations.ts';

function createCaller(grants: Grant[] = [{ role: 'viewer', services: ['storefront'] }]) {
  const { app, operations } = createTestApp({
    authenticate: () => ({ actor: 'ada', via: 'session', grants }),
  });
  const get = (path: string) => app.request(path);
  const post = (path: string, body: unknown) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return { get, post, operations };
}

describe('GET /api/services/{service}/manifest', () => {
  it('gives the manifest as it was applied, and who applied it', async () => {
    const answer = await createCaller().get('/api/services/storefront/manifest');

    expect(await jsonOf(answer)).toEqual({
      service: 'storefront',
      source: { service: 'storefront' },
      revision: 1,
      updatedAt: fixtureStart,
      updatedBy: 'ada',
    });
  });

  it('is for who may read that service', async () => {
    const { get } = createCaller([{ role: 'operator', services: ['payroll'] }]);

    expect((await errorOf(await get('/api/services/storefront/manifest'))).name).toBe(
      'ForbiddenError',
    );
    expect((await get('/api/services/payroll/manifest')).status).toBe(404);
  });
});

describe('POST /api/services/{service}/validate', () => {
  it('says what is wrong, changes nothing, and needs no more than reading', async () => {
    const { post, operations } = createCaller();

    const good = await post('/api/services/storefront/validate', { service: 'storefront' });
    const bad = await post('/api/services/storefront/validate', { service: 'other' });

    expect(await jsonOf(good)).toEqual({ isValid: true, issues: [] });
    expect(await jsonOf(bad)).toEqual({
      isValid: false,
      issues: [{ path: 'service', reason: 'is another one' }],
    });
    expect(operations.calls.map(([name]) => name)).toEqual([
      'validateManifest',
      'validateManifest',
    ]);
  });

  it('refuses what is no manifest at all', async () => {
    const answer = await createCaller().post('/api/services/storefront/validate', ['a', 'b']);

    expect((await errorOf(answer)).name).toBe('ManifestInvalidError');
  });
});

describe('GET /api/releases/{id}/metrics', () => {
  it('gives blue and green side by side', async () => {
    const answer = await createCaller().get('/api/releases/rel1/metrics');

    expect(await jsonOf(answer)).toMatchObject({ periodSeconds: 1, green: [], unavailable: null });
  });

  it('is not there for who may not read the service of the release', async () => {
    const { get } = createCaller([{ role: 'operator', services: ['payroll'] }]);

    expect((await get('/api/releases/rel1/metrics')).status).toBe(404);
    expect((await get('/api/releases/rel2/metrics')).status).toBe(404);
  });
});
