import { describe, expect, it } from 'vitest';
import type { ConsoleFile, ConsoleFiles } from '../../../lib/http/console.ts';
import { createTestApp } from '../../support/api-server.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function fileOf(type: string, text: string): ConsoleFile {
  const compressed = { br: bytesOf(`br of ${text}`), gzip: bytesOf(`gzip of ${text}`) };
  return { type, etag: `W/"${text}"`, plain: bytesOf(text), compressed };
}

const files: ConsoleFiles = {
  page: fileOf('text/html; charset=utf-8', 'the-page'),
  assets: { 'main-ABC.js': fileOf('text/javascript; charset=utf-8', 'the-code') },
};

function createConsole(readFiles = async () => files) {
  const { app, lines } = createTestApp({ console: readFiles });
  const get = (path: string, headers: Record<string, string> = {}) =>
    app.request(path, { headers });
  return { app, get, lines };
}

describe('the console', () => {
  it.each(['/', '/signin', '/services/storefront', '/releases/storefront-v2-1a2b3c'])(
    'answers %s with its page, without asking who it is for',
    async (path) => {
      const answer = await createConsole().get(path);

      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(await answer.text()).toBe('the-page');
    },
  );

  it('serves assets that never change under their name', async () => {
    const answer = await createConsole().get('/assets/main-ABC.js');

    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(await answer.text()).toBe('the-code');
  });

  it.each(['/assets/main-OLD.js', '/assets/constructor', '/assets/..%2fpackage.json', '/assets/'])(
    'does not have %s',
    async (path) => {
      const answer = await createConsole().get(path);

      expect(answer.status).toBe(404);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    },
  );

  it('lets the page run nothing but its own files and talk to nobody else', async () => {
    const { headers } = await createConsole().get('/');

    expect(headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data:",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('permissions-policy')).toContain('camera=()');
  });

  it('asks browsers to stay with TLS where there is some, and only there', async () => {
    const { get } = createConsole();

    const secure = await get('https://conductor.example/');
    const plain = await get('http://127.0.0.1:7420/');

    expect(secure.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(plain.headers.get('strict-transport-security')).toBeNull();
  });

  it.each(['W/"the-page"', '"the-page"', '"other", W/"the-page"', '*'])(
    'sends nothing to who has the page already: %s',
    async (known) => {
      const answer = await createConsole().get('/', { 'if-none-match': known });

      expect(answer.status).toBe(304);
      expect(await answer.text()).toBe('');
      expect(answer.headers.get('content-security-policy')).not.toBeNull();
    },
  );

  it('sends the page to who has another one', async () => {
    expect((await createConsole().get('/', { 'if-none-match': 'W/"the"' })).status).toBe(200);
  });

  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, identity', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['BR', 'br'],
    ['deflate', null],
    ['', null],
  ])('compresses for a browser that takes "%s": %s', async (accepted, encoding) => {
    const answer = await createConsole().get('/', { 'accept-encoding': accepted });

    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('vary')).toBe('Accept-Encoding');
    expect(await answer.text()).toBe(encoding ? `${encoding} of the-page` : 'the-page');
  });

  it('answers HEAD, and refuses to be written to', async () => {
    const { app } = createConsole();

    expect((await app.request('/', { method: 'HEAD' })).status).toBe(200);
    expect((await app.request('/', { method: 'POST' })).status).toBe(405);
  });

  it('tells nobody why it could not be read, but the log', async () => {
    const { get, lines } = createConsole(async () => {
      throw new Error('main.tsx:3:1: unexpected end');
    });

    const answer = await get('/');

    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('main.tsx');
    expect(lines.at(-1)?.facts.reason).toContain('main.tsx:3:1');
  });
});
