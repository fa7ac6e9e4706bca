import { describe, expect, it, vi } from 'vitest';
import { addressKey } from '../../../lib/http/auth/rate-limits.ts';
import { createTokenBuckets } from '../../../lib/http/auth/token-buckets.ts';
import { testToken } from '../../support/api-server.ts';
import { cookieFrom, createIdentityApp, machineToken } from '../../support/identity-app.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

describe('a token bucket', () => {
  it('lets a burst through, then as much as comes back', async () => {
    const clock = createVirtualClock();
    const buckets = createTokenBuckets({ perSecond: 2, burst: 3 }, clock);
    const taken = () => buckets.take('ada');

    expect([taken(), taken(), taken(), taken()]).toEqual([0, 0, 0, 0.5]);
    await clock.advance(500);
    expect([taken(), taken()]).toEqual([0, 0.5]);
    expect(buckets.take('grace')).toBe(0);
  });

  it('keeps no more of them than it may, whoever comes', () => {
    const buckets = createTokenBuckets(
      { perSecond: 1, burst: 1, mostBuckets: 50 },
      createVirtualClock(),
    );
    for (let i = 0; i < 5000; i += 1) buckets.take(`caller-${i}`);
    expect(buckets.size).toBe(50);
  });
});

describe('wrong credentials', () => {
  const guess = (i: number) => `wrong-token-0123456789-${i}`;

  it('are looked at twenty times, then no more until a while has passed', async () => {
    const { bearer, clock, lines } = await createIdentityApp();
    const statuses: number[] = [];
    for (let i = 0; i < 22; i += 1) statuses.push((await bearer(guess(i))).status);
    const refused = await bearer(guess(99));

    expect(statuses).toEqual([...Array(20).fill(401), 429, 429]);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3']);
    expect(await refused.json()).toMatchObject({
      error: { name: 'RateLimitedError', code: 'VG112' },
    });
    expect(lines.at(-1)).toMatchObject({ level: 'warn', facts: { status: 429 } });
    expect(JSON.stringify(lines)).not.toContain('wrong-token');
    await clock.advance(3000);
    expect((await bearer(guess(100))).status).toBe(401);
  });

  it('are not even looked up from then on', async () => {
    const { bearer, ledger, clock } = await createIdentityApp();
    const getToken = vi.spyOn(ledger, 'getToken');
    const tokenOf = (i: number) => machineToken(clock.now(), { id: `token${i}` }).token;
    for (let i = 0; i < 40; i += 1) await bearer(tokenOf(i));
    expect(getToken).toHaveBeenCalledTimes(20);
  });

  it('do not keep those out who were let in before, at the same address', async () => {
    const { bearer } = await createIdentityApp();
    expect((await bearer(testToken)).status).toBe(200);
    for (let i = 0; i < 30; i += 1) await bearer(guess(i));
    expect((await bearer(testToken)).status).toBe(200);
    expect((await bearer(guess(31))).status).toBe(429);
  });

  it('do not end a session that was just begun, but count when it is a forged one', async () => {
    const { ask, bearer } = await createIdentityApp();
    const cookie = cookieFrom(await ask('/auth/session', {}, 'POST', { token: testToken }));
    for (let i = 0; i < 30; i += 1) await bearer(guess(i));
    expect((await ask('/api/session', { cookie })).status).toBe(200);
    expect((await ask('/api/session', { cookie: `${cookie}x` })).status).toBe(429);
  });

  it('count against their own address only', async () => {
    const { bearer, connection } = await createIdentityApp();
    for (let i = 0; i < 30; i += 1) await bearer(guess(i));
    connection.remoteAddress = '192.0.2.2';
    expect((await bearer(testToken)).status).toBe(200);
  });

  it('count at the sign-in of browsers too', async () => {
    const { ask } = await createIdentityApp();
    const signIn = (i: number) => ask('/auth/session', {}, 'POST', { token: guess(i) });
    const statuses: number[] = [];
    for (let i = 0; i < 21; i += 1) statuses.push((await signIn(i)).status);
    expect(statuses.at(-1)).toBe(429);
  });

  it('are not a request without any: a page may ask who is signed in', async () => {
    const { ask } = await createIdentityApp();
    for (let i = 0; i < 40; i += 1) expect((await ask('/api/session')).status).toBe(401);
  });
});

describe('a caller who asks too often', () => {
  it('is told to wait, while others are not', async () => {
    const { bearer, ledger, clock } = await createIdentityApp({ requestsPerSecond: 2 });
    const { token, record } = machineToken(clock.now());
    await ledger.putToken(record);
    const statuses: number[] = [];
    for (let i = 0; i < 11; i += 1) statuses.push((await bearer(token)).status);
    const refused = await bearer(token);

    expect(statuses).toEqual([...Array(10).fill(200), 429]);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await bearer(testToken)).status).toBe(200);
    await clock.advance(500);
    expect((await bearer(token)).status).toBe(200);
  });

  it('does not become another one by another name', async () => {
    const { ask } = await createIdentityApp({ requestsPerSecond: 1 });
    const statuses = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map(async (name) => {
        const headers = { authorization: `Bearer ${testToken}`, 'x-verdigris-actor': name };
        return (await ask('/api/session', headers)).status;
      }),
    );
    expect(statuses.toSorted()).toEqual([200, 200, 200, 200, 200, 429]);
  });
});

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0000::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [null, 'unknown'],
  ])('%s counts as %s', (address, expected) => {
    expect(addressKey(address)).toBe(expected);
  });
});
