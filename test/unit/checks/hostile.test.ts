import { describe, expect, it } from 'vitest';
import { filesOf } from '../../../lib/checks/cache/page-files.ts';
import { judgeValue } from '../../../lib/checks/contract/answers.ts';
import { readDocument } from '../../../lib/checks/contract/document.ts';
import { plainSchema } from '../../../lib/checks/contract/plain-schema.ts';
import { findDocument } from '../../../lib/checks/contract/sources.ts';
import type { Recorded } from '../../../lib/checks/har.ts';
import { recordedSteps } from '../../../lib/checks/journey/recorded-steps.ts';
import { networkKind } from '../../../lib/checks/network.ts';
import { matcherOf, matchesGlob } from '../../../lib/checks/path-patterns.ts';
import { samplesIn } from '../../../lib/checks/telemetry/exposition.ts';
import { checkContext } from '../../support/check-context.ts';
import { realTimers } from '../environments/process-harness.ts';

/** With this much of it, whatever takes the square of its length takes many minutes, and these tests with it. */
const long = 1_000_000;
const many = (text: string) => text.repeat(long / text.length);

describe('an answer that is meant to keep the conductor busy', () => {
  it.each([`a${many(' ')}b`, many('a '), many('a1x '), many(','), many('a,'), many('a , ')])(
    'is a page with srcset %#',
    (srcset) => {
      expect(filesOf(`<img srcset="${srcset}">`, 'http://shop.test/').elsewhere).toBe(0);
    },
  );

  it.each([
    many('a'),
    many('a="'),
    many('a="b\\"'),
    many('a="b",'),
    many('} '),
    `a="${many('\\')}`,
  ])('is a metric with labels %#', (labels) => {
    expect(samplesIn(`m{${labels}} 1`).map(({ name }) => name)).toEqual(['m']);
  });

  it('is a redirect against a pattern with stars', () => {
    expect(matchesGlob('/*/*/*/*/*/done', many('/'))).toBe(false);
    expect(matcherOf('a*a*a*a*a*b')(many('a'))).toBe(false);
  });

  it('has expressions of its own', () => {
    const document = readDocument({ openapi: '3.0.0' });
    const schemas = [
      { type: 'string', pattern: '^(a+)+$' },
      { type: 'string', format: 'uri-template' },
      { type: 'string', format: 'url' },
      {
        type: 'object',
        patternProperties: { '^(a+)+$': {} },
        additionalProperties: { type: 'null' },
      },
    ];
    const text = `http://${'a'.repeat(10_000)}!`;
    for (const schema of schemas) {
      const value = schema.type === 'string' ? text : { [text]: 1 };
      expect(judgeValue(value, { allOf: [plainSchema(schema, document)] }, 'GET /')).toEqual([]);
    }
    const list = Array.from({ length: 100_000 }, (_, i) => i);
    const unique = plainSchema({ type: 'array', uniqueItems: true }, document);
    expect(judgeValue(list, { allOf: [unique] }, 'GET /')).toEqual([]);
    const dated = { allOf: [plainSchema({ type: 'string', format: 'date' }, document)] };
    expect(judgeValue('soon', dated, 'GET /')).toHaveLength(1);
  });

  it.each([
    [`openapi: 3.0.0\nx:\n${'  - {a: b}\n'.repeat(60_000)}`, 'YAML may have 524288 bytes at most'],
    [`{"openapi":"3.0.0","x":"${'x'.repeat(8 * 1024 * 1024)}"}`, 'has more than 8388608 bytes'],
  ])('is a document that is too long %#', async (text, reason) => {
    const folder = { place: '', list: async () => [], read: async () => text };
    const { green, abort } = checkContext();
    const deps = { timers: realTimers, abort, files: { open: async () => folder } };
    const found = await findDocument('openapi.yml', green, deps);
    expect(found).toMatchObject({ problem: expect.stringContaining(reason) });
  });
});

describe('a recording', () => {
  const request = (n: number, differs: Partial<Recorded> = {}): Recorded => ({
    ...{ method: 'GET', path: `/${n}`, headers: {}, body: undefined, status: 200 },
    ...{ location: null, answer: null },
    ...differs,
  });

  it('of too many requests, or too long ones, is refused', () => {
    const all = Array.from({ length: 201 }, (_, n) => request(n));
    expect(recordedSteps(all.slice(1))).toHaveLength(200);
    expect(() => recordedSteps(all)).toThrow('has 201 requests');
    const body = 'x'.repeat(256 * 1024);
    expect(() => recordedSteps([request(1, { body })])).toThrow('at most 200 of 262144');
  });

  it('full of values is looked through for so many of them', () => {
    let number = 100_000;
    const answer = () => JSON.stringify(Array.from({ length: 1000 }, () => ++number));
    const all = Array.from({ length: 200 }, (_, n) =>
      request(n, { answer: answer(), method: 'POST', body: many('9').slice(0, 1200) }),
    );
    all[1] = request(1, { path: '/items/100007' });
    const steps = recordedSteps(all);
    expect(steps[0]?.capture).toEqual({ step1value1: { json: '6' } });
    expect(steps[1]?.path).toBe('/items/{step1value1}');
  });
});

describe('the host of a target', () => {
  const accepts = (host: string) =>
    networkKind.schema.safeParse({
      ...{ kind: 'network', name: 'n', targets: [{ host, port: 1 }] },
      probe: { path: '/{host}/{port}' },
    }).success;

  it.each([
    ['db.internal', true],
    ['a_b', true],
    ['::1', true],
    ['fe80::1', true],
    ['::ffff:10.0.0.1', true],
    ['a'.repeat(253), true],
    ['a'.repeat(254), false],
    ['a:b', false],
    [':', false],
    ['fe80::1%eth0', false],
    [`${':'.repeat(100_000)}!`, false],
    ['-a', false],
  ])('%#', (host, is) => {
    expect(accepts(host)).toBe(is);
  });
});
