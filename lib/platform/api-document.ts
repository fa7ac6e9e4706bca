import { createApiDocument } from '../http/openapi/document.ts';
import type { JsonObject } from '../release/json.ts';
import { manifestJsonSchema } from './manifest-schema.ts';
import { version } from './version.ts';

/** The OpenAPI document as the conductor of this version serves it. */
export function apiDocument(): JsonObject {
  return createApiDocument({ version, manifestSchema: manifestJsonSchema() });
}
