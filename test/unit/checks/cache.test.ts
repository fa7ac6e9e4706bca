import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckContext } from '../../../lib/checks/check.ts';
import { checkKinds, createCheck } from '../../../lib/checks/index.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { checkContext } from '../../support/check-context.ts';
import { createServers } from '../../support/serve.ts';
import { realTimers } from '../environments/process-harness.ts';

const servers = createServers();
afterEach(() => servers.stopAll());

interface Answer {
  status?: number;
  body?: string;
  type?: string;
  cache?: string;
  location?: string;
}
type Answers = Record<string, Answer>;

const immutable = 'public, max-age=31536000, immutable';
const html = (...files: string[]) => ({
  body: files.map((file) => `<script src="${file}"></script>`).join(''),
  type: 'text/html; charset=utf-8',
  cache: 'no-cache',
});
const file = (body = 'same', cache = immutable) => ({ body, type: 'text/javascript', cache });

/** A page with one file whose name says what is in it. */
const good: Answers = { '/': html('/app.1.js'), '/app.1.js': file() };

function serve(answers: Answers, asked: string[] = []): Promise<string> {
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    const {
      status = 200,
      body = '',
      type,
      cache,
      location,
    } = answers[request.url ?? ''] ?? { status: 404 };
    const headers = { 'content-type': type, 'cache-control': cache, location };
    const said = Object.entries(headers).filter(([, value]) => value !== undefined);
    response.writeHead(status, Object.fromEntries(said) as Record<string, string>).end(body);
  };
  return servers.serve(listener);
}

function environment(id: string, address: string | null): EnvironmentRef {
  return { id, kind: 'fake', version: id, address, attributes: {} };
}

/** Asks about two versions; a blue of null is a first release. */
async function run(
  green: Answers,
  blue: Answers | null = good,
  keys: Record<string, unknown> = {},
  context: Partial<CheckContext> = {},
) {
  const check = await createCheck({ kind: 'cache', ...keys }, { timers: realTimers });
  const sides = {
    green: environment('green', await serve(green)),
    blue: blue && environment('blue', await serve(blue)),
  };
  const answer = await check.run(checkContext({ ...sides, ...context }));
  if (answer.verdict === 'pending') throw new Error('it is never pending');
  return answer;
}

describe('a cache check', () => {
  it('passes two versions whose files have names of their own', async () => {
    const green = { ...good, '/': html('/app.2.js'), '/app.2.js': file('new') };
    expect(await run(green)).toMatchObject({
      verdict: 'pass',
      summary: '1 page kept for 0s at most, 2 files',
      evidence: {
        findings: [],
        pages: [{ path: '/', freshSeconds: 0, files: 1, filesElsewhere: 0 }],
        filesThatBlueLacks: ['/app.2.js'],
      },
    });
  });

  it('passes a first release, for there is nothing to compare with', async () => {
    const { verdict, summary } = await run(good, null);
    expect([verdict, summary.split(';')[0]]).toEqual([
      'pass',
      'nothing to compare with: first release',
    ]);
  });

  it('fails other content under the same URL that is kept for long', async () => {
    const { verdict, summary } = await run({ ...good, '/app.1.js': file('other') });
    expect([verdict, summary]).toEqual([
      'fail',
      '/app.1.js is another file on green under the same URL, and may be kept for 365d',
    ]);
    const short = { '/': html('/app.1.js'), '/app.1.js': file('same', 'max-age=60') };
    const changed = { ...short, '/app.1.js': file('other', 'max-age=60') };
    expect((await run(changed, short)).verdict).toBe('pass');
    expect((await run(changed, short, { maxChangedAge: '30s' })).verdict).toBe('fail');
    expect((await run(changed, good)).verdict).toBe('fail');
  });

  it('fails a page that is kept for long', async () => {
    const kept = { ...good, '/': { ...html('/app.1.js'), cache: 'public, max-age=86400' } };
    const { verdict, summary } = await run(kept);
    expect([verdict, summary]).toEqual([
      'fail',
      '/ may be kept for 1d, more than 5m: users would stay on green that long after a rollback',
    ]);
    expect((await run(kept, good, { maxHtmlAge: '1d' })).verdict).toBe('pass');
  });

  it('fails a page whose files are not there', async () => {
    const { verdict, summary } = await run({
      '/': html('/app.2.js', '/app.1.js'),
      '/app.1.js': file(),
    });
    expect([verdict, summary]).toEqual([
      'fail',
      "/app.2.js answers 404, though green's page needs it",
    ]);
    const fallback = { ...good, '/': html('/app.2.js'), '/app.2.js': html('/x.js') };
    expect((await run(fallback)).summary).toContain('/app.2.js is a page of HTML');
    const frame = { ...good, '/': html('/app.1.js', '/frame.html'), '/frame.html': html() };
    expect((await run(frame)).verdict).toBe('pass');
  });

  it('warns of what is missing on blue, too', async () => {
    const poor = { '/': html('/favicon.ico', '/app.1.js'), '/app.1.js': file() };
    const { verdict, summary } = await run(poor, poor);
    expect([verdict, summary]).toEqual([
      'warn',
      "/favicon.ico answers 404, though green's page needs it; so it is on blue; 1 page kept for 0s at most, 2 files",
    ]);
  });

  it('says what of blue is gone on green, as the manifest wants it', async () => {
    const green = { '/': html('/app.2.js'), '/app.2.js': file('new') };
    const says = "/app.1.js answers 404 on green, and users who have blue's page need it";
    const warned = await run(green);
    expect([warned.verdict, warned.summary.split('; ')[0]]).toEqual(['warn', says]);
    const failed = await run(green, good, { keepOldAssets: 'fail' });
    expect([failed.verdict, failed.summary]).toEqual(['fail', says]);
    expect((await run(green, good, { keepOldAssets: 'ignore' })).verdict).toBe('pass');
    const neither = await run(green, { '/': html('/app.1.js') }, { keepOldAssets: 'fail' });
    expect(neither.verdict).toBe('pass');
  });

  it('counts what does not fit into a line', async () => {
    const names = Array.from({ length: 45 }, (_, n) => `/${n}.js`);
    const { summary, evidence } = await run({ '/': html(...names) });
    expect(summary).toMatch(/; and 44 more$|; and 43 more$/);
    expect(JSON.stringify(evidence.findings)).toContain('and 6 more');
  });

  it('looks at two hundred files and counts the rest', async () => {
    const names = Array.from({ length: 205 }, (_, n) => `/${n}.js`);
    const many = { '/': html(...names), ...Object.fromEntries(names.map((it) => [it, file()])) };
    expect((await run(many, many)).summary).toContain('200 files; 5 more not looked at');
  });
});

