import type { Context } from 'hono';
import { VerdigrisError } from '../../release/errors.ts';
import {
  listReleasesSchema,
  type ReleasesAnswer,
  reasonSchema,
  releaseIdSchema,
  resumeSchema,
  startReleaseSchema,
} from '../api.ts';
import type { App, AppEnv } from '../app.ts';
import type { Operations } from '../operations.ts';
import { presentApproval, presentRelease } from '../present.ts';
import { parseJsonBody } from '../request-body.ts';
import { validate } from '../validate.ts';
import { rawBody } from './raw-body.ts';

/** Releases: start, look, decide. */
export function addReleaseRoutes(app: App, operations: Operations): void {
  addLookRoutes(app, operations);
  addDecisionRoutes(app, operations);

  app.post('/api/releases', async (c) => {
    const request = validate(startReleaseSchema, parseJsonBody(await rawBody(c)), 'body');
    const status = await operations.startRelease({ ...request, by: c.get('principal').actor });
    return c.json(status, 201, { Location: `/api/releases/${status.releaseId}` });
  });
}

function addLookRoutes(app: App, operations: Operations): void {
  app.get('/api/releases', async (c) => {
    const { service, limit } = validate(listReleasesSchema, c.req.query(), 'query');
    const records = await operations.listReleases({ limit, ...(service ? { service } : {}) });
    return c.json<ReleasesAnswer>({ releases: records.map(presentRelease) });
  });

  app.get('/api/releases/:id', async (c) => {
    return c.json(await operations.getRelease(releaseId(c)));
  });
}

function addDecisionRoutes(app: App, operations: Operations): void {
  app.post('/api/releases/:id/approve', async (c) => {
    const { id, by, reason } = await decision(c);
    return c.json(presentApproval(await operations.approve(id, by, reason)));
  });

  app.post('/api/releases/:id/reject', async (c) => {
    const { id, by, reason } = await decision(c);
    return c.json(presentApproval(await operations.reject(id, by, reason)));
  });

  app.post('/api/releases/:id/rollback', async (c) => {
    const { id, by, reason } = await decision(c);
    return c.json(await operations.rollback(id, by, reason));
  });

  app.post('/api/releases/:id/resume', async (c) => {
    const id = releaseId(c);
    const body = validate(resumeSchema, parseJsonBody(await rawBody(c)), 'body');
    const by = c.get('principal').actor;
    return c.json(await operations.resume(id, body.decision, by, body.reason ?? null));
  });
}

/** Which release, who decides, and why. */
async function decision(c: Context<AppEnv>) {
  const id = releaseId(c);
  const { reason } = validate(reasonSchema, parseJsonBody(await rawBody(c)), 'body');
  return { id, by: c.get('principal').actor, reason: reason ?? null };
}

/** @throws ReleaseUnknownError for what cannot be a release's id, without asking anybody. */
function releaseId(c: Context): string {
  const id = c.req.param('id') ?? '';
  if (releaseIdSchema.safeParse(id).success) return id;
  throw new VerdigrisError('ReleaseUnknownError', `there is no release "${id.slice(0, 80)}"`);
}
