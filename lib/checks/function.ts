import { z } from 'zod';
import { commandWords } from '../release/command.ts';
import { awsOnly, localOnly } from '../release/kind.ts';
import { checkBase } from '../release/manifest.ts';
import { outboundUrl } from '../release/outbound-url.ts';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import type { CheckKind } from './index.ts';

const schema = z
  .strictObject({
    kind: z.literal('function'),
    ...checkBase,
    functionName: z
      .string()
      .regex(
        /^[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_-]{1,128})?$/,
        'needs the name of a function such as storefront-rules, or one with an alias or version: storefront-rules:live',
      )
      .optional()
      .describe('A Lambda function that gives the verdict; on AWS only'),
    url: outboundUrl.optional().describe('A webhook that gives the verdict; asked by POST'),
    secret: z
      .string()
      .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -')
      .refine(isForOthers, notForOthers)
      .optional()
      .describe('Of `url`: the name of the secret with which requests are signed'),
    command: commandWords
      .optional()
      .describe('A program of this machine that gives the verdict, without a shell; not on AWS'),
    preflight: z
      .boolean()
      .default(false)
      .describe('Ask before green is provisioned, too: then `green` is null'),
  })
  .refine(hasOne, { error: 'needs one of functionName, url and command', path: ['functionName'] })
  .refine(({ url, secret }) => (url === undefined) === (secret === undefined), {
    error: 'is needed with url, and with nothing else',
    path: ['secret'],
  });

/** Its part of a manifest, as validated. */
export type FunctionCheckConfig = z.output<typeof schema>;

function hasOne(config: { functionName?: unknown; url?: unknown; command?: unknown }): boolean {
  const named = [config.functionName, config.url, config.command];
  return named.filter((one) => one !== undefined).length === 1;
}

/** A verdict of somebody's own: a function, a webhook or a command. */
export const functionKind: CheckKind = {
  kind: 'function',
  schema,
  async create(config, { timers, clock, lambda, baseDirectory }) {
    const check = schema.parse(config);
    if (check.functionName !== undefined && !lambda)
      throw awsOnly('check', 'function with functionName');
    if (check.command !== undefined && baseDirectory === undefined)
      throw localOnly('check', 'function with command');
    const { createFunctionCheck } = await import('./function/check.ts');
    return createFunctionCheck(check, { timers, clock, lambda, baseDirectory });
  },
};
