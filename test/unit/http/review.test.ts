import { describe, expect, it } from 'vitest';
import type { ReviewAnswer } from '../../../lib/http/api.ts';
import { createApp } from '../../../lib/http/app.ts';
import type { Grant } from '../../../lib/release/access.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { jsonOf } from '../../support/api-server.ts';
import { createFakeOperations, fixtureReview } from '../../support/fakes/operations.ts';

async function review(grants: Grant[], path = '/api/releases/rel1/review') {
  const operations = createFakeOperations();
  const principal = { actor: 'bob', via: 'oidc' as const, grants };
  const app = createApp({
    ...{ operations, log: silentLogger, version: '0', manifestSchema: () => ({}) },
    authenticate: () => principal,
  });
  return { operations, answer: await app.request(path) };
}

describe('GET /api/releases/{id}/review', () => {
  it('shows an approver what they decide on, in their name', async () => {
    const { operations, answer } = await review([{ role: 'approver', services: ['storefront'] }]);
    expect(await answer.json()).toEqual(fixtureReview());
    expect(operations.calls).toContainEqual(['review', 'rel1', 'bob']);
  });

  it('shows a viewer the same, and that they cannot decide', async () => {
    const { answer } = await review([{ role: 'viewer', services: '*' }]);
    const body = await jsonOf<ReviewAnswer>(answer);
    expect(body).toMatchObject({
      canDecide: false,
      canReject: false,
      whyNot: 'it needs the role approver or operator for storefront',
    });
    expect(body.changes).toEqual(fixtureReview().changes);
  });

  it('is not for who may see other services only', async () => {
    const { answer } = await review([{ role: 'approver', services: ['checkout'] }]);
    // As if it were not there.
    expect(answer.status).toBe(404);
  });

  it('knows no release that is not there', async () => {
    const { answer } = await review([{ role: 'viewer', services: '*' }], '/api/releases/x/review');
    expect(answer.status).toBe(404);
  });
});
