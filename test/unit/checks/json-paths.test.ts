import { describe, expect, it } from 'vitest';
import { covers, parsePath, pathText, valuesAt } from '../../../lib/checks/json-paths.ts';

describe('a path into JSON', () => {
  it.each<[string, string[]]>([
    ['products.0.name', ['products', '0', 'name']],
    ['$.products[0].name', ['products', '0', 'name']],
    ['products[*].price', ['products', '*', 'price']],
    ['["a.b"].c', ['a.b', 'c']],
    ["$['a b'][2]", ['a b', '2']],
    ['$', []],
    ['$ref', ['$ref']],
  ])('is read from %s', (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });

  it.each([
    [['a', '0', 'b'], 'a.0.b'] as const,
    [['a', 'x.y', 'b'], 'a["x.y"].b'] as const,
    [[], '$'] as const,
  ])('is written as people do: %j', (path, text) => {
    expect(pathText(path)).toBe(text);
    expect(parsePath(text)).toEqual(path);
  });

  it('leads to every value that fits', () => {
    const root = { items: [{ id: 1 }, { id: 2 }, {}], by: { a: 1, b: 2 } };
    const found = (text: string) => valuesAt(root, parsePath(text)).map(({ value }) => value);
    expect(found('items[*].id')).toEqual([1, 2]);
    expect(found('by.*')).toEqual([1, 2]);
    expect(found('items.length')).toEqual([3]);
    expect(found('items.3')).toEqual([]);
    expect(found('by.a.b')).toEqual([]);
    expect(found('toString')).toEqual([]);
    expect(found('$')).toEqual([root]);
  });

  it.each<[string, string, boolean]>([
    ['a', 'a.b', true],
    ['a.*', 'a.b.c', true],
    ['a.*', 'a', false],
    ['*.id', 'b.id', true],
    ['**.id', 'a.b.c.id', true],
    ['**.id', 'id', true],
    ['**.id', 'a.idx', false],
    ['a.b', 'a.c', false],
  ])('of %s covers %s: %s', (pattern, path, isCovered) => {
    expect(covers(parsePath(pattern), parsePath(path))).toBe(isCovered);
  });
});
