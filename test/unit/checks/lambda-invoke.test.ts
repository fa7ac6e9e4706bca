import { describe, expect, it } from 'vitest';
import { expectation, unmet } from '../../../lib/checks/lambda-invoke/expectation.ts';
import { createLambdaInvokeCheck } from '../../../lib/checks/lambda-invoke.ts';
import { checkContext } from '../../support/check-context.ts';
import { createFakeLambda } from '../../support/fakes/lambda.ts';

function prepare(answer: unknown, config: Record<string, unknown> = {}) {
  const events: unknown[] = [];
  const respond = (event: unknown) => {
    events.push(event);
    return answer;
  };
  const fake = createFakeLambda({ code: { content: 'green', answer: respond } });
  const id = fake.publishByHand();
  fake.deployByHand({ content: 'other', answer: () => ({ other: true }) });
  fake.publishByHand();
  const check = createLambdaInvokeCheck(
    { kind: 'lambda-invoke', functionName: fake.functionName, ...config },
    { lambda: fake.lambda },
  );
  const abort = new AbortController();
  const run = (greenId = id, attributes: Record<string, string> = {}) =>
    check.run(
      checkContext({
        green: { id: greenId, kind: 'lambda-version', version: '2', address: null, attributes },
        abort: abort.signal,
      }),
    );
  return { fake, run, abort, events };
}

const proxyAnswer = (statusCode: number, body: string, isBase64Encoded = false) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body,
  isBase64Encoded,
});

describe('what a function answers', () => {
  const products = proxyAnswer(200, '{"products":[{"id":"mug"}]}');
  const encoded = proxyAnswer(200, Buffer.from('{"ok":1}').toString('base64'), true);

  it.each<[string, unknown, object, string | null]>([
    ['any answer', { a: 1 }, {}, null],
    ['an empty answer', null, {}, null],
    ['a status', products, { status: 200 }, null],
    ['one of several', products, { status: [200, 204] }, null],
    ['another status', products, { status: 204 }, 'status 200 instead of 204'],
    ['an error nobody asked for', proxyAnswer(502, ''), {}, 'status 502'],
    ['an error that was asked for', proxyAnswer(404, ''), { status: 404 }, null],
    ['no status', { a: 1 }, { status: 200 }, 'no statusCode'],
    ['text of the body', products, { bodyIncludes: 'mug' }, null],
    ['missing text', products, { bodyIncludes: 'cup' }, 'does not include "cup"'],
    ['text of a plain answer', 'hello mug', { bodyIncludes: 'mug' }, null],
    ['a pattern', products, { bodyMatches: '"id":"m.g"' }, null],
    ['another pattern', products, { bodyMatches: '^x' }, 'does not match /^x/'],
    ['a path of the body', products, { json: { 'products.0.id': 'mug' } }, null],
    ['a path of an encoded body', encoded, { json: { ok: 1 } }, null],
    ['a path of a plain answer', { a: { b: 2 } }, { json: { 'a.b': 2 } }, null],
    ['another value', { a: { b: 2 } }, { json: { 'a.b': '2' } }, 'a.b is 2 instead of "2"'],
    ['no JSON', proxyAnswer(200, 'hi'), { json: { a: 1 } }, 'not JSON'],
    ['a part of a plain answer', { a: 1, b: { c: 2, d: 3 } }, { result: { b: { c: 2 } } }, null],
    ['another part', { b: { c: 2 } }, { result: { b: { c: 3 } } }, 'b.c is 2 instead of 3'],
    ['a missing part', { b: {} }, { result: { b: { c: 3 } } }, 'b.c is missing'],
    ['a whole list', [1, 2], { result: [1] }, 'the answer is [1,2] instead of [1]'],
    ['an inherited name', {}, { result: { constructor: 1 } }, 'constructor is missing'],
  ])('%s', async (_, answer, expected, reason) => {
    const { run } = prepare(answer, { expect: expected });

    const verdict = await run();

    expect(verdict.verdict).toBe(reason === null ? 'pass' : 'fail');
    if (reason !== null) expect(verdict.summary).toContain(reason);
  });

  it('is looked at with its duration', () => {
    const expected = expectation.parse({ maxDuration: '100ms' });

    expect(unmet(expected, { text: '{}', durationMs: 100 })).toBeNull();
    expect(unmet(expected, { text: '{}', durationMs: 100.1 })).toBe(
      'answered in 100.1 ms, more than 100 ms',
    );
  });

  it('is refused where it is an error of the function, in its own words', async () => {
    const { run } = prepare(new TypeError('no\ndatabase'));

    expect(await run()).toMatchObject({
      verdict: 'fail',
      summary: 'storefront:1: it failed (Unhandled): TypeError: no database',
      evidence: { functionError: 'Unhandled' },
    });
  });

  it('is not believed when another version gave it', async () => {
    const { fake, run } = prepare({ ok: true });
    fake.answersAs = '2';

    expect(await run()).toMatchObject({
      verdict: 'fail',
      summary: expect.stringContaining('version 2 answered in its place'),
      evidence: { executedVersion: '2' },
    });
  });
});

describe('the invocation', () => {
  it("sends the payload to green's own version and waits for the answer", async () => {
    const { fake, run, events } = prepare({}, { payload: { path: '/' } });

    await run();

    expect(events).toEqual([{ path: '/' }]);
    expect(fake.calls.at(-1)?.input).toMatchObject({
      Qualifier: '1',
      InvocationType: 'RequestResponse',
    });
  });

  it('keeps its evidence small', async () => {
    const { run } = prepare('ü'.repeat(5000));

    const answer = await run();

    expect(answer).toMatchObject({
      evidence: { payloadBytes: 2, executedVersion: '1', durationMs: expect.any(Number) },
    });
    const kept = 'evidence' in answer ? String(answer.evidence.answer) : '';
    expect(kept.length).toBeGreaterThan(1000);
    expect(kept.length).toBeLessThan(1100);
  });

  it('waits when Lambda asks for patience, which says nothing about green', async () => {
    const { fake, run } = prepare({});
    fake.failNext('Invoke', 'TooManyRequestsException', 'Rate exceeded');

    expect(await run()).toMatchObject({ verdict: 'pending', retryAfterSeconds: 5 });
    expect(await run()).toMatchObject({ verdict: 'pass' });
  });

  it('names the grant that is missing', async () => {
    const { fake, run } = prepare({});
    fake.failNext('Invoke', 'AccessDeniedException', 'not authorized');

    expect(await run()).toMatchObject({
      verdict: 'fail',
      summary: expect.stringContaining('allow lambda:InvokeFunction'),
    });
  });

  it('ends when its time is up', async () => {
    const { fake, run, abort } = prepare({});
    fake.delayNext('Invoke');
    const running = run();
    abort.abort();

    expect(await running).toMatchObject({
      verdict: 'fail',
      summary: expect.stringContaining('its time was up'),
    });
  });

  it.each(['$LATEST', 'live', 'shop-2'])('is not made for %s, which is no version', async (id) => {
    const { fake, run } = prepare({});

    expect((await run(id)).verdict).toBe('fail');
    expect(fake.calls).toEqual([]);
  });

  it('is not made of another function than the one that green is a version of', async () => {
    const { fake, run } = prepare({});

    expect(await run('1', { functionName: 'checkout' })).toMatchObject({
      verdict: 'fail',
      summary: expect.stringContaining('green is a version of checkout'),
    });
    expect(fake.calls).toEqual([]);
    expect(await run('1', { functionName: 'storefront' })).toMatchObject({ verdict: 'pass' });
  });
});
