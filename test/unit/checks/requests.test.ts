import { afterEach, describe, expect, it } from 'vitest';
import { addressOf, ask, askSteadily, causeOf, isSafe } from '../../../lib/checks/requests.ts';
import { createServers } from '../../support/serve.ts';
import { realTimers } from '../environments/process-harness.ts';

const { serve, stopAll } = createServers();
afterEach(stopAll);

const { signal } = new AbortController();
const steadiness = { timers: realTimers, pauseSeconds: 0.001 };

/** A server that breaks the first connections off without an answer, and counts them all. */
async function breaksOff(times: number) {
  let asked = 0;
  const url = await serve((request, response) => {
    asked += 1;
    if (asked <= times) request.socket.destroy();
    else response.end('here');
  });
  return { url, asked: () => asked };
}

describe('a request of a check', () => {
  it('has method, headers and body, and gives status, headers and body', async () => {
    const url = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      response.writeHead(201, { 'x-was': request.method, 'set-cookie': ['a=1', 'b=2'] });
      response.end(`${request.headers['x-probe']} ${body}`);
    });
    const headers = { 'x-probe': 'yes' };
    const answer = await ask({ url, method: 'PUT', headers, body: 'ü', signal });
    expect(answer).toMatchObject({ status: 201, body: 'yes ü', isCut: false });
    expect(answer.bytes.byteLength).toBe(6);
    expect(answer.headers.get('x-was')).toBe('PUT');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.latencyMs).toBeGreaterThan(0);
  });

  it('does not follow redirects', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: '/b' }).end());
    const answer = await ask({ url, signal });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/b']);
  });

  it('reads as much of a body as is asked for', async () => {
    const url = await serve((request, response) =>
      response.end('x'.repeat(Number(request.url?.slice(1)))),
    );
    expect(await ask({ url: `${url}/10`, signal, mostBytes: 10 })).toMatchObject({ isCut: false });
    const cut = await ask({ url: `${url}/11`, signal, mostBytes: 10 });
    expect(cut).toMatchObject({ body: 'x'.repeat(10), isCut: true });
  });

  it('leaves an answer without end after the first MiB', async () => {
    const url = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('é'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    const answer = await ask({ url, signal });
    expect([answer.bytes.byteLength, answer.isCut]).toEqual([1024 * 1024, true]);
  });

  it('ends when its time is up, also in the middle of a body', async () => {
    const url = await serve((_, response) => void response.write('begun'));
    const abort = new AbortController();
    const asked = ask({ url, signal: abort.signal }).catch(causeOf);
    setTimeout(() => abort.abort(), 20);
    expect(await asked).toBe('the time was up');
  });
});

describe('asking steadily', () => {
  it('asks again where no answer came, and says so', async () => {
    const { url, asked } = await breaksOff(2);
    const answer = await askSteadily({ url, signal }, steadiness);
    expect(answer).toMatchObject({ status: 200, body: 'here' });
    expect(answer.problems).toHaveLength(2);
    expect(asked()).toBe(3);
  });

  it('takes a bad answer as an answer', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(500).end();
    });
    expect(await askSteadily({ url, signal }, steadiness)).toMatchObject({
      status: 500,
      problems: [],
    });
    expect(asked).toBe(1);
  });

  it('gives up after its attempts', async () => {
    const { url, asked } = await breaksOff(9);
    await expect(askSteadily({ url, signal }, { ...steadiness, attempts: 2 })).rejects.toThrow();
    expect(asked()).toBe(2);
  });

  it('sends what may have been served only once, unless told that it may be repeated', async () => {
    const once = await breaksOff(1);
    const post = { method: 'POST', body: 'x', signal };
    await expect(askSteadily({ ...post, url: once.url }, steadiness)).rejects.toThrow();
    expect(once.asked()).toBe(1);
    const again = await breaksOff(1);
    const patient = { ...steadiness, isRepeatable: true };
    expect((await askSteadily({ ...post, url: again.url }, patient)).status).toBe(200);
  });

  it('tries again to reach somebody who does not listen yet, whatever the method', async () => {
    const url = await serve((_, response) => response.end());
    await stopAll();
    let pauses = 0;
    const timers = {
      after: (_: number, callback: () => void) => {
        pauses += 1;
        queueMicrotask(callback);
        return () => {};
      },
    };
    const asked = askSteadily({ url, method: 'POST', signal }, { timers }).catch(causeOf);
    expect(await asked).toBe('the connection was refused');
    expect(pauses).toBe(2);
  });

  it('stops when the time is up', async () => {
    const { url, asked } = await breaksOff(9);
    const abort = new AbortController();
    const timers = {
      after: () => {
        queueMicrotask(() => abort.abort());
        return () => {};
      },
    };
    await expect(askSteadily({ url, signal: abort.signal }, { timers })).rejects.toThrow();
    expect(asked()).toBe(1);
  });
});

describe('words of a check', () => {
  it('knows which methods only ask', () => {
    expect(['GET', 'head', 'OPTIONS', 'POST', 'DELETE', 'PATCH'].map(isSafe)).toEqual([
      ...[true, true, true],
      ...[false, false, false],
    ]);
  });

  it('has an address without a slash at its end', () => {
    expect(addressOf({ address: 'http://a:1/' })).toBe('http://a:1');
    expect(addressOf({ address: null })).toBeNull();
  });

  it('says why no answer came', () => {
    expect(causeOf(new TypeError('fetch failed', { cause: new Error('other side closed') }))).toBe(
      'other side closed',
    );
    const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
    expect(causeOf(new TypeError('fetch failed', { cause: refused }))).toBe(
      'the connection was refused',
    );
    const nameless = Object.assign(new Error(''), { code: 'EPIPE' });
    expect(causeOf(new TypeError('fetch failed', { cause: nameless }))).toBe('EPIPE');
    expect(causeOf(new Error('plain'))).toBe('plain');
    expect(causeOf(new DOMException('no', 'AbortError'))).toBe('the time was up');
  });
});
