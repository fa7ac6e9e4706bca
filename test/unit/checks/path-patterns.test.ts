import { describe, expect, it } from 'vitest';
import { matcherOf, sift } from '../../../lib/checks/path-patterns.ts';

describe('a pattern of paths', () => {
  it.each([
    ['memoryMb', 'memoryMb', true],
    ['memoryMb', 'memoryMbit', false],
    ['memory', 'memoryMb', false],
    ['tags', 'tags.team', true],
    ['layers', 'layers[0]', true],
    ['containers.*.image', 'containers.web.image', true],
    ['containers.*.image', 'containers.web.cpu', false],
    ['variables.FEATURE_*', 'variables.FEATURE_NEW', true],
    ['variables.FEATURE_*', 'variables.MEMORY', false],
    ['*', 'anything[1].at.all', true],
    ['a.c', 'abc', false],
    ['tags.a+b(c)', 'tags.a+b(c)', true],
  ])('%s has %s: %s', (pattern, path, isIn) => {
    expect(matcherOf(pattern)(path)).toBe(isIn);
  });

  it('parts what is allowed from what is left, and tells which patterns were no use', () => {
    const found = [{ path: 'memoryMb' }, { path: 'tags.team' }, { path: 'tags.cost' }];
    expect(sift(found, ['tags', 'layers'])).toEqual({
      left: [{ path: 'memoryMb' }],
      allowed: [{ path: 'tags.team' }, { path: 'tags.cost' }],
      unused: ['layers'],
    });
  });
});
