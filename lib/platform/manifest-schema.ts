import { z } from 'zod';
import type { JsonObject } from '../release/json.ts';
import { createManifestSchema } from '../release/manifest.ts';
import { manifestKinds } from './kinds.ts';

/** The manifest's JSON schema (draft 2020-12), for editors and for `verdigris schema`. */
export function manifestJsonSchema(): JsonObject {
  const schema = createManifestSchema(manifestKinds);
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { title: 'Verdigris manifest', ...json } as unknown as JsonObject;
}
