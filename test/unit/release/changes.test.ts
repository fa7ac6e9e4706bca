import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../lib/release/changes.ts';
import type { Json, JsonObject } from '../../../lib/release/json.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import { planRelease } from '../../../lib/release/plan.ts';
import { planInWords } from '../../../lib/release/plan-in-words.ts';
import { fakeKinds, fakeManifest } from '../../support/conductor.ts';

const object = fc.dictionary(
  fc.string({ minLength: 1 }),
  fc.jsonValue(),
) as fc.Arbitrary<JsonObject>;
const key = fc.stringMatching(/^[a-z]{1,6}$/);

describe('the changes between two values', () => {
  it.each<[string, Json, Json, unknown[]]>([
    ['a value', { a: 1 }, { a: 2 }, [{ path: 'a', before: 1, after: 2 }]],
    ['a key that came', {}, { a: { b: 1 } }, [{ path: 'a', before: null, after: { b: 1 } }]],
    ['a key that went', { a: 1 }, {}, [{ path: 'a', before: 1, after: null }]],
    ['a deep value', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', before: 1, after: 2 }]],
    [
      'a list of names',
      { a: ['x'] },
      { a: ['x', 'y'] },
      [{ path: 'a', before: ['x'], after: ['x', 'y'] }],
    ],
    [
      'an object in a list',
      { a: [{ b: 1 }] },
      { a: [{ b: 2 }] },
      [{ path: 'a[0].b', before: 1, after: 2 }],
    ],
    [
      'one more in a list',
      { a: [{ b: 1 }] },
      { a: [{ b: 1 }, { c: 2 }] },
      [{ path: 'a[1]', before: null, after: { c: 2 } }],
    ],
    [
      'another kind of value',
      { a: [{ b: 1 }] },
      { a: 'x' },
      [{ path: 'a', before: [{ b: 1 }], after: 'x' }],
    ],
    ['a strange key', { 'a.b': 1 }, { 'a.b': 2 }, [{ path: '["a.b"]', before: 1, after: 2 }]],
  ])('are told of %s', (_, before, after, changes) => {
    expect(changesBetween(before, after)).toEqual(changes);
  });

  it('are none where only the order of keys differs, or null stands for what is not there', () => {
    expect(
      changesBetween({ a: 1, b: [[{ c: 1, d: 2 }]] }, { b: [[{ d: 2, c: 1 }]], a: 1 }),
    ).toEqual([]);
    expect(changesBetween({ a: null }, {})).toEqual([]);
  });

  it('take no key for what every object has', () => {
    expect(changesBetween({}, { constructor: 1 })).toEqual([
      { path: 'constructor', before: null, after: 1 },
    ]);
  });

  it('are none between a value and itself', () => {
    fc.assert(
      fc.property(object, (value) => changesBetween(value, structuredClone(value)).length === 0),
    );
  });

  it('have the sides swapped when the values are', () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        const there = changesBetween(one, other);
        const back = changesBetween(other, one);
        const byPath = (changes: typeof there) =>
          changes.map(({ path, before, after }) => JSON.stringify([path, before, after])).sort();
        const swapped = back.map(({ path, before, after }) => ({
          path,
          before: after,
          after: before,
        }));
        expect(byPath(there)).toEqual(byPath(swapped));
      }),
    );
  });

  it('are at most one to a path, and really differ', () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        const changes = changesBetween(one, other);
        expect(new Set(changes.map(({ path }) => path)).size).toBe(changes.length);
        for (const { before, after } of changes)
          expect(changesBetween(before, after).length).toBeGreaterThan(0);
      }),
    );
  });

  it('are exactly the one that was made, wherever it was made', () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), object, (keys, around) => {
        const nest = (leaf: Json) =>
          keys.reduceRight<Json>((inner, name) => ({ ...around, [name]: inner }), leaf);
        const changes = changesBetween(nest('then'), nest('now'));
        expect(changes).toEqual([{ path: keys.join('.'), before: 'then', after: 'now' }]);
      }),
    );
  });
});

const planOf = (changes: JsonObject = {}) =>
  planRelease(parseManifest(fakeManifest(changes), fakeKinds));

describe('a plan in words', () => {
  it('has durations as a manifest writes them, and the paths of one', () => {
    const before = planInWords(planOf());
    const after = planInWords(
      planOf({
        watch: { window: '45m', interval: '30s', alarms: ['storefront-5xx'] },
        approval: { count: 2, expiresIn: '90m', separateDuties: true },
        retain: '7d',
      }),
    );

    expect(changesBetween(before, after)).toEqual([
      { path: 'approval.required', before: false, after: true },
      { path: 'approval.count', before: 1, after: 2 },
      { path: 'approval.expiresIn', before: '2h', after: '90m' },
      { path: 'approval.separateDuties', before: false, after: true },
      {
        path: 'cutover.steps',
        before: ['100%, watched for 30m'],
        after: ['100%, watched for 45m'],
      },
      { path: 'watch.interval', before: '1m', after: '30s' },
      { path: 'watch.compare.errorRate', before: '2x', after: null },
      { path: 'watch.compare.latencyP95', before: '1.5x', after: null },
      { path: 'retain', before: '1d', after: '7d' },
    ]);
  });

  it('of 0.1.0 differs in nothing from the same one today', () => {
    const today = planOf();
    const { readyWithinSeconds: _, ...rest } = today;
    const { hasSeparateDuties: __, ...approval } = rest.approval;
    expect(changesBetween(planInWords({ ...rest, approval }), planInWords(today))).toEqual([]);
  });

  it('keeps other checks as they are when one comes first', () => {
    const smoke = { kind: 'fake', name: 'smoke' };
    const before = planInWords(planOf({ checks: [smoke] }));
    const after = planInWords(planOf({ checks: [{ kind: 'fake', name: 'login' }, smoke] }));
    expect(changesBetween(before, after)).toEqual([
      {
        path: 'checks.login',
        before: null,
        after: { kind: 'fake', critical: true, timeout: '10s' },
      },
    ]);
  });
});
