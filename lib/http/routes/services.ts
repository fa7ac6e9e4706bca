import { VerdigrisError } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import { reasonSchema, repairSchema, type ServicesAnswer, serviceNameSchema } from '../api.ts';
import type { App } from '../app.ts';
import type { Operations } from '../operations.ts';
import { presentManifest } from '../present.ts';
import { parseJsonBody } from '../request-body.ts';
import { validate } from '../validate.ts';
import { rawBody } from './raw-body.ts';

/** Services and their manifests. */
export function addServiceRoutes(app: App, operations: Operations): void {
  app.get('/api/services', async (c) => {
    return c.json<ServicesAnswer>({ services: await operations.listServices() });
  });

  app.put('/api/services/:service', async (c) => {
    const service = validate(serviceNameSchema, c.req.param('service'), 'service');
    const source = requireObject(parseJsonBody(await rawBody(c)));
    const { actor } = c.get('principal');
    return c.json(presentManifest(await operations.applyManifest(service, source, actor)));
  });

  app.get('/api/services/:service/diagnosis', async (c) => {
    return c.json(await operations.diagnose(knownService(c.req.param('service'))));
  });

  app.post('/api/services/:service/repair', async (c) => {
    const service = knownService(c.req.param('service'));
    validate(repairSchema, parseJsonBody(await rawBody(c)), 'body');
    return c.json(await operations.repair(service, c.get('principal').actor));
  });

  app.post('/api/services/:service/rollback', async (c) => {
    const service = knownService(c.req.param('service'));
    const { reason } = validate(reasonSchema, parseJsonBody(await rawBody(c)), 'body');
    const { actor } = c.get('principal');
    return c.json(await operations.rollbackService(service, actor, reason ?? null));
  });
}

function knownService(name: string): string {
  if (serviceNameSchema.safeParse(name).success) return name;
  throw new VerdigrisError('ServiceUnknownError', `there is no service "${name.slice(0, 40)}"`);
}

function requireObject(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new VerdigrisError('ManifestInvalidError', 'manifest: needs an object with keys');
}
