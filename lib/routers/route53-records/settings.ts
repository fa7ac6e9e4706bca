import { z } from 'zod';
import { atMost } from '../../release/quantities.ts';

/** Types of records that lead somewhere. */
export const recordTypes = ['A', 'AAAA', 'CNAME'] as const;
export type RecordType = (typeof recordTypes)[number];

const wholeTtl = atMost('2d').refine(
  (seconds) => Number.isInteger(seconds) && seconds >= 1,
  'needs whole seconds, 1s at least',
);

/** The router's part of the manifest. */
export const schema = z
  .strictObject({
    kind: z.literal('route53-records'),
    hostedZoneId: z
      .string()
      .regex(/^[A-Z0-9]{1,32}$/, 'needs the id of a hosted zone, such as Z0123456789ABC')
      .describe('The hosted zone in which the records are'),
    name: z
      .string()
      .max(240)
      .regex(
        /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$/,
        'needs a whole name in lower case without a dot at its end, such as shop.example.com',
      )
      .describe('What users ask for; `_verdigris.` before it is the name of the marker'),
    types: z
      .array(z.enum(recordTypes))
      .min(1)
      .max(2)
      .default(['A'])
      .refine((types) => new Set(types).size === types.length, 'names a type twice')
      .refine(
        (types) => types.length === 1 || !types.includes('CNAME'),
        'has a CNAME beside another type, which DNS does not allow',
      )
      .describe('Types of the records, changed in one batch: A, A and AAAA, or CNAME'),
    mode: z
      .enum(['weighted', 'single'])
      .default('weighted')
      .describe('A weighted record set for each side, or one record that is swapped'),
    ttl: wholeTtl
      .prefault('60s')
      .describe('How long resolvers keep an answer; an alias has 60s, whatever is said here'),
    lowerTtlTo: wholeTtl
      .optional()
      .describe('The TTL while a release shifts, lowered and waited for before its first shift'),
    evaluateTargetHealth: z
      .boolean()
      .default(false)
      .describe('Whether Route 53 passes over an alias whose target it finds unhealthy'),
    healthChecks: z
      .enum(['both', 'green', 'none'])
      .default('both')
      .describe('Whose Route 53 health checks must be healthy before a shift'),
  })
  .refine(({ ttl, lowerTtlTo }) => lowerTtlTo === undefined || lowerTtlTo < ttl, {
    path: ['lowerTtlTo'],
    message: 'is not lower than ttl',
  });

/** The router's part of the manifest, read. */
export type Settings = z.infer<typeof schema>;

/** The name of the marker's TXT record. */
export function markerNameOf({ name }: Pick<Settings, 'name'>): string {
  return `_verdigris.${name}`;
}
