import { z } from 'zod';
import type { JsonObject } from './json.ts';

/** So many bytes travel in the document's artifact, green and, later, blue. */
const handedOverLimitBytes = 4096;

/** A green that somebody else has made, as an artifact's event hands it over. */
export const handedOver = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'needs 1 to 128 of A-Z a-z 0-9 . _ : / -')
    .describe('What the router calls it; unique within the service'),
  address: z.url().max(2048).optional().describe('Where checks reach it directly'),
  attributes: z
    .record(z.string().min(1).max(64), z.string().min(1).max(1024))
    .refine((given) => Object.keys(given).length <= 20, 'has more than 20 entries')
    .refine(
      (given) => JSON.stringify(given).length <= handedOverLimitBytes,
      `has more than ${handedOverLimitBytes} bytes as JSON`,
    )
    .optional()
    .describe('Identifiers that the router needs, such as targetGroupArn'),
});

/** What is released. `digest` is `sha256:` and 64 hex digits where it is known. */
export const artifactSchema = z.strictObject({
  uri: z.string().min(1).max(2048).describe('Where the artifact is: a path, file:, s3: or ECR URI'),
  version: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/, 'needs 1 to 64 of A-Z a-z 0-9 . _ + -')
    .describe('The version as people know it'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'needs sha256: and 64 hex digits')
    .optional()
    .describe('sha256 of the artifact, checked before it is used'),
  environment: handedOver
    .optional()
    .describe('For environments of kind prebuilt: what was made, and how to reach it'),
});

/** What is released: `{uri, version, digest?}`. */
export type Artifact = z.output<typeof artifactSchema>;

/** An artifact as an event's data shows it. */
export function artifactJson({ uri, version, digest, environment }: Artifact): JsonObject {
  const { id = null, address = null } = environment ?? {};
  return {
    uri,
    version,
    digest: digest ?? null,
    ...(environment && { environment: { id, address } }),
  };
}
