import { VerdigrisError } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import {
  type ChecksAnswer,
  manifestBodySchema,
  manifestDraftSchema,
  reasonSchema,
  repairSchema,
  runCheckSchema,
  type ServicesAnswer,
  type StoredManifestAnswer,
  serviceNameSchema,
  type ValidationAnswer,
} from '../api.ts';
import { presentManifest } from '../present.ts';
import { type AnyRoute, type Call, defineRoute } from '../route.ts';
import { validate } from '../validate.ts';
import { serviceOf } from './concerning.ts';

/** Services and their manifests. */
export const serviceRoutes: readonly AnyRoute[] = [
  defineRoute({
    method: 'get',
    path: '/api/services',
    id: 'listServices',
    summary: 'Every service: what is live, what is being released, what is frozen',
    access: { permission: 'read', of: 'some' },
    answer: 'Services',
    async handle({ operations, can }) {
      const services = await operations.listServices();
      const body: ServicesAnswer = {
        services: services.filter(({ service }) => can('read', service)),
      };
      return { body };
    },
  }),
  defineRoute({
    method: 'put',
    path: '/api/services/{service}',
    id: 'applyManifest',
    summary: 'Bring a service in, or change how it is released',
    access: { permission: 'operate', of: namedService },
    body: manifestBodySchema,
    answer: 'Manifest',
    errors: ['ManifestInvalidError', 'KindUnavailableError', 'PortInUseError'],
    async handle({ params, body, principal, operations }) {
      const service = namedService({ params });
      const { actor } = principal;
      const stored = await operations.applyManifest(service, requireObject(body), actor);
      return { body: presentManifest(stored) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/services/{service}/manifest',
    id: 'getManifest',
    summary: 'How a service is released: its manifest as it was applied',
    access: { permission: 'read', of: serviceOf },
    answer: 'StoredManifest',
    errors: ['ServiceUnknownError'],
    handle: async (call) => ({
      body: (await call.operations.getManifest(serviceOf(call))) satisfies StoredManifestAnswer,
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/services/{service}/validate',
    id: 'validateManifest',
    summary: 'What is wrong with a manifest, without applying it',
    access: { permission: 'read', of: namedService },
    body: manifestDraftSchema,
    answer: 'Validation',
    errors: ['ManifestInvalidError'],
    async handle({ params, body, operations }) {
      const source = requireObject(body);
      const issues = await operations.validateManifest(namedService({ params }), source);
      return { body: { isValid: issues.length === 0, issues } satisfies ValidationAnswer };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/services/{service}/checks',
    id: 'listChecks',
    summary: 'The checks that a service asks for',
    access: { permission: 'read', of: serviceOf },
    answer: 'Checks',
    errors: ['ServiceUnknownError', 'ManifestInvalidError'],
    async handle(call) {
      const service = serviceOf(call);
      const checks = await call.operations.listChecks(service);
      return { body: { service, checks } satisfies ChecksAnswer };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/services/{service}/checks',
    id: 'runCheck',
    summary: 'Run one of them now, on a running release, on what is live, or as a preflight',
    access: { permission: 'release', of: serviceOf },
    body: runCheckSchema,
    answer: 'CheckRun',
    errors: [
      'ServiceUnknownError',
      'CheckUnknownError',
      'ManifestInvalidError',
      'KindUnavailableError',
      'ReleaseStateError',
      'RouterUnavailableError',
    ],
    async handle(call) {
      const { check, preflight, artifact, waitedSeconds } = call.body;
      const service = serviceOf(call);
      const request = {
        service,
        check,
        isPreflight: preflight,
        artifact: artifact ?? null,
        waitedSeconds,
      };
      return { body: await call.operations.runCheck(request) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/services/{service}/diagnosis',
    id: 'diagnoseService',
    summary: 'What is wrong with a service, and how route, ledger and executions stand',
    access: { permission: 'read', of: serviceOf },
    answer: 'Diagnosis',
    errors: ['ServiceUnknownError'],
    handle: async (call) => ({ body: await call.operations.diagnose(serviceOf(call)) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/services/{service}/repair',
    id: 'repairService',
    summary: 'Mend what is safe of it',
    access: { permission: 'operate', of: serviceOf },
    body: repairSchema,
    answer: 'Repair',
    errors: ['ServiceUnknownError'],
    handle: async (call) => ({
      body: await call.operations.repair(serviceOf(call), call.principal.actor),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/services/{service}/rollback',
    id: 'rollbackService',
    summary: 'Undo whatever is being released or was released last',
    access: { permission: 'release', of: serviceOf },
    body: reasonSchema,
    answer: 'ReleaseStatus',
    errors: [
      'ServiceUnknownError',
      'NothingToRollBackError',
      'ReleaseInProgressError',
      'ReleaseStateError',
      'RouteConflictError',
    ],
    async handle(call) {
      const { operations, principal, body } = call;
      const reason = body.reason ?? null;
      return { body: await operations.rollbackService(serviceOf(call), principal.actor, reason) };
    },
  }),
];

/** @throws RequestInvalidError, since a manifest may bring in a service that nobody knows yet. */
function namedService({ params }: Pick<Call<unknown, unknown>, 'params'>): string {
  return validate(serviceNameSchema, params.service, 'service');
}

function requireObject(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new VerdigrisError('ManifestInvalidError', 'manifest: needs an object with keys');
}
