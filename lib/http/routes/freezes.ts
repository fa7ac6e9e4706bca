import {
  type FreezesAnswer,
  freezeSchema,
  freezeScopeSchema,
  type UnfreezeAnswer,
} from '../api.ts';
import type { App } from '../app.ts';
import type { Operations } from '../operations.ts';
import { parseJsonBody } from '../request-body.ts';
import { validate } from '../validate.ts';
import { rawBody } from './raw-body.ts';

/** Freezes: times in which no release may start. */
export function addFreezeRoutes(app: App, operations: Operations): void {
  app.get('/api/freezes', async (c) => {
    return c.json<FreezesAnswer>({ freezes: await operations.listFreezes() });
  });

  app.put('/api/freezes/:scope', async (c) => {
    const scope = validate(freezeScopeSchema, c.req.param('scope'), 'scope');
    const { reason } = validate(freezeSchema, parseJsonBody(await rawBody(c)), 'body');
    return c.json(await operations.freeze(scope, reason, c.get('principal').actor));
  });

  app.delete('/api/freezes/:scope', async (c) => {
    const scope = validate(freezeScopeSchema, c.req.param('scope'), 'scope');
    const lifted = await operations.unfreeze(scope, c.get('principal').actor);
    return c.json<UnfreezeAnswer>({ scope, lifted });
  });
}
