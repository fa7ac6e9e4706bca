import { describe, expect, it, vi } from 'vitest';
import { createRotatingAuth } from '../../../lib/platform/rotating-auth.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { authRequest } from '../../support/api-server.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const old = 'old-token-0123456789';
const next = 'new-token-0123456789';

function prepare() {
  const clock = createVirtualClock();
  const secret = { token: old, error: null as Error | null };
  const readToken = vi.fn(async () => {
    if (secret.error) throw secret.error;
    return secret.token;
  });
  const { authenticate, current } = createRotatingAuth({ readToken, clock, log: silentLogger });
  const ask = async (token?: string) => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    return (await authenticate(authRequest(headers))) !== null;
  };
  return { clock, secret, readToken, ask, current };
}

describe('the token of the HTTP API on AWS', () => {
  it('is read once for many requests', async () => {
    const { ask, readToken } = prepare();

    expect([await ask(old), await ask(old), await ask(old)]).toEqual([true, true, true]);
    expect(readToken).toHaveBeenCalledOnce();
  });

  it('is not read for a request that brings none', async () => {
    const { ask, readToken } = prepare();

    expect(await ask()).toBe(false);
    expect(readToken).not.toHaveBeenCalled();
  });

  it('counts with its first use once it was changed', async () => {
    const { ask, secret, clock } = prepare();
    await ask(old);
    secret.token = next;
    await clock.advance(30_000);

    expect(await ask(next)).toBe(true);
    expect(await ask(old)).toBe(false);
  });

  it('no longer counts five minutes after it was changed', async () => {
    const { ask, secret, clock } = prepare();
    await ask(old);
    secret.token = next;
    await clock.advance(299_999);
    expect(await ask(old)).toBe(true);
    await clock.advance(1);

    expect(await ask(old)).toBe(false);
  });

  it('is read every 30 s at most, however many strangers guess', async () => {
    const { ask, readToken, clock } = prepare();
    for (let i = 0; i < 50; i += 1) await ask(`guess-${i}-0123456789`);
    expect(readToken).toHaveBeenCalledTimes(1);
    await clock.advance(30_000);
    for (let i = 0; i < 50; i += 1) await ask(`guess-${i}-0123456789`);

    expect(readToken).toHaveBeenCalledTimes(2);
  });

  it('goes on being used while the secret cannot be read', async () => {
    const { ask, secret, clock } = prepare();
    await ask(old);
    secret.error = new Error('no answer');
    await clock.advance(600_000);

    expect(await ask(old)).toBe(true);
    expect(await ask(next)).toBe(false);
  });

  it('says 503 and no more while none could be read yet', async () => {
    const { ask, secret, clock } = prepare();
    secret.error = new Error('arn:aws:secretsmanager:eu-west-1:123456789012:secret:x is gone');

    await expect(ask(old)).rejects.toMatchObject({
      name: 'ThrottledError',
      message: expect.not.stringContaining('arn:'),
    });
    secret.error = null;
    await clock.advance(30_000);
    expect(await ask(old)).toBe(true);
  });

  it('is refused when it is too short to be one', async () => {
    const { ask, secret } = prepare();
    secret.token = 'short';

    await expect(ask('short')).rejects.toMatchObject({ name: 'ThrottledError' });
  });

  it('is told to whoever compares a session with it, as fresh as for a request', async () => {
    const { clock, secret, current } = prepare();
    expect(await current()).toBe(old);
    secret.token = next;
    expect(await current()).toBe(old);
    await clock.advance(300_000);
    expect(await current()).toBe(next);
  });
});
