/** What the shop promises whoever uses it, as an OpenAPI document. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const openapi = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi.json'), 'utf8'));
