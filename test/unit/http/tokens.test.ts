import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CreatedTokenAnswer, TokensAnswer } from '../../../lib/http/api.ts';
import { createApp } from '../../../lib/http/app.ts';
import type { Grant } from '../../../lib/release/access.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createOperations } from '../../../lib/steps/operations/index.ts';
import { errorOf, jsonOf } from '../../support/api-server.ts';
import { createTestConductor } from '../../support/conductor.ts';

/** The real operations behind the real application, for somebody with these grants. */
async function prepare(grants: Grant[] = [{ role: 'operator', services: '*' }]) {
  const conductor = await createTestConductor();
  const who = { grants };
  const app = createApp({
    operations: createOperations(conductor.ports),
    authenticate: () => ({ actor: 'ada', via: 'shared-token', grants: who.grants }),
    log: silentLogger,
    version: '0.0.0-test',
    manifestSchema: () => ({}),
  });
  const call = (method: string, path: string, body?: object) =>
    app.request(path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const create = (body: object) => call('POST', '/api/tokens', body);
  const list = async () =>
    (await jsonOf<TokensAnswer>(await call('GET', '/api/tokens'))).tokens.map(({ name }) => name);
  return { conductor, call, create, list, who };
}

const releaser = [{ role: 'releaser', services: ['storefront'] }];

describe('tokens of machines', () => {
  it('are told once, and kept as a hash', async () => {
    const { create, call, conductor } = await prepare();
    const answer = await create({ name: 'ci', grants: releaser, expiresIn: '30d' });
    const made = await jsonOf<CreatedTokenAnswer>(answer);

    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/tokens/${made.id}`);
    expect(made.token).toMatch(new RegExp(`^vgt_${made.id}_[a-z0-9]{12,}$`));
    expect(Date.parse(made.expiresAt ?? '') - Date.parse(made.createdAt)).toBe(30 * 86_400_000);
    const kept = await conductor.ledger.getToken(made.id);
    expect(kept?.hash).toBe(createHash('sha256').update(made.token).digest('hex'));
    expect(JSON.stringify(kept)).not.toContain(made.token);
    const later = await (await call('GET', '/api/tokens')).text();
    expect(later).toContain('"ci"');
    expect(later).not.toContain(made.token);
    expect(later).not.toContain(kept?.hash);
  });

  it('last 90 days where nobody says how long, and for good where somebody says so', async () => {
    const { create } = await prepare();
    const [some, ever] = [
      await jsonOf<CreatedTokenAnswer>(await create({ name: 'some', grants: releaser })),
      await jsonOf<CreatedTokenAnswer>(
        await create({ name: 'ever', grants: releaser, expiresIn: null }),
      ),
    ];

    expect(Date.parse(some.expiresAt ?? '') - Date.parse(some.createdAt)).toBe(90 * 86_400_000);
    expect(ever.expiresAt).toBeNull();
  });

  it('are revoked once, and keep who did it', async () => {
    const { create, call, conductor } = await prepare();
    const { id } = await jsonOf<CreatedTokenAnswer>(await create({ name: 'ci', grants: releaser }));
    const first = await jsonOf(await call('DELETE', `/api/tokens/${id}`));
    await conductor.clock.advance(60_000);

    expect(first).toMatchObject({ id, revokedBy: 'ada' });
    expect(first).not.toHaveProperty('hash');
    expect(await jsonOf(await call('DELETE', `/api/tokens/${id}`))).toEqual(first);
    expect((await create({ name: 'ci', grants: releaser })).status).toBe(201);
  });

  it('leave a line in the log of what belongs to no release', async () => {
    const { create, call, conductor } = await prepare();
    const { id } = await jsonOf<CreatedTokenAnswer>(await create({ name: 'ci', grants: releaser }));
    await call('DELETE', `/api/tokens/${id}`);

    const told = (await conductor.ledger.listServiceEvents('*', 10)).map(
      ({ type, by, summary }) => `${by} ${type}: ${summary}`,
    );
    expect(told).toEqual([
      'ada Token Revoked: token ci (releaser of storefront)',
      'ada Token Created: token ci (releaser of storefront) for 90d',
    ]);
  });

  it('have names of their own while they count', async () => {
    const { create } = await prepare();
    await create({ name: 'ci', grants: releaser });
    const again = await create({ name: 'ci', grants: releaser });

    expect(again.status).toBe(409);
    expect((await errorOf(again)).message).toContain('there is a token "ci" already');
  });

  it('are made of what the caller operates, and of nothing more', async () => {
    const { create, list, call, who } = await prepare();
    const all = await jsonOf<CreatedTokenAnswer>(
      await create({ name: 'all', grants: [{ role: 'viewer', services: '*' }] }),
    );
    await create({ name: 'shop', grants: releaser });
    who.grants = [{ role: 'operator', services: ['storefront'] }];

    expect(await list()).toEqual(['shop']);
    const forEverything = [{ role: 'viewer' }];
    const forAnother = [...releaser, { role: 'viewer', services: ['checkout'] }];
    for (const grants of [forEverything, forAnother]) {
      const refused = await create({ name: 'more', grants });
      expect(refused.status).toBe(403);
      expect((await errorOf(refused)).name).toBe('ForbiddenError');
    }
    expect((await call('DELETE', `/api/tokens/${all.id}`)).status).toBe(403);
    expect((await create({ name: 'own', grants: releaser })).status).toBe(201);
  });

  it.each(['viewer', 'releaser', 'approver'] as const)('are not for a %s', async (role) => {
    const { create, call } = await prepare([{ role, services: '*' }]);

    expect((await create({ name: 'ci', grants: releaser })).status).toBe(403);
    expect((await call('GET', '/api/tokens')).status).toBe(403);
    expect((await call('DELETE', '/api/tokens/aaaaaaaaaaaa')).status).toBe(403);
  });

  const wrong: [object, string][] = [
    [{ name: 'CI', grants: releaser }, 'name: needs 2 to 40 of a-z 0-9 -'],
    [{ name: 'ci' }, 'grants: is missing'],
    [{ name: 'ci', grants: [] }, 'grants: needs at least one role'],
    [{ name: 'ci', grants: [{ role: 'admin' }] }, 'grants[0].role'],
    [{ name: 'ci', grants: [{ role: 'viewer', services: [] }] }, 'grants[0].services'],
    [{ name: 'ci', grants: releaser, expiresIn: 30 }, 'expiresIn: needs a duration'],
    [{ name: 'ci', grants: releaser, expiresIn: '9999d' }, 'expiresIn'],
    [{ name: 'ci', grants: releaser, scope: 'x' }, 'scope'],
  ];
  it.each(wrong)('are refused with path and reason: %j', async (body, reason) => {
    const { create } = await prepare();
    const answer = await create(body);

    expect(answer.status).toBe(400);
    expect((await errorOf(answer)).message).toContain(reason);
  });

  it.each(['aaaaaaaaaaaa', 'x', '../ci', '%00'])(
    'that do not exist are said so: %s',
    async (id) => {
      const { call } = await prepare();
      const answer = await call('DELETE', `/api/tokens/${encodeURIComponent(id)}`);

      expect(answer.status).toBe(404);
      expect((await errorOf(answer)).name).toBe('TokenUnknownError');
    },
  );
});
