import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { JsonObject } from '../../release/json.ts';
import { apiRoutes } from '../routes/index.ts';
import { webhookDoors, webhookSecurity } from '../webhooks/describe.ts';
import { doors } from './doors.ts';
import { operationOf } from './operation.ts';
import { securitySchemes } from './security.ts';

/** What the document says besides the routes. */
export interface DocumentFacts {
  /** Of Verdigris. */
  version: string;
  /** The manifest's JSON schema: the body of `PUT /api/services/{service}`. */
  manifestSchema: JsonObject;
}

const tags = [
  { name: 'services', description: 'Services, their manifests and their health' },
  { name: 'releases', description: 'Releases: start, look, decide' },
  { name: 'freezes', description: 'Times in which no release may start' },
  { name: 'tokens', description: 'Tokens of machines' },
  { name: 'session', description: 'Who is asking' },
  { name: 'webhooks', description: 'What others tell, signed' },
  { name: 'conductor', description: 'The conductor itself' },
];

/**
 * The OpenAPI 3.1 document of the API, written from the routes and from the schemas that check what
 * comes in. Nothing of it is secret.
 */
export function createApiDocument({ version, manifestSchema }: DocumentFacts): JsonObject {
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Verdigris',
      version,
      summary: 'A blue/green release conductor',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags,
    paths: { ...doors, ...paths(), ...webhookDoors },
    components: {
      schemas: manifestComponents(manifestSchema),
      securitySchemes: { ...securitySchemes, ...webhookSecurity },
    },
  });
  // Without the keys that are undefined, as whoever reads it sees it.
  return JSON.parse(JSON.stringify(document));
}

/** A JSON schema as components of the document: what it defines for itself gets a place of its own. */
function manifestComponents(schema: JsonObject): Record<string, JsonObject> {
  const text = JSON.stringify(schema)
    .replaceAll('"#/$defs/', '"#/components/schemas/')
    .replaceAll('__schema', 'ManifestJson');
  const { $schema: _dialect, $defs = {}, ...Manifest } = JSON.parse(text);
  return { Manifest, ...$defs };
}

function paths(): ZodOpenApiPathsObject {
  const byPath = Object.groupBy(apiRoutes, ({ path }) => path);
  return Object.fromEntries(
    Object.entries(byPath).map(([path, routes = []]) => [
      path,
      Object.fromEntries(routes.map((route) => [route.method, operationOf(route)])),
    ]),
  );
}
