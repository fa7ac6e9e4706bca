import { z } from 'zod';

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
});

/** What is released: `{uri, version, digest?}`. */
export type Artifact = z.output<typeof artifactSchema>;
