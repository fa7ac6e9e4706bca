import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { readAccess } from '../../../lib/platform/access-variable.ts';

type Ask = { resolveConfigurationProperty(path: string[]): Promise<unknown> };
const load: (ask: Ask) => Promise<string> = createRequire(import.meta.url)(
  '../../../lib/platform/aws/access.cjs',
);
const packaged = (given: unknown) => load({ resolveConfigurationProperty: async () => given });

const rules = [{ claim: 'groups', value: 'ops', role: 'operator' }];

describe('the parameter access', () => {
  it.each([
    ['none', 'none'],
    ['an object', { rules }],
    ['JSON', JSON.stringify({ rules })],
  ])('may be %s, and reaches the function', async (_, given) => {
    const text = await packaged(given);
    const access = readAccess({ VERDIGRIS_ACCESS: text });
    expect(access.rules).toEqual(given === 'none' ? [] : [{ ...rules[0], services: '*' }]);
  });

  it.each([
    ['all', 'parameter access is neither none, nor an object, nor JSON'],
    [{ rules: [{ ...rules[0], role: 'boss' }] }, 'parameter access.rules[0].role'],
    [{ rule: [] }, 'parameter access.rule: is not a known key; did you mean "rules"?'],
    [['rules'], 'parameter access: needs an object'],
    [{ rules: Array(60).fill(rules[0]) }, 'at most 3000 fit into the function'],
  ])('is refused by packaging: %j', async (given, message) => {
    await expect(packaged(given)).rejects.toThrow(message);
  });

  it('is nothing where the function has no such variable', () => {
    expect(readAccess({})).toEqual({ rules: [] });
    expect(() => readAccess({ VERDIGRIS_ACCESS: '{' })).toThrow(/VERDIGRIS_ACCESS: is not JSON/);
  });
});