describe('a page', () => {
  it('has to be one', async () => {
    const redirect = { ...good, '/': { status: 302, location: '/en/' } };
    expect((await run(redirect)).summary).toBe('/ answers 302 to /en/: name that page instead');
    const json = { ...good, '/': { body: '{}', type: 'application/json' } };
    expect((await run(json)).summary).toBe('/ is application/json, no HTML');
    expect((await run({ ...good, '/': { status: 500 } })).verdict).toBe('fail');
  });

  it('that blue does not have, is new; one that neither has, is a warning', async () => {
    const keys = { pages: ['/', '/news'] };
    const green = { ...good, '/news': html('/app.1.js') };
    expect((await run(green, good, keys)).verdict).toBe('pass');
    const { verdict, summary } = await run(good, good, keys);
    expect([verdict, summary.split(';')[0]]).toEqual(['warn', '/news answers 404, as on blue']);
  });

  it('that blue cannot show just now, leaves nothing to compare with', async () => {
    const { verdict, summary } = await run(good, { '/': { status: 503 } });
    expect([verdict, summary]).toEqual(['fail', "nothing to compare with: blue's / answers 503"]);
  });

  it('needs somebody to ask', async () => {
    const nowhere = await run(good, good, {}, { green: environment('shop-2', null) });
    expect(nowhere.summary).toBe('shop-2 has no address to ask; use another kind of check');
    const alone = await run(good, null, {}, { blue: environment('shop-1', null) });
    expect([alone.verdict, alone.summary]).toEqual([
      'fail',
      'nothing to compare with: blue (shop-1) has no address',
    ]);
    const gone = await run(good, null, {}, { blue: environment('b', 'http://127.0.0.1:1') });
    expect(gone.summary).toContain("blue's / gives no answer: ");
    const late = await run(good, good, {}, { abort: AbortSignal.abort() });
    expect([late.verdict, late.summary]).toEqual([
      'fail',
      'the time was up before all was looked at',
    ]);
  });
});

describe('warming up', () => {
  it('asks twice, at green or at a whole URL, and says how long that took', async () => {
    const asked: string[] = [];
    const cdn = await serve({ '/x': { body: 'x' } }, asked);
    const keys = { warm: ['/app.1.js', `${cdn}/x`] };
    const { verdict, summary, evidence } = await run(good, good, keys);
    expect(verdict).toBe('pass');
    expect(summary).toMatch(/; 2 warmed, from [\d.]+ ms to [\d.]+ ms$/);
    expect(asked).toEqual(['/x', '/x']);
    expect(evidence.warmed).toEqual([
      { url: '/app.1.js', coldMs: expect.any(Number), warmMs: expect.any(Number), problem: null },
      { url: `${cdn}/x`, coldMs: expect.any(Number), warmMs: expect.any(Number), problem: null },
    ]);
  });

  it('fails where nothing can be warmed', async () => {
    const missing = await run(good, good, { warm: ['/report'] });
    expect([missing.verdict, missing.summary]).toEqual(['fail', '/report answers 404']);
    const nobody = await run(good, good, { warm: ['http://127.0.0.1:1/'] });
    expect(nobody.summary).toContain('http://127.0.0.1:1/ gives no answer: ');
  });

  it('is left out where green has users', async () => {
    const keys = { warm: ['/report'] };
    const { verdict, summary } = await run(good, good, keys, { isLive: true });
    expect([verdict, summary]).toEqual([
      'pass',
      '1 page kept for 0s at most, 1 file; nothing warmed: green has users',
    ]);
  });
});

describe('the manifest', () => {
  const schema = checkKinds.find(({ kind }) => kind === 'cache')?.schema;
  it.each<[Record<string, unknown>, string]>([
    [{ pages: [] }, 'Too small'],
    [{ pages: ['index.html'] }, 'needs a path that starts with /'],
    [{ warm: ['http://example.com/'] }, 'needs a path of green, or an https URL'],
    [{ maxHtmlAge: 60 }, 'needs a duration with its unit'],
    [{ keepOldAssets: true }, 'Invalid option'],
  ])('%j is refused', (keys, reason) => {
    const read = schema?.safeParse({ kind: 'cache', ...keys });
    expect(read?.error?.message ?? 'fine').toContain(reason);
  });
});
