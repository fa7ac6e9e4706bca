import type { JWTPayload } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { provenActor } from '../../../lib/http/auth/actor.ts';
import { isoTime } from '../../../lib/release/clock.ts';
import { testToken } from '../../support/api-server.ts';
import { createIdentityApp, machineToken } from '../../support/identity-app.ts';
import { testAudience } from '../../support/issuer.ts';

type App = Awaited<ReturnType<typeof createIdentityApp>>;
const statusOf = async ({ bearer }: App, token: string) => (await bearer(token)).status;

describe('a person with a token of the issuer', () => {
  it('is who the token says, with the rights that the rules give', async () => {
    const { bearer, issuer } = await createIdentityApp();
    const answer = await bearer(await issuer.sign());

    expect(await answer.json()).toEqual({
      actor: 'ada@example.org',
      via: 'oidc',
      grants: [
        { role: 'operator', services: ['storefront'] },
        { role: 'viewer', services: '*' },
      ],
      signIn: null,
      stream: false,
    });
  });

  it('may do nothing where no rule is for them', async () => {
    const { bearer, issuer, operations } = await createIdentityApp();
    const token = await issuer.sign({ groups: ['strangers'] });

    expect((await bearer(token)).status).toBe(403);
    expect((await bearer(token, '/api/releases/rel1')).status).toBe(404);
    expect(operations.calls).toEqual([]);
  });

  it.each([
    ['at+jwt', 200],
    ['JWT', 200],
    ['application/at+jwt', 200],
    ['logout+jwt', 401],
    ['verdigris-session+jwt', 401],
  ])('has a token of the type %s: %i', async (typ, status) => {
    const app = await createIdentityApp();
    expect(await statusOf(app, await app.issuer.sign({}, { typ }))).toBe(status);
  });

  it('gets in with one of several audiences, not without ours', async () => {
    const app = await createIdentityApp();
    const token = (aud: string | string[]) => app.issuer.sign({ aud });

    expect(await statusOf(app, await token(['other', testAudience]))).toBe(200);
    expect(await statusOf(app, await token('other'))).toBe(401);
    expect(await statusOf(app, await token(`${testAudience}/`))).toBe(401);
  });

  it('has half a minute for a clock that goes wrong, and no more', async () => {
    const app = await createIdentityApp();
    const seconds = app.clock.now() / 1000;
    const valid = async (claims: JWTPayload) => statusOf(app, await app.issuer.sign(claims));

    expect(await valid({ exp: seconds - 29 })).toBe(200);
    expect(await valid({ exp: seconds - 31 })).toBe(401);
    expect(await valid({ nbf: seconds + 29 })).toBe(200);
    expect(await valid({ nbf: seconds + 31 })).toBe(401);
  });

  it('gets in by a key that the issuer has just made, and by the one before', async () => {
    // The key set goes by the machine's own time.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const app = await createIdentityApp();
    const reads = () => app.issuer.asked.filter((path) => path === '/keys').length;
    const before = await app.issuer.sign();
    expect([await statusOf(app, before), await statusOf(app, before), reads()]).toEqual([
      200, 200, 1,
    ]);

    await app.issuer.rotate();
    vi.setSystemTime(Date.now() + 5000);
    expect(await statusOf(app, await app.issuer.sign())).toBe(200);
    expect([await statusOf(app, before), reads()]).toEqual([200, 2]);
  });

  it('costs the issuer nothing by keys that it does not have', async () => {
    const app = await createIdentityApp();
    await statusOf(app, await app.issuer.sign());
    for (let i = 0; i < 10; i += 1)
      await statusOf(app, await app.issuer.sign({}, { kid: `k${i}` }));
    expect(app.issuer.asked.filter((path) => path === '/keys')).toHaveLength(1);
  });

  it('is told to try again while the issuer is away, and gets in when it is back', async () => {
    const app = await createIdentityApp();
    app.issuer.setDown(true);
    const answer = await app.bearer(await app.issuer.sign());
    app.issuer.setDown(false);

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(JSON.stringify(app.lines)).toContain('the OIDC issuer cannot be asked');
    expect(await statusOf(app, await app.issuer.sign())).toBe(503);
    await app.clock.advance(10_000);
    expect(await statusOf(app, await app.issuer.sign())).toBe(200);
  });
});

