import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSigningFetch } from '../../../lib/platform/aws-signature.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'session',
};
const api = 'https://abc123.execute-api.eu-central-1.amazonaws.com';

/** What is sent, instead of sending it. */
async function sent(url: string, init: RequestInit = {}, env: Record<string, string> = {}) {
  const calls: { url: string; method: string; headers: Record<string, string> }[] = [];
  const fetch = createSigningFetch({
    env,
    credentials,
    now: () => new Date('2026-01-01T00:00:00Z'),
    fetch: async (address, { method = 'GET', headers } = {}) => {
      calls.push({ url: String(address), method, headers: headers as Record<string, string> });
      return new Response('{}');
    },
  });
  await fetch(url, init);
  return calls[0] ?? { url: '', method: '', headers: {} };
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();

/**
 * The signature by the book, of what arrives
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
function signatureOf(call: Awaited<ReturnType<typeof sent>>, body: string): string {
  const url = new URL(call.url);
  const names = /SignedHeaders=([^,]+)/.exec(call.headers.authorization ?? '')?.[1] ?? '';
  const values: Record<string, string> = { ...call.headers, host: url.host };
  const canonical = [
    call.method,
    url.pathname.split('/').map(encodeURIComponent).join('/'),
    [...url.searchParams]
      .map((it) => it.map(encodeURIComponent).join('='))
      .sort()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${values[name]}`),
    '',
    names,
    hash(body),
  ].join('\n');
  const scope = '20260101/eu-central-1/execute-api/aws4_request';
  const text = ['AWS4-HMAC-SHA256', '20260101T000000Z', scope, hash(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, 'AWS4secret');
  return hmac(key, text).toString('hex');
}

describe('what the command line signs', () => {
  it.each([
    ['a look', '/aws/api/services', {}],
    ['a query', '/aws/api/releases?service=storefront&limit=5', {}],
    ['a star in the path', '/aws/api/freezes/*', { method: 'PUT', body: '{"reason":"sale"}' }],
    ['a body', '/aws/api/releases', { method: 'POST', body: '{"service":"ü"}' }],
  ])('has the signature that AWS computes: %s', async (_, path, init: RequestInit) => {
    const call = await sent(`${api}${path}`, {
      headers: { 'content-type': 'application/json' },
      ...init,
    });
    const given = /Signature=(\w+)$/.exec(call.headers.authorization ?? '')?.[1];

    expect(given).toBe(signatureOf(call, String(init.body ?? '')));
    expect(call.headers['x-amz-security-token']).toBe('session');
  });

  it('is sent as it was signed', async () => {
    expect((await sent(`${api}/aws/api/freezes/*`)).url).toBe(`${api}/aws/api/freezes/%2A`);
  });

  it('is for the region of the address, or of the environment', async () => {
    const scopeOf = async (url: string, env = {}) =>
      /\/(\w+-\w+-\d)\/execute-api/.exec(
        (await sent(url, {}, env)).headers.authorization ?? '',
      )?.[1];

    expect(await scopeOf(`${api}/aws/api/services`, { AWS_REGION: 'us-east-1' })).toBe(
      'eu-central-1',
    );
    expect(await scopeOf('https://releases.example.org/', { AWS_REGION: 'us-east-1' })).toBe(
      'us-east-1',
    );
    await expect(scopeOf('https://releases.example.org/')).rejects.toThrow(/set AWS_REGION/);
  });
});
