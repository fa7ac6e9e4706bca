import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import type { CheckKind } from './index.ts';
import { allowSchema } from './path-patterns.ts';

const schema = z.strictObject({
  kind: z.literal('parity'),
  ...checkBase,
  differences: z
    .enum(['fail', 'warn'])
    .default('fail')
    .describe('What a difference is that nobody allowed'),
  allow: allowSchema,
});

/** The manifest's part, read. */
export type ParityConfig = z.output<typeof schema>;

/** Whether green is made like blue: memory, time-outs, names of variables, layers, network and the rest. */
export const parityKind: CheckKind = {
  kind: 'parity',
  schema,
  async create(config) {
    const { createParityCheck } = await import('./parity/check.ts');
    return createParityCheck(schema.parse(config));
  },
};