describe('the name of a person', () => {
  const actorOf = async (claims: JWTPayload) => {
    const { bearer, issuer } = await createIdentityApp();
    const answer = await bearer(await issuer.sign(claims));
    return ((await answer.json()) as { actor: string }).actor;
  };

  it.each([
    ['an address that is proven', { email: 'ada@example.org' }, 'ada@example.org'],
    ['no address', { email: undefined, sub: 'user-1' }, 'user-1'],
    ['an address that is not', { email_verified: false, sub: 'user-1' }, 'user-1'],
    ['no text', { email: ['ada@example.org'], sub: 'user-1' }, 'user-1'],
  ])('comes from %s', async (_, claims, expected) => {
    expect(await actorOf(claims)).toBe(expected);
  });

  it.each(['conductor', 'Judge', 'artifact', 'operator', 'verdigris up', 'alarm:p95', 'aws:1:x'])(
    'is never that of the conductor: %s',
    async (email) => {
      expect(await actorOf({ email })).toMatch(/^[A-Za-z0-9 ]+~[0-9a-f]{12}$/);
    },
  );

  it('is never that of somebody else, whatever has to be changed in it', () => {
    const names = [
      'ada',
      'a:da',
      'ad:a',
      'ada ',
      ' ada',
      'adа',
      '',
      ':',
      'x'.repeat(65),
      'x'.repeat(66),
    ];
    expect(new Set(names.map(provenActor)).size).toBe(names.length);
    expect(provenActor(provenActor('a:da'))).not.toBe(provenActor('a:da'));
  });

  it('is not what a header says: that is for the shared token alone', async () => {
    const { ask, issuer, ledger, clock } = await createIdentityApp();
    const { token, record } = machineToken(clock.now());
    await ledger.putToken(record);
    const actors = [testToken, token, await issuer.sign()].map(async (it) => {
      const headers = { authorization: `Bearer ${it}`, 'x-verdigris-actor': 'mallory' };
      return ((await (await ask('/api/session', headers)).json()) as { actor: string }).actor;
    });

    expect(await Promise.all(actors)).toEqual(['mallory', 'ci', 'ada@example.org']);
  });
});

describe('a machine with a token', () => {
  const prepare = async (differs: Parameters<typeof machineToken>[1] = {}) => {
    const app = await createIdentityApp();
    const { token, record } = machineToken(app.clock.now(), differs);
    await app.ledger.putToken(record);
    return { app, token, record };
  };

  it('has the rights of the token', async () => {
    const { app, token } = await prepare();
    expect(await (await app.bearer(token)).json()).toMatchObject({
      actor: 'ci',
      via: 'api-token',
      grants: [{ role: 'releaser', services: ['storefront'] }],
    });
  });

  it('gets in with all of it only', async () => {
    const { app, token } = await prepare();
    const wrong = [
      `${token}x`,
      token.slice(0, -1),
      token.toUpperCase(),
      'vgt_',
      'vgt_token0123456789_',
    ];
    for (const it of wrong) expect(await statusOf(app, it)).toBe(401);
  });

  it('is refused within five seconds of the revocation', async () => {
    const { app, token, record } = await prepare();
    expect(await statusOf(app, token)).toBe(200);
    await app.ledger.revokeToken(record.id, 'grace', isoTime(app.clock.now()));
    await app.clock.advance(5000);
    expect(await statusOf(app, token)).toBe(401);
  });

  it('is refused from the moment at which the token expires, though it was just read', async () => {
    const { app, token } = await prepare({ expiresAt: '2026-01-01T00:00:02.000Z' });
    expect(await statusOf(app, token)).toBe(200);
    await app.clock.advance(2000);
    expect(await statusOf(app, token)).toBe(401);
  });

  it('counts soon after it was made, though somebody had asked with its id before', async () => {
    const app = await createIdentityApp();
    const { token, record } = machineToken(app.clock.now());
    expect(await statusOf(app, token)).toBe(401);
    await app.ledger.putToken(record);
    await app.clock.advance(5000);
    expect(await statusOf(app, token)).toBe(200);
  });

  it('never writes as the conductor, whatever the token is called', async () => {
    const { app, token } = await prepare({ name: 'judge' });
    const answer = (await (await app.bearer(token)).json()) as { actor: string };
    expect(answer.actor).toMatch(/^judge~/);
  });

  it('is told of a ledger that is away, not that the token is wrong', async () => {
    const app = await createIdentityApp({
      ledger: {
        getToken: () =>
          Promise.reject(Object.assign(new Error('x'), { name: 'LedgerUnavailableError' })),
      },
    });
    expect(await statusOf(app, machineToken(app.clock.now()).token)).toBe(503);
  });
});

describe('an AWS caller', () => {
  const arn = 'arn:aws:sts::123456789012:assumed-role/Deployer/ada';

  it('has the rights that the rules give to the ARN', async () => {
    const { ask, connection } = await createIdentityApp();
    connection.awsCaller = { userArn: arn, accountId: '123456789012' };
    expect(await (await ask('/api/session')).json()).toMatchObject({
      actor: 'aws:123456789012:assumed-role/Deployer/ada',
      via: 'aws',
      grants: [{ role: 'releaser', services: '*' }],
    });
  });

  it('is judged by the ARN alone, whatever else the request brings', async () => {
    const { ask, connection } = await createIdentityApp();
    connection.awsCaller = { userArn: arn.replace('Deployer', 'Other'), accountId: '123456789012' };
    const answer = await ask('/api/session', { authorization: `Bearer ${testToken}` });
    expect(answer.status).toBe(403);
  });

  it('cannot be claimed by a header', async () => {
    const { ask } = await createIdentityApp();
    const headers = {
      'x-amzn-iam-user-arn': arn,
      'x-amz-user-arn': arn,
      'x-forwarded-user': arn,
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-central-1/execute-api/aws4_request',
    };
    expect((await ask('/api/session', headers)).status).toBe(401);
  });
});
