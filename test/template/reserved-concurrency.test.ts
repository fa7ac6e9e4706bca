import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { configuredWith, logicalFunction, resourcesOf } from './packaged.ts';

/** What users wait for when green goes wrong. */
const reserved = ['onAlarm', 'rollback', 'hold', 'onExecutionEnded', 'cutover'];

type Answer = { extensions: Record<string, { Properties: Record<string, unknown> }> };
type Ask = { resolveConfigurationProperty(path: string[]): Promise<unknown> };
const extend: (ask: Ask) => Promise<Answer> = createRequire(import.meta.url)(
  '../../lib/platform/aws/reserved-concurrency.cjs',
);
const extensionsFor = (wanted: unknown) =>
  extend({ resolveConfigurationProperty: async () => wanted });

describe('reserved concurrency', () => {
  it('is in no function by default, where 0 would mean never', () => {
    const functions = resourcesOf('AWS::Lambda::Function');

    expect(functions.length).toBeGreaterThan(reserved.length);
    for (const [, { Properties }] of functions)
      expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  it('is kept for what takes traffic back, as many as the parameter says', async () => {
    const { resources } = await configuredWith({ reservedConcurrency: '5' });
    const { extensions } = resources as unknown as Answer;
    const found = Object.entries(extensions).flatMap(([name, { Properties }]) =>
      'ReservedConcurrentExecutions' in Properties
        ? [[name, Properties.ReservedConcurrentExecutions]]
        : [],
    );

    expect(found.toSorted()).toEqual(reserved.map((name) => [logicalFunction(name), 5]).toSorted());
    for (const name of reserved)
      expect(resourcesOf('AWS::Lambda::Function').map(([id]) => id)).toContain(
        logicalFunction(name),
      );
  }, 60_000);

  it('is asked for by a number or not at all', async () => {
    expect(await extensionsFor('none')).toEqual({ extensions: {} });
    expect(Object.keys((await extensionsFor(7)).extensions)).toHaveLength(reserved.length);
    for (const wrong of ['0', 0, '-1', 'lots', null, '1.5'])
      await expect(extensionsFor(wrong)).rejects.toThrow(/it needs a number from 1, or none/);
  });
});
