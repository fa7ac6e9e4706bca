import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../../lib/http/app.ts';
import { exactly, type Same } from '../../../lib/http/openapi/exactly.ts';
import { examples } from '../../../lib/http/openapi/examples.ts';
import { apiRoutes } from '../../../lib/http/routes/index.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import {
  answerOf,
  apiDocument,
  assertDocumented,
  misfits,
  type Operation,
  operationFor,
} from '../../support/api-document.ts';
import { createTestApp } from '../../support/api-server.ts';
import { createMemoryLedger } from '../../support/fakes/ledger.ts';
import { createFakeOperations } from '../../support/fakes/operations.ts';
import { createFakeSecrets } from '../../support/fakes/secrets.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

/** Doors for people: the document describes those for programs. */
const undocumented = [
  'GET /',
  // Forms for people, with a link from a message.
  'GET /approve',
  'POST /approve',
  // Of these the document has the kind that programs sign themselves.
  'POST /webhooks/{kind}/{service}?',
];

/** For the doors that are open only on some platforms. */
const clock = createVirtualClock();
const everyDoor = {
  changes: { subscribe: () => () => {}, timers: clock },
  webhooks: { secrets: createFakeSecrets(), ledger: createMemoryLedger(), clock, fetch },
  links: { secrets: createFakeSecrets(), ledger: createMemoryLedger(), clock },
};

const operations = Object.values(apiDocument.paths).flatMap((item) => Object.values(item));
const byId = new Map(operations.map((operation) => [operation.operationId, operation]));

describe('the OpenAPI document', () => {
  it('is valid against the schema of OpenAPI 3.1', async () => {
    const result = await new Validator().validate({ ...structuredClone(apiDocument) });
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(apiDocument.openapi).toMatch(/^3\.1\./);
  });

  it.each(apiRoutes.map((route) => [route.id, route] as const))('has the route %s', (id, route) => {
    const operation = apiDocument.paths[route.path]?.[route.method];
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(operation?.operationId).toBe(id);
    expect(
      operation?.parameters?.filter((it) => it.in === 'path').map(({ name }) => name) ?? [],
    ).toEqual(names);
    expect(operation?.requestBody !== undefined).toBe(route.body !== undefined);
    expect(Object.keys(operation?.responses ?? {})).toContain(`${route.status ?? 200}`);
  });

  it('has every door that the application opens to programs', () => {
    const served = createTestApp(everyDoor)
      .app.routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const described = Object.entries(apiDocument.paths)
      .filter(([path]) => !path.startsWith('/webhooks/artifact'))
      .flatMap(([path, item]) =>
        Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
      );
    expect([...described, ...undocumented].toSorted()).toEqual([...new Set(served)].toSorted());
  });

  it('names every operation once, and links to operations that are there', () => {
    const links = operations.flatMap((operation) =>
      Object.keys(operation.responses).flatMap((status) =>
        Object.values(answerOf(operation, status)?.links ?? {}),
      ),
    );
    expect(byId.size).toBe(operations.length);
    expect(links.length).toBeGreaterThan(0);
    for (const { operationId, parameters } of links) {
      const wanted = byId.get(operationId)?.parameters?.map(({ name }) => name);
      expect(wanted, operationId).toEqual(expect.arrayContaining(Object.keys(parameters)));
    }
  });

  it('asks for credentials wherever the application does', async () => {
    for (const [path, item] of Object.entries(apiDocument.paths)) {
      for (const [method, { security }] of Object.entries(item)) {
        const { app } = createTestApp(everyDoor);
        const { status } = await app.request(path.replaceAll(/\{\w+\}/g, 'storefront'), {
          method: method.toUpperCase(),
        });
        expect([path, method, security.length > 0]).toEqual([path, method, status === 401]);
      }
    }
  });

  it.each(Object.entries(examples))('has examples of %s that fit', (id, { body, answer }) => {
    const { requestBody, responses } = byId.get(id) as Operation;
    const [success = ''] = Object.keys(responses);
    const json = 'application/json';
    if (body) expect(misfits(requestBody?.content[json]?.schema ?? {}, body)).toEqual([]);
    const schema = answerOf(byId.get(id) as Operation, success)?.content[json]?.schema;
    if (answer) expect(misfits(schema ?? {}, answer)).toEqual([]);
  });

  it('shows an example of every body that must be there', () => {
    const silent = operations.filter(
      ({ requestBody }) =>
        requestBody?.required && !Object.values(requestBody.content).every((it) => it.example),
    );
    expect(silent.map(({ operationId }) => operationId)).toEqual([]);
  });

  it('takes every manifest key by key, and no other', () => {
    const schema = apiDocument.components.schemas?.Manifest as object;
    const manifest = examples.applyManifest?.body as object;
    expect(misfits(schema, manifest)).toEqual([]);
    expect(misfits(schema, { ...manifest, ownr: 'x' })).not.toEqual([]);
  });
});

