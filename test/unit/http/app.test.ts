import { describe, expect, it } from 'vitest';
import {
  apiVersion,
  type FreezesAnswer,
  type ReleaseStatus,
  type ReleasesAnswer,
} from '../../../lib/http/api.ts';
import { createTestApp, jsonOf, testToken } from '../../support/api-server.ts';
import {
  endedStatus,
  fixtureDiagnosis,
  fixtureFinding,
  fixtureService,
} from '../../support/fakes/operations.ts';

const authorized = { authorization: `Bearer ${testToken}`, 'x-verdigris-actor': 'grace' };

function createCaller() {
  const { app, operations, lines } = createTestApp();
  const call = (method: string, path: string, body?: unknown) =>
    app.request(path, {
      method,
      headers: { ...authorized, ...(body === undefined ? {} : jsonType) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { app, operations, lines, call };
}
const jsonType = { 'content-type': 'application/json' };

describe('what the API answers', () => {
  it('tells its health and API version without a token', async () => {
    const { app } = createTestApp();
    const answer = await app.request('/healthz');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ok', version: '0.0.0-test', api: apiVersion });
  });

  it('hints at the API on its front page', async () => {
    const { app } = createTestApp();
    const answer = await app.request('/');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('/api');
  });

  it('lists services', async () => {
    const { call } = createCaller();
    const answer = await call('GET', '/api/services');
    expect(await answer.json()).toEqual({ services: [fixtureService()] });
  });

  it("gives the manifest's JSON schema", async () => {
    const { call } = createCaller();
    expect(await (await call('GET', '/api/schema')).json()).toEqual({ type: 'object' });
  });

  it('stores a manifest under the name of who sent it', async () => {
    const { call, operations } = createCaller();
    const answer = await call('PUT', '/api/services/storefront', { service: 'storefront' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ revision: 1, updatedBy: 'grace' });
    expect(operations.calls).toEqual([
      ['applyManifest', 'storefront', { service: 'storefront' }, 'grace'],
    ]);
  });

  it('starts a release and says where it can be seen', async () => {
    const { call, operations } = createCaller();
    const artifact = { uri: '/artifacts/v2', version: 'v2' };
    const answer = await call('POST', '/api/releases', { service: 'storefront', artifact });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/api/releases/rel1');
    expect(await answer.json()).toMatchObject({ releaseId: 'rel1', version: 'v2' });
    expect(operations.calls).toEqual([
      ['startRelease', { service: 'storefront', artifact, by: 'grace' }],
    ]);
  });

  it('takes the environment that somebody else made for an artifact', async () => {
    const { call, operations } = createCaller();
    const environment = { id: 'shop-b', address: 'http://10.0.0.7', attributes: { a: 'b' } };
    const artifact = { uri: '/artifacts/v2', version: 'v2', environment };
    await call('POST', '/api/releases', { service: 'storefront', artifact });
    expect(operations.calls[0]?.[1]).toMatchObject({ artifact: { environment } });
  });

  it('gives one release with its events', async () => {
    const { call } = createCaller();
    const status = await jsonOf<ReleaseStatus>(await call('GET', '/api/releases/rel1'));
    expect(status).toMatchObject({ releaseId: 'rel1', phase: 'provisioning', outcome: null });
    expect(status.events).toHaveLength(1);
  });

  it('lists releases without the documents, which hold the configuration', async () => {
    const { call, operations } = createCaller();
    operations.releases.set('rel1', endedStatus('completed'));
    const answer = await call('GET', '/api/releases?service=storefront&limit=5');
    const { releases } = await jsonOf<ReleasesAnswer>(answer);
    expect(operations.calls).toEqual([['listReleases', { limit: 5, service: 'storefront' }]]);
    expect(releases[0]).toMatchObject({ releaseId: 'rel1', version: 'v2', outcome: 'completed' });
    expect(releases[0]).not.toHaveProperty('document');
  });

  it('lists twenty releases of all services unless told otherwise', async () => {
    const { call, operations } = createCaller();
    await call('GET', '/api/releases');
    expect(operations.calls).toEqual([['listReleases', { limit: 20 }]]);
  });

  it.each(['approve', 'reject'] as const)(
    'takes a person’s %s and keeps the task token',
    async (decision) => {
      const { call, operations } = createCaller();
      const answer = await call('POST', `/api/releases/rel1/${decision}`, {
        reason: 'looked at it',
      });
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toContain('secret-task-token');
      expect(operations.calls).toEqual([[decision, 'rel1', 'grace', 'looked at it']]);
    },
  );

  it('rolls back a release, without a body too', async () => {
    const { call, operations } = createCaller();
    const answer = await call('POST', '/api/releases/rel1/rollback');
    expect(await answer.json()).toMatchObject({ phase: 'rolling-back' });
    expect(operations.calls).toEqual([['rollback', 'rel1', 'grace', null]]);
  });

  it('rolls back whatever a service released last', async () => {
    const { call, operations } = createCaller();
    const answer = await call('POST', '/api/services/storefront/rollback', { reason: 'slow' });
    expect(answer.status).toBe(200);
    expect(operations.calls).toEqual([['rollbackService', 'storefront', 'grace', 'slow']]);
  });

  it('says what is wrong with a service, and repairs it in the name of who asks', async () => {
    const { call, operations } = createCaller();
    operations.diagnoses.set('storefront', { findings: [fixtureFinding()] });
    const diagnosis = await call('GET', '/api/services/storefront/diagnosis');
    expect(await diagnosis.json()).toEqual(fixtureDiagnosis({ findings: [fixtureFinding()] }));
    const report = await call('POST', '/api/services/storefront/repair');
    expect(await report.json()).toMatchObject({ findings: [{ repair: { isMended: true } }] });
    expect(operations.calls).toEqual([
      ['diagnose', 'storefront'],
      ['repair', 'storefront', 'grace'],
    ]);
  });

  it('does not repair what it does not know, nor with keys that it does not know', async () => {
    const { call, operations } = createCaller();
    expect((await call('GET', '/api/services/nothing/diagnosis')).status).toBe(404);
    expect((await call('POST', '/api/services/Not-a-name/repair')).status).toBe(404);
    expect((await call('POST', '/api/services/storefront/repair', { all: true })).status).toBe(400);
    expect(operations.calls).toEqual([['diagnose', 'nothing']]);
  });

  it.each(['continue', 'rollback'])('resumes a held release with %s', async (decision) => {
    const { call, operations } = createCaller();
    const answer = await call('POST', '/api/releases/rel1/resume', { decision, reason: 'fine' });
    expect(answer.status).toBe(200);
    expect(operations.calls).toEqual([['resume', 'rel1', decision, 'grace', 'fine']]);
  });

  it.each(['storefront', '*', '%2A'])('freezes %s, lists it and lifts it', async (scope) => {
    const { call } = createCaller();
    const name = decodeURIComponent(scope);
    const frozen = await call('PUT', `/api/freezes/${scope}`, { reason: 'sale' });
    const listed = await call('GET', '/api/freezes');
    const lifted = await call('DELETE', `/api/freezes/${scope}`);
    const again = await call('DELETE', `/api/freezes/${scope}`);
    expect(await frozen.json()).toMatchObject({ scope: name, reason: 'sale', by: 'grace' });
    expect((await jsonOf<FreezesAnswer>(listed)).freezes).toHaveLength(1);
    expect(await lifted.json()).toEqual({ scope: name, lifted: true });
    expect(await again.json()).toEqual({ scope: name, lifted: false });
  });
});
