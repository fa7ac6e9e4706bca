import { describe, expect, it } from 'vitest';
import { shapeDifferences } from '../../../lib/checks/journey/shape.ts';
import { parsePath } from '../../../lib/checks/json-paths.ts';

const differ = (
  blue: unknown,
  green: unknown,
  { allowAdded = true, ignore = [] as string[] } = {},
) => shapeDifferences(blue, green, { allowAdded, ignore: ignore.map(parsePath) });

describe('the structure of JSON', () => {
  it.each<[string, unknown, unknown]>([
    ['other values', { a: 1, b: 'x' }, { a: 2, b: 'y' }],
    ['more or fewer things', { a: [1] }, { a: [1, 2, 3] }],
    ['an empty list', { a: [{ b: 1 }] }, { a: [] }],
    ['a null for something', { a: 1 }, { a: null }],
    ['something for a null', { a: null }, { a: { b: 1 } }],
    ['another key', { a: 1 }, { a: 1, b: 2 }],
    ['a key that only some have', [{ a: 1, b: 1 }, { a: 1 }], [{ a: 1 }]],
    ['types that were mixed before', [1, 'x'], ['y']],
  ])('is the same with %s', (_name, blue, green) => {
    expect(differ(blue, green)).toEqual([]);
  });

  it.each<[string, unknown, unknown, string]>([
    ['a missing key', { a: { b: 1, c: 2 } }, { a: { c: 2 } }, 'a.b is missing'],
    ['one missing in a list', { a: [{ b: 1 }] }, { a: [{}] }, 'a.*.b is missing'],
    ['another type', { a: 1 }, { a: '1' }, 'a is text instead of a number'],
    ['a list for an object', { a: {} }, { a: [] }, 'a is a list instead of an object'],
    ['another root', [], {}, '$ is an object instead of a list'],
    ['true for text', { a: 'x' }, { a: true }, 'a is true or false instead of text'],
  ])('is another one with %s', (_name, blue, green, line) => {
    expect(differ(blue, green)).toEqual([line]);
  });

  it('may be held to every key', () => {
    expect(differ({ a: 1 }, { a: 1, b: 2 }, { allowAdded: false })).toEqual([
      'b is there, and not on blue',
    ]);
  });

  it('is not looked at where it is ignored', () => {
    const ignore = ['a.*.b', '**.d', 'x'];
    const blue = { a: [{ b: 1, c: 1 }], e: { d: 1 }, x: { y: 1 } };
    expect(differ(blue, { a: [{ b: 'b', c: 1 }], e: {} }, { ignore })).toEqual([]);
  });
});
