import { describe, expect, it } from 'vitest';
import { beatMs, gatherMs, longestFeedMs, patientBeats } from '../../../lib/http/change-feed.ts';
import type { Change } from '../../../lib/http/changes.ts';
import { streamsPerCaller } from '../../../lib/http/stream.ts';
import { createChanges } from '../../../lib/platform/changes.ts';
import type { Grant } from '../../../lib/release/access.ts';
import { createTestApp, errorOf, testToken } from '../../support/api-server.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const headers = { authorization: `Bearer ${testToken}` };
const everything: Grant[] = [{ role: 'viewer', services: '*' }];

function createStreamApp(grants: Grant[] = everything) {
  const clock = createVirtualClock();
  const changes = createChanges(clock);
  let listeners = 0;
  const counted = {
    ...changes,
    subscribe(listener: (change: Change) => void) {
      listeners += 1;
      const end = changes.subscribe(listener);
      return () => {
        listeners -= 1;
        end();
      };
    },
  };
  const { app } = createTestApp({
    changes: counted,
    authenticate: ({ header }) =>
      header('authorization')
        ? { actor: header('x-verdigris-actor') ?? 'ada', via: 'api-token', grants }
        : null,
  });
  const open = async (actor = 'ada') =>
    app.request('/api/stream', { headers: { ...headers, 'x-verdigris-actor': actor } });
  /** Lets these happen one right after the other, and time enough pass for them to be told. */
  const happen = async (...all: Change[]) => {
    for (const change of all) changes.publish(change);
    await clock.advance(gatherMs);
  };
  return { app, clock, open, happen, listeners: () => listeners };
}

/** Reads a stream's messages as a browser would, one at a time. */
function readerOf(answer: Response) {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    reader,
    /** The next message that is no bare setting: its event, and its data. */
    async next(): Promise<{ event: string; data: unknown }> {
      for (;;) {
        const end = text.indexOf('\n\n');
        const message = end < 0 ? null : text.slice(0, end);
        if (message !== null) text = text.slice(end + 2);
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(message ?? '') ?? [];
        if (event && data) return { event, data: JSON.parse(data) };
        if (message !== null) continue;
        const { done, value } = await reader.read();
        if (done) throw new Error('the stream has ended');
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}

const change = (releaseId: string | null, service: string | null = 'storefront'): Change => ({
  service,
  releaseId,
});

describe('GET /api/stream', () => {
  it('tells of a change as it happens', async () => {
    const { open, happen } = createStreamApp();
    const answer = await open();
    const { next } = readerOf(answer);

    await happen(change('rel1'));

    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await next()).toEqual({ event: 'change', data: change('rel1') });
  });

  it('tells once of what changes several times in a moment', async () => {
    const { open, happen } = createStreamApp();
    const { next } = readerOf(await open());

    await happen(change('rel1'), change('rel1'), change('rel1'), change('rel2'));

    expect((await next()).data).toEqual(change('rel1'));
    expect((await next()).data).toEqual(change('rel2'));
  });

  it('says that it lives when nothing happens', async () => {
    const { open, clock } = createStreamApp();
    const { next } = readerOf(await open());

    await clock.advance(beatMs);
    expect((await next()).event).toBe('beat');
    await clock.advance(beatMs);
    expect((await next()).event).toBe('beat');
  });

  it('does not tell of services that the caller may not read', async () => {
    const { open, happen } = createStreamApp([{ role: 'viewer', services: ['storefront'] }]);
    const { next } = readerOf(await open());

    await happen(change('secret-1', 'payroll'), change('rel1'), change(null, null));

    expect((await next()).data).toEqual(change('rel1'));
    expect((await next()).data).toEqual(change(null, null));
  });

  it('is refused to who may read nothing, and to who does not say who they are', async () => {
    const { open, app, listeners } = createStreamApp([]);

    expect((await errorOf(await open())).name).toBe('ForbiddenError');
    expect((await app.request('/api/stream')).status).toBe(401);
    expect(listeners()).toBe(0);
  });

  it('is not there where the platform holds no streams', async () => {
    const { app } = createTestApp();

    expect((await app.request('/api/stream', { headers })).status).toBe(404);
  });

  it('stops listening when its reader leaves', async () => {
    const { open, listeners } = createStreamApp();
    const { reader } = readerOf(await open());
    expect(listeners()).toBe(1);

    await reader.cancel();

    expect(listeners()).toBe(0);
  });

  it('listens to nothing for who only asks for its headers', async () => {
    const { app, listeners } = createStreamApp();

    expect((await app.request('/api/stream', { method: 'HEAD', headers })).status).toBe(200);
    expect(listeners()).toBe(0);
  });

  it('opens so many for one caller, more for others, and again when one is closed', async () => {
    const { open } = createStreamApp();
    const opened = [];
    for (let i = 0; i < streamsPerCaller; i += 1) opened.push(readerOf(await open()));

    const refused = await open();
    expect(refused.status).toBe(429);
    expect((await errorOf(refused)).name).toBe('RateLimitedError');
    expect((await open('grace')).status).toBe(200);

    await opened[0]?.reader.cancel();
    expect((await open()).status).toBe(200);
  });

  it('ends after an hour, so that whoever reads on shows who they are', async () => {
    const { open, clock, listeners } = createStreamApp();
    const { reader } = readerOf(await open());
    const read = (async () => {
      while (!(await reader.read()).done);
      return 'ended';
    })();

    for (let ms = 0; ms <= longestFeedMs; ms += beatMs) await clock.advance(beatMs);

    expect(await read).toBe('ended');
    expect(listeners()).toBe(0);
  });
});

describe('a reader that is slow', () => {
  it('finds each change once, however often it happened meanwhile', async () => {
    const { open, happen } = createStreamApp();
    const { next } = readerOf(await open());

    for (let i = 0; i < 500; i += 1) await happen(change(`rel${i % 100}`), change('always'));
    await happen(change('last'));

    const found: unknown[] = [];
    let latest: unknown;
    while (latest !== 'last') {
      latest = ((await next()).data as Change).releaseId;
      found.push(latest);
    }
    // What was already on its way when it happened again is told again.
    expect(found.length).toBeLessThan(250);
    expect(new Set(found).size).toBe(102);
  });

  it('is told that anything may have changed when that was too much', async () => {
    const { open, happen } = createStreamApp();
    const { next } = readerOf(await open());

    await happen(...Array.from({ length: 100_000 }, (_, i) => change(`rel${i}`)));

    let count = 0;
    for (;;) {
      const { data } = await next();
      count += 1;
      if ((data as Change).service === null) break;
    }
    expect(count).toBeLessThan(400);
  });

  it('is let go when it takes nothing for a minute', async () => {
    const { open, happen, clock, listeners } = createStreamApp();
    const { reader } = readerOf(await open());

    for (let i = 0; i < 200; i += 1) await happen(change(`rel${i}`));
    for (let i = 0; i < patientBeats; i += 1) await clock.advance(beatMs);

    expect(listeners()).toBe(0);
    await expect(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    ).rejects.toThrow('took nothing');
  });
});
