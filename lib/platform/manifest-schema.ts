import { z } from 'zod';
import type { JsonObject } from '../release/json.ts';
import { createManifestSchema, parseManifest } from '../release/manifest.ts';
import { manifestKinds } from './kinds.ts';

/** The manifest's JSON schema (draft 2020-12), for editors and for `verdigris schema`. */
export function manifestJsonSchema(): JsonObject {
  const schema = createManifestSchema(manifestKinds);
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { title: 'Verdigris manifest', ...json } as unknown as JsonObject;
}

/**
 * Looks through a manifest without a conductor, and gives its service's name. Whether a platform has
 * what a kind needs only a conductor can say.
 * @throws ManifestInvalidError with everything that is wrong.
 */
export function validateManifest(source: unknown): string {
  return parseManifest(source, manifestKinds).service;
}
