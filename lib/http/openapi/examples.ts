/** A request body, and what a success answers, for each operation that takes one. */
export interface OperationExamples {
  body?: unknown;
  answer?: unknown;
}

const at = '2026-03-01T12:00:00.000Z';

const environment = (version: string) => ({
  id: `storefront-${version}`,
  kind: 'lambda-version',
  version,
  address: null,
  attributes: { functionVersion: version.slice(1) },
});

const status = {
  releaseId: 'storefront-v2-4f1c9a2e',
  service: 'storefront',
  version: 'v2',
  phase: 'watching',
  outcome: null,
  reason: null,
  requestedBy: 'grace',
  blue: environment('v1'),
  green: environment('v2'),
  breach: null,
  traffic: { 'storefront-v2': 100 },
  timings: { cutoverMs: 8400, detectToRestoredMs: null, totalMs: null },
  verification: {
    asked: 8,
    passed: 7,
    warned: 1,
    failed: 0,
    passRate: 87.5,
    observabilityCoverage: 100,
  },
  watch: { startedAt: at, endsAt: '2026-03-01T12:30:00.000Z' },
  events: [
    {
      id: 'storefront-v2-4f1c9a2e#requested',
      type: 'Release Requested',
      releaseId: 'storefront-v2-4f1c9a2e',
      service: 'storefront',
      at,
      by: 'grace',
      summary: 'storefront v2 from s3://artifacts/storefront/v2.zip',
      data: {},
    },
  ],
};

const manifest = {
  service: 'storefront',
  owner: 'team-web',
  environment: { kind: 'lambda-version', functionName: 'storefront' },
  router: { kind: 'lambda-alias', functionName: 'storefront', alias: 'live' },
  checks: [{ kind: 'lambda-invoke', functionName: 'storefront', critical: true }],
};

const approval = {
  releaseId: status.releaseId,
  requiredCount: 2,
  requestedAt: at,
  expiresAt: '2026-03-01T14:00:00.000Z',
  barred: null,
  state: 'open',
  decisions: [{ by: 'grace', decision: 'approve', reason: 'looked at it', at }],
};

const token = {
  id: '4f1c9a2e7b30',
  name: 'ci-storefront',
  grants: [{ role: 'releaser', services: ['storefront'] }],
  createdBy: 'grace',
  createdAt: at,
  expiresAt: '2026-05-30T12:00:00.000Z',
  revokedAt: null,
  revokedBy: null,
};

const freeze = { scope: 'storefront', reason: 'sale until Monday', by: 'grace', at };

const exampleBudget = {
  availabilityPercent: 99.9,
  windowSeconds: 2_419_200,
  leftPercent: 81.4,
  knownPercent: 100,
  requests: 24_192_000,
  errors: 4500,
  slow: 0,
  burnRate: 0.2,
  lastRelease: {
    releaseId: 'storefront-v2-3f9a1c2e',
    burntPercent: 3.1,
    requests: 36_000,
    errors: 750,
    slow: 0,
  },
  stops: null,
  recoversAt: null,
};

/** Examples by the id of the operation. A test holds each to its schema. */
export const examples: Record<string, OperationExamples> = {
  listServices: {
    answer: {
      services: [
        {
          service: 'storefront',
          owner: 'team-web',
          traffic: { 'storefront-v2': 100 },
          liveVersion: 'v2',
          releaseId: null,
          frozen: null,
          errorBudget: exampleBudget,
        },
      ],
    },
  },
  applyManifest: {
    body: manifest,
    answer: { service: 'storefront', revision: 1, updatedAt: at, updatedBy: 'grace' },
  },
  validateManifest: {
    body: manifest,
    answer: { isValid: false, issues: [{ path: 'retain', reason: 'needs its unit, such as 24h' }] },
  },
  listChecks: {
    answer: {
      service: 'storefront',
      checks: [{ name: 'health', kind: 'http', isCritical: true, timeoutSeconds: 10 }],
    },
  },
  runCheck: {
    body: { check: 'health' },
    answer: {
      service: 'storefront',
      check: 'health',
      kind: 'http',
      isCritical: true,
      isPreflight: false,
      verdict: 'pass',
      summary: 'GET /healthz answered 200 in 4 ms',
      evidence: { status: 200, latencyMs: 4 },
      retryAfterSeconds: null,
      releaseId: status.releaseId,
      blue: status.blue,
      green: status.green,
      tookMs: 12,
    },
  },
  rollbackService: { body: { reason: 'checkout is slow' }, answer: status },
  startRelease: {
    body: {
      service: 'storefront',
      artifact: { uri: 's3://artifacts/storefront/v2.zip', version: 'v2' },
    },
    answer: status,
  },
  getRelease: { answer: status },
  approveRelease: { body: { reason: 'looked at it' }, answer: approval },
  rejectRelease: {
    body: { reason: 'not on a Friday' },
    answer: {
      ...approval,
      state: 'rejected',
      decisions: [{ by: 'grace', decision: 'reject', reason: 'not on a Friday', at }],
    },
  },
  rollbackRelease: { body: { reason: 'checkout is slow' }, answer: status },
  resumeRelease: { body: { decision: 'rollback', reason: 'not worth it' }, answer: status },
  listFreezes: { answer: { freezes: [freeze] } },
  freeze: { body: { reason: 'sale until Monday' }, answer: freeze },
  listTokens: { answer: { tokens: [token] } },
  createToken: {
    body: { name: token.name, grants: token.grants, expiresIn: '90d' },
    answer: { ...token, token: 'vgt_4f1c9a2e7b30_…' },
  },
  revokeToken: { answer: { ...token, revokedAt: at, revokedBy: 'grace' } },
  unfreeze: { answer: { scope: 'storefront', lifted: true } },
};
