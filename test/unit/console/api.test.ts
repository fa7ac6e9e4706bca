import { describe, expect, it } from 'vitest';
import { ApiError, createApi, isUnreachable, wordsOf } from '../../../console/api.ts';

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

/** An API that always gets this answer, with what it was asked. */
function answering(answer: () => Response | Promise<Response>) {
  const asked: { path: string; init: RequestInit }[] = [];
  let signedOut = 0;
  const api = createApi({
    fetch: async (path, init) => {
      asked.push({ path, init });
      return answer();
    },
    onSignedOut: () => {
      signedOut += 1;
    },
  });
  return { api, asked, signedOut: () => signedOut };
}

const failureOf = async (answer: () => Response | Promise<Response>) => {
  const { api } = answering(answer);
  const failure = await api.get('/api/services').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiError);
  return failure as ApiError;
};

describe('requests', () => {
  it('that change something carry a header that no other site can send', async () => {
    const { api, asked } = answering(() => json(200, {}));
    await api.send('POST', '/api/releases', { service: 'shop' });
    await api.get('/api/services');

    expect(asked[0]?.init).toMatchObject({
      method: 'POST',
      headers: { 'X-Verdigris-Console': '1', 'Content-Type': 'application/json' },
      credentials: 'same-origin',
      body: '{"service":"shop"}',
    });
    expect(asked[1]?.init.headers).not.toHaveProperty('X-Verdigris-Console');
  });
});

describe('a refusal', () => {
  it('is told in the words of the API', async () => {
    const message = 'shop: release r1 is in progress; wait for its end';
    const failure = await failureOf(() =>
      json(409, { error: { name: 'ReleaseInProgressError', code: 'VG201', message } }),
    );

    expect(failure).toMatchObject({ name: 'ReleaseInProgressError', status: 409 });
    expect(wordsOf(failure)).toBe(message);
    expect(isUnreachable(failure)).toBe(false);
  });

  it('says when to try again', async () => {
    const failure = await failureOf(() => json(429, {}, { 'Retry-After': '7' }));

    expect(wordsOf(failure)).toBe(
      'Too many requests; wait a moment and try again. Try again in 7 s.',
    );
  });

  it('of a request without a session leads to the sign-in page', async () => {
    const { api, signedOut } = answering(() => json(401, {}));
    await api.get('/api/services').catch(() => {});
    expect(signedOut()).toBe(1);

    await api.send('POST', '/auth/session', { token: 'x' }).catch(() => {});
    expect(signedOut()).toBe(1);
  });
});

describe('a conductor', () => {
  it('that does not answer is told apart from one that says no', async () => {
    const network = await failureOf(() => Promise.reject(new TypeError('Failed to fetch')));
    const gateway = await failureOf(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    const ledger = await failureOf(() =>
      json(503, { error: { name: 'LedgerUnavailableError', code: 'VG501', message: 'away' } }),
    );

    expect([network, gateway, ledger].map(isUnreachable)).toEqual([true, true, false]);
    expect(wordsOf(network)).toBe('The conductor does not answer.');
  });

  it('whose answer breaks off counts as one that does not answer', async () => {
    const failure = await failureOf(() => new Response('{"services": [', { status: 200 }));

    expect(isUnreachable(failure)).toBe(true);
  });
});
