import { describe, expect, it } from 'vitest';
import { createApp } from '../../../lib/http/app.ts';
import type { AnyRoute } from '../../../lib/http/route.ts';
import { apiRoutes } from '../../../lib/http/routes/index.ts';
import {
  type Grant,
  isAllowed,
  type Permission,
  permissions,
  type Role,
  roles,
} from '../../../lib/release/access.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createFakeOperations, fixtureStatus } from '../../support/fakes/operations.ts';
import { readPage, tableRows } from '../docs/pages.ts';

/** A body that the route takes, so that nothing but rights can refuse. */
const bodies: Record<string, object> = {
  applyManifest: { service: 'storefront' },
  startRelease: { service: 'storefront', artifact: { uri: '/a', version: 'v2' } },
  resumeRelease: { decision: 'rollback' },
  freeze: { reason: 'sale' },
  runCheck: { check: 'health' },
  createToken: { name: 'ci', grants: [{ role: 'viewer', services: ['storefront'] }] },
};

/** The application for somebody with these grants. */
function appFor(grants: readonly Grant[]) {
  const operations = createFakeOperations();
  const lines: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void lines.push(message) };
  const authenticate = () => ({ actor: 'ada', via: 'oidc' as const, grants });
  const app = createApp({
    operations,
    authenticate,
    log,
    version: '0',
    manifestSchema: () => ({}),
  });
  return { app, operations, lines };
}

async function send(route: AnyRoute, grants: readonly Grant[], ofRelease = 'rel1') {
  const { app, operations, lines } = appFor(grants);
  const path = route.path
    .replace('{service}', 'storefront')
    .replace('{scope}', 'storefront')
    .replace('{id}', ofRelease);
  const body = route.body ? { body: JSON.stringify(bodies[route.id] ?? {}) } : {};
  const headers = { 'content-type': 'application/json' };
  const { status } = await app.request(path, {
    method: route.method.toUpperCase(),
    headers,
    ...body,
  });
  return { status, operations, lines };
}

const isRelease = ({ path }: AnyRoute) => path.startsWith('/api/releases/{id}');
const everyRoute = apiRoutes.map((route) => [route.id, route] as const);
const refusals = [403, 401];

describe('every route of the API', () => {
  it.each(everyRoute)(
    'lets those roles in that have its permission, and no other: %s',
    async (_, route) => {
      for (const role of roles) {
        const grants: Grant[] = [{ role, services: ['storefront'] }];
        const { status, operations, lines } = await send(route, grants);
        const isIn = isAllowed(grants, route.access.permission, 'storefront');

        expect([role, refusals.includes(status)]).toEqual([role, !isIn]);
        if (isIn) continue;
        expect(operations.calls).toEqual([]);
        expect(lines).toEqual(['request refused']);
      }
    },
  );

  it.each(everyRoute)(
    'shows and changes nothing of a service that is not theirs: %s',
    async (_, route) => {
      const elsewhere: Grant[] = [{ role: 'operator', services: ['another'] }];
      const { status, operations } = await send(route, elsewhere);
      const deeds = operations.calls.filter(([method]) => !/^list/.test(method));

      expect(deeds).toEqual([]);
      if (route.access.of !== 'some') expect(status).toBe(isRelease(route) ? 404 : 403);
    },
  );

  it.each(everyRoute)('is closed to somebody without any rights: %s', async (_, route) => {
    const { status, operations } = await send(route, []);
    expect(status).toBe(isRelease(route) ? 404 : 403);
    expect(operations.calls).toEqual([]);
  });
});

describe('a release of a service that somebody may not read', () => {
  it('is not told from one that does not exist', async () => {
    const { app, lines } = appFor([{ role: 'operator', services: ['another'] }]);
    const ask = async (id: string) => {
      const answer = await app.request(`/api/releases/${id}`);
      return [answer.status, JSON.stringify(await answer.json()).replaceAll(id, '…')];
    };

    expect(await ask('rel1')).toEqual(await ask('rel2'));
    expect(lines).toEqual(['request refused']);
  });

  it('is refused by name to those who may see it, but not do this', async () => {
    const { app } = appFor([{ role: 'viewer', services: ['storefront'] }]);
    const answer = await app.request('/api/releases/rel1/approve', { method: 'POST' });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      {
        error: {
          name: 'ForbiddenError',
          code: 'VG111',
          message: 'ada may not do this: it needs the role approver or operator for storefront',
          details: { permission: 'approve', service: 'storefront' },
        },
      },
    ]);
  });
});

describe('a list of releases', () => {
  const viewerOf = (...services: string[]): Grant[] => [{ role: 'viewer', services }];
  const idsFor = async (grants: readonly Grant[], query = '') => {
    const { app, operations } = appFor(grants);
    operations.releases.clear();
    for (let i = 0; i < 30; i += 1) {
      const service = i === 3 || i === 5 ? 'storefront' : i === 4 ? 'checkout' : 'busy';
      const releaseId = `rel${String(i).padStart(2, '0')}`;
      operations.releases.set(releaseId, fixtureStatus({ releaseId, service }));
    }
    const answer = await app.request(`/api/releases${query}`);
    const { releases = [] } = (await answer.json()) as { releases?: { releaseId: string }[] };
    return { status: answer.status, ids: releases.map(({ releaseId }) => releaseId) };
  };

  it('is as long for those who may read some services as for those who may read all', async () => {
    const some = await idsFor(viewerOf('storefront', 'checkout'), '?limit=20');
    expect(some.ids.toSorted()).toEqual(['rel03', 'rel04', 'rel05']);
    const all = await idsFor([{ role: 'viewer', services: '*' }], '?limit=20');
    expect(all.ids).toHaveLength(20);
  });

  it('holds no more than was asked for', async () => {
    expect((await idsFor(viewerOf('storefront', 'checkout'), '?limit=2')).ids).toHaveLength(2);
  });

  it('is refused for a service that is not theirs', async () => {
    expect((await idsFor(viewerOf('storefront'), '?service=busy')).status).toBe(403);
    expect((await idsFor(viewerOf('storefront'), '?service=storefront')).ids).toHaveLength(2);
  });
});

describe('docs/access.md', () => {
  const page = readPage('docs/access.md');
  const section = (title: string) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';

  it('has the roles with what they may do', () => {
    const rows = tableRows(section('Roles')).map(([role = '', ...marks]) => [
      role.replaceAll('`', ''),
      marks.slice(0, permissions.length).map((mark) => mark === 'yes'),
    ]);
    const mayDo = (role: Role, permission: Permission) =>
      isAllowed([{ role, services: '*' }], permission, null);

    expect(rows).toEqual(
      roles.map((role) => [role, permissions.map((permission) => mayDo(role, permission))]),
    );
  });

  it('has every route with its permission', () => {
    const rows = tableRows(section('Routes')).map(
      ([route, permission]) => `| ${route} | ${permission} |`,
    );
    const expected = apiRoutes.map(
      ({ method, path, access }) =>
        `| \`${method.toUpperCase()} ${path}\` | ${access.permission} |`,
    );
    expect(rows.toSorted()).toEqual(expected.toSorted());
  });
});
