import type { z } from 'zod';
import type { ReleaseRecord } from '../../ledger/ledger.ts';
import { servicesAllowed } from '../../release/access.ts';
import {
  listReleasesSchema,
  type ReleasesAnswer,
  type ReviewAnswer,
  reasonSchema,
  resumeSchema,
  startReleaseSchema,
} from '../api.ts';
import { forbidden } from '../forbidden.ts';
import { presentApproval, presentRelease } from '../present.ts';
import { type AnyRoute, type Call, defineRoute } from '../route.ts';
import { releaseOf, serviceOfRelease } from './concerning.ts';

/** Releases: start and look. */
const startAndLook: readonly AnyRoute[] = [
  defineRoute({
    method: 'get',
    path: '/api/releases',
    id: 'listReleases',
    summary: 'Releases, newest first',
    access: { permission: 'read', of: 'some' },
    query: listReleasesSchema,
    answer: 'Releases',
    async handle(call) {
      const records = await listVisible(call);
      return { body: { releases: records.map(presentRelease) } satisfies ReleasesAnswer };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/releases',
    id: 'startRelease',
    summary: 'Release an artifact',
    access: { permission: 'release', of: ({ body }) => body.service },
    body: startReleaseSchema,
    answer: 'ReleaseStatus',
    status: 201,
    headers: { Location: 'Where the release can be seen' },
    errors: [
      'ServiceUnknownError',
      'ReleaseInProgressError',
      'ReleaseFrozenError',
      'ArtifactInvalidError',
      'ManifestInvalidError',
      'KindUnavailableError',
    ],
    async handle({ body, principal, operations }) {
      const status = await operations.startRelease({ ...body, by: principal.actor });
      const Location = `/api/releases/${status.releaseId}`;
      return { status: 201, body: status, headers: { Location } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/releases/{id}',
    id: 'getRelease',
    summary: 'One release, with its events and the live traffic',
    access: { permission: 'read', of: serviceOfRelease },
    answer: 'ReleaseStatus',
    errors: ['ReleaseUnknownError'],
    handle: async (call) => ({ body: await call.operations.getRelease(releaseOf(call)) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/releases/{id}/metrics',
    id: 'measureRelease',
    summary: 'Blue and green of a release side by side, with the moments that matter',
    access: { permission: 'read', of: serviceOfRelease },
    answer: 'ReleaseMetrics',
    errors: ['ReleaseUnknownError'],
    handle: async (call) => ({ body: await call.operations.measureRelease(releaseOf(call)) }),
  }),
];

/** Releases: what people decide about them. */
const decisions: readonly AnyRoute[] = [
  defineRoute({
    method: 'get',
    path: '/api/releases/{id}/review',
    id: 'reviewRelease',
    summary: 'What an approver has to know: what changed, what was checked, who asked',
    access: { permission: 'read', of: serviceOfRelease },
    answer: 'Review',
    errors: ['ReleaseUnknownError'],
    async handle(call) {
      const found = await call.operations.review(releaseOf(call), call.principal.actor);
      if (call.can('approve', found.service)) return { body: found satisfies ReviewAnswer };
      const whyNot = `it needs the role approver or operator for ${found.service}`;
      return {
        body: { ...found, canDecide: false, canReject: false, whyNot } satisfies ReviewAnswer,
      };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/releases/{id}/approve',
    id: 'approveRelease',
    summary: 'Say yes to a release that waits for people',
    access: { permission: 'approve', of: serviceOfRelease },
    body: reasonSchema,
    answer: 'Approval',
    errors: [
      'ReleaseUnknownError',
      'ReleaseStateError',
      'ApprovalClosedError',
      'SeparateDutiesError',
    ],
    async handle(call) {
      const { body, principal, operations } = call;
      const reason = body.reason ?? null;
      const approval = await operations.approve(releaseOf(call), principal.actor, reason);
      return { body: presentApproval(approval) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/releases/{id}/reject',
    id: 'rejectRelease',
    summary: 'Say no to a release that waits for people',
    access: { permission: 'approve', of: serviceOfRelease },
    body: reasonSchema,
    answer: 'Approval',
    errors: ['ReleaseUnknownError', 'ReleaseStateError', 'ApprovalClosedError'],
    async handle(call) {
      const { body, principal, operations } = call;
      const reason = body.reason ?? null;
      const approval = await operations.reject(releaseOf(call), principal.actor, reason);
      return { body: presentApproval(approval) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/releases/{id}/rollback',
    id: 'rollbackRelease',
    summary: 'Put traffic back on blue',
    access: { permission: 'release', of: serviceOfRelease },
    body: reasonSchema,
    answer: 'ReleaseStatus',
    errors: [
      'ReleaseUnknownError',
      'NothingToRollBackError',
      'ReleaseInProgressError',
      'ReleaseStateError',
      'RouteConflictError',
    ],
    async handle(call) {
      const { body, principal, operations } = call;
      const reason = body.reason ?? null;
      return { body: await operations.rollback(releaseOf(call), principal.actor, reason) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/releases/{id}/hold',
    id: 'holdRelease',
    summary: 'Freeze traffic where it is, until somebody resumes the release',
    access: { permission: 'operate', of: serviceOfRelease },
    body: reasonSchema,
    answer: 'ReleaseStatus',
    errors: ['ReleaseUnknownError', 'ReleaseStateError'],
    async handle(call) {
      const { body, principal, operations } = call;
      const reason = body.reason ?? null;
      return { body: await operations.hold(releaseOf(call), principal.actor, reason) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/releases/{id}/resume',
    id: 'resumeRelease',
    summary: 'End a hold, either way',
    access: { permission: 'operate', of: serviceOfRelease },
    body: resumeSchema,
    answer: 'ReleaseStatus',
    errors: ['ReleaseUnknownError', 'ReleaseStateError', 'ReleaseInProgressError'],
    async handle(call) {
      const { body, principal, operations } = call;
      const { decision, reason = null } = body;
      return {
        body: await operations.resume(releaseOf(call), decision, principal.actor, reason),
      };
    },
  }),
];

type ListCall = Call<unknown, z.output<typeof listReleasesSchema>>;

/**
 * As many as were asked for, of the services that the caller may read: with a look at each of them
 * where those are not all, since what others release must not crowd theirs out.
 * @throws ForbiddenError for a service that they may not read.
 */
async function listVisible(call: ListCall): Promise<ReleaseRecord[]> {
  const { query, operations, principal, can } = call;
  const { service, limit } = query;
  if (service && !can('read', service)) throw forbidden(call, 'read', service);
  const services = servicesAllowed(principal.grants, 'read');
  if (service || services === '*') {
    return operations.listReleases({ limit, ...(service ? { service } : {}) });
  }
  const lists = await Promise.all(
    services.map((it) => operations.listReleases({ service: it, limit })),
  );
  return lists
    .flat()
    .toSorted((one, other) => (one.requestedAt < other.requestedAt ? 1 : -1))
    .slice(0, limit);
}

/** Releases: start, look, decide. */
export const releaseRoutes: readonly AnyRoute[] = [...startAndLook, ...decisions];