describe('GET /api/openapi.json', () => {
  function createCounting() {
    const manifestSchema = vi.fn(() => ({ type: 'object' }));
    const app = createApp({
      operations: createFakeOperations(),
      authenticate: () => null,
      log: silentLogger,
      version: '1.2.3',
      manifestSchema,
    });
    return { app, manifestSchema };
  }

  it('is public, and written with the first request only', async () => {
    const { app, manifestSchema } = createCounting();
    expect(manifestSchema).not.toHaveBeenCalled();
    const [first, second] = [
      await app.request('/api/openapi.json'),
      await app.request('/api/openapi.json'),
    ];
    expect(first.headers.get('content-type')).toBe('application/json');
    expect(await first.json()).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
    expect(second.status).toBe(200);
    expect(manifestSchema).toHaveBeenCalledOnce();
  });

  it('is written anew when writing it failed', async () => {
    const { app, manifestSchema } = createCounting();
    manifestSchema.mockImplementationOnce(() => {
      throw new Error('not now');
    });
    expect((await app.request('/api/openapi.json')).status).toBe(500);
    expect((await app.request('/api/openapi.json')).status).toBe(200);
  });

  it('opens nothing beside it', async () => {
    const { app } = createCounting();
    expect((await app.request('/api/openapi.json/x')).status).toBe(401);
    expect((await app.request('/api/openapi.json', { method: 'POST' })).status).toBe(401);
  });
});

describe('what holds code and document together', () => {
  it('takes a schema of exactly a type, and no other', () => {
    interface Told {
      name: string;
      why?: string;
    }
    const told = exactly<Told>();
    told(z.strictObject({ name: z.string(), why: z.string().exactOptional() }));
    // @ts-expect-error: a key is missing.
    told(z.strictObject({ name: z.string() }));
    // @ts-expect-error: a key is too many.
    told(z.strictObject({ name: z.string(), why: z.string().exactOptional(), at: z.string() }));
    // @ts-expect-error: a key that may be absent is not.
    told(z.strictObject({ name: z.string(), why: z.string() }));
    // @ts-expect-error: another type.
    told(z.strictObject({ name: z.string().nullable(), why: z.string().exactOptional() }));
    expectTypeOf<Same<Told, Told>>().toEqualTypeOf<true>();
  });

  const answered = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const unknownRelease = { error: { name: 'ReleaseUnknownError', code: 'VG121', message: 'x' } };

  it.each([
    ['a status', 'GET', '/api/freezes', answered(418, {}), 'no such status'],
    ['a key', 'GET', '/api/freezes', answered(200, { freezes: [], more: 1 }), 'more'],
    ['another value', 'GET', '/api/freezes', answered(200, { freezes: [{}] }), 'scope'],
    ['another type', 'GET', '/api/freezes', new Response('x'), 'no content of type text/plain'],
    ['no header', 'POST', '/api/releases', answered(201, {}), 'Location is missing'],
    ['an error', 'PUT', '/api/freezes/x', answered(404, unknownRelease), 'is not announced'],
  ])('notices %s that the document lacks', async (_, method, path, answer, why) => {
    await expect(assertDocumented({ method, path }, answer)).rejects.toThrow(why);
  });

  it('looks nothing up that the document does not have', async () => {
    expect(operationFor('PATCH', '/api/freezes')).toBeUndefined();
    await assertDocumented({ method: 'PATCH', path: '/api/freezes' }, answered(405, {}));
  });
});
