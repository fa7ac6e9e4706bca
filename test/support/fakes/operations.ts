import type { Operations, Review, ServiceStatus } from '../../../lib/http/operations.ts';
import type { ApiToken, Approval, Freeze, ReleaseRecord } from '../../../lib/ledger/ledger.ts';
import type { CheckRun } from '../../../lib/release/check-run.ts';
import type { Diagnosis, Finding } from '../../../lib/release/diagnosis.ts';
import { createDocument, type Outcome } from '../../../lib/release/document.ts';
import type { BudgetStatus } from '../../../lib/release/error-budget.ts';
import { type ErrorName, VerdigrisError } from '../../../lib/release/errors.ts';
import type { EventType, ReleaseEvent } from '../../../lib/release/events.ts';
import type { ReleaseStatus } from '../../../lib/release/status.ts';
import type { WebhookEntry } from '../../../lib/release/webhook.ts';

/** A moment to which every fixture is relative. */
export const fixtureStart = '2026-03-01T12:00:00.000Z';

/** ISO 8601, that many seconds after {@link fixtureStart}. */
export function fixtureTime(seconds: number): string {
  return new Date(Date.parse(fixtureStart) + seconds * 1000).toISOString();
}

/** An event of release `rel1` of `storefront`, that many seconds after the start. */
export function fixtureEvent(
  seconds: number,
  type: EventType,
  summary: string,
  by = 'conductor',
): ReleaseEvent {
  return {
    id: `rel1#${type}-${seconds}`,
    type,
    releaseId: 'rel1',
    service: 'storefront',
    at: fixtureTime(seconds),
    by,
    summary,
    data: {},
  };
}

/** A running release `rel1` of `storefront` v2 over v1, with what differs. */
export function fixtureStatus(differs: Partial<ReleaseStatus> = {}): ReleaseStatus {
  const environment = (version: string) => ({
    id: `storefront-${version}`,
    kind: 'process',
    version,
    address: null,
    attributes: {},
  });
  return {
    releaseId: 'rel1',
    service: 'storefront',
    version: 'v2',
    phase: 'provisioning',
    outcome: null,
    reason: null,
    requestedBy: 'ada',
    blue: environment('v1'),
    green: environment('v2'),
    traffic: { 'storefront-v1': 100 },
    timings: { cutoverMs: null, detectToRestoredMs: null, totalMs: null },
    verification: {
      asked: 0,
      passed: 0,
      warned: 0,
      failed: 0,
      passRate: null,
      observabilityCoverage: null,
    },
    breach: null,
    watch: null,
    events: [fixtureEvent(0, 'Release Requested', 'v2 was requested', 'ada')],
    ...differs,
  };
}

/** The same release after its end. */
export function endedStatus(outcome: Outcome, reason = 'because'): ReleaseStatus {
  return fixtureStatus({
    phase: 'ended',
    outcome,
    reason,
    timings: { cutoverMs: 700, detectToRestoredMs: null, totalMs: 31_000 },
  });
}

/** A service as a list shows it, with what differs. */
export function fixtureService(differs: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    service: 'storefront',
    owner: 'team-web',
    traffic: { 'storefront-v1': 100 },
    liveVersion: 'v1',
    releaseId: null,
    frozen: null,
    errorBudget: null,
    ...differs,
  };
}

/** An error budget of which much is left, with what differs. */
export function fixtureBudget(differs: Partial<BudgetStatus> = {}): BudgetStatus {
  const counts = { requests: 36_000, errors: 750, slow: 0 };
  return {
    availabilityPercent: 99.9,
    windowSeconds: 28 * 86_400,
    leftPercent: 81.4,
    knownPercent: 100,
    requests: 24_192_000,
    errors: 4500,
    slow: 0,
    burnRate: 0.2,
    lastRelease: { releaseId: 'rel1', burntPercent: 3.1, ...counts },
    stops: null,
    recoversAt: null,
    ...differs,
  };
}

/** A finding about `storefront`, with what differs. */
export function fixtureFinding(differs: Partial<Finding> = {}): Finding {
  return {
    kind: 'lock-stuck',
    state: 'fail',
    subject: 'storefront',
    detail: 'its lock is still held by rel1, which has ended (completed)',
    why: 'no release can start',
    mend: 'verdigris doctor --fix',
    isFixable: true,
    ...differs,
  };
}

/** A service that is well, with what differs. */
export function fixtureDiagnosis(differs: Partial<Diagnosis> = {}): Diagnosis {
  const live = { environmentId: 'storefront-v1', percent: 100, version: 'v1' };
  return {
    service: 'storefront',
    at: fixtureStart,
    findings: [],
    sides: {
      route: {
        weights: { 'storefront-v1': 100 },
        problem: null,
        live: [{ ...live, state: 'ready' }],
      },
      ledger: { lock: null, open: [], last: null },
      executions: [],
    },
    ...differs,
  };
}

/** What an approver sees of {@link fixtureStatus}, with what differs. */
export function fixtureReview(differs: Partial<Review> = {}): Review {
  return {
    releaseId: 'rel1',
    service: 'storefront',
    requestedBy: 'ada',
    requestedAt: fixtureStart,
    state: 'open',
    requiredCount: 1,
    separateDuties: false,
    expiresAt: fixtureTime(7200),
    decisions: [],
    canDecide: true,
    whyNot: null,
    canReject: true,
    comparedWith: 'rel0',
    artifact: {
      before: { uri: '/artifacts/v1', version: 'v1' },
      after: { uri: '/artifacts/v2', version: 'v2' },
    },
    changes: [{ path: 'watch.interval', before: '30s', after: '1m' }],
    checks: [{ name: 'http', verdict: 'pass', isCritical: true, summary: '200 in 12 ms' }],
    errorBudget: null,
    breach: null,
    ...differs,
  };
}

const fixtureCheck = { name: 'health', kind: 'http', isCritical: true, timeoutSeconds: 10 };

/** What came of the check `health` of `storefront`, with what differs. */
export function fixtureCheckRun(differs: Partial<CheckRun> = {}): CheckRun {
  const { blue, green, releaseId } = fixtureStatus();
  return {
    service: 'storefront',
    check: 'health',
    kind: 'http',
    isCritical: true,
    isPreflight: false,
    verdict: 'pass',
    summary: 'GET /healthz answered 200 in 4 ms',
    evidence: { status: 200 },
    retryAfterSeconds: null,
    releaseId,
    blue,
    green,
    tookMs: 12,
    ...differs,
  };
}

/** A conductor that remembers little and can be told what to answer. */
export interface FakeOperations extends Operations {
  /** Every call in order: the method's name and its arguments. */
  calls: [keyof Operations, ...unknown[]][];
  services: ServiceStatus[];
  releases: Map<string, ReleaseStatus>;
  freezes: Map<string, Freeze>;
  /** What `diagnose` and `repair` answer besides the ordinary. */
  diagnoses: Map<string, Partial<Diagnosis>>;
  tokens: Map<string, ApiToken>;
  /** Entries of manifests' webhooks. */
  webhooks: WebhookEntry[];
  /** Ids of releases that were started once, by their keys. */
  startedOnce: Map<string, string>;
  /** What the next approvals are like. */
  approval: Partial<Approval>;
  /** What the next calls of `getRelease` answer before the stored status counts again. */
  upcoming: ReleaseStatus[];
  /** The next call of that method throws. */
  failNext(method: keyof Operations, error: Error): void;
}

/** Operations on `storefront` with its release `rel1`, held in memory. */
export function createFakeOperations(): FakeOperations {
  const state = {
    calls: [] as FakeOperations['calls'],
    services: [fixtureService()],
    releases: new Map([['rel1', fixtureStatus()]]),
    freezes: new Map<string, Freeze>(),
    diagnoses: new Map<string, Partial<Diagnosis>>(),
    tokens: new Map<string, ApiToken>(),
    webhooks: [] as WebhookEntry[],
    startedOnce: new Map<string, string>(),
    approval: {} as Partial<Approval>,
    upcoming: [] as ReleaseStatus[],
  };
  const failures = new Map<string, Error>();
  const operations = recorded(
    {
      ...lookOperations(state),
      ...decideOperations(state),
      ...freezeOperations(state),
      ...tokenOperations(state),
      ...webhookOperations(state),
    },
    state.calls,
    failures,
  );
  return {
    ...operations,
    // Not written down: every route of a release asks it first.
    serviceOf: async (releaseId) => find(state, releaseId).service,
    ...state,
    failNext: (method, error) => void failures.set(method, error),
  };
}

type Recorded = Omit<Operations, 'serviceOf'>;

type State = Pick<
  FakeOperations,
  | 'calls'
  | 'services'
  | 'releases'
  | 'freezes'
  | 'diagnoses'
  | 'tokens'
  | 'webhooks'
  | 'startedOnce'
  | 'approval'
  | 'upcoming'
>;

/** The same operations with every call written down, and failing where they were told to. */
function recorded(
  operations: Recorded,
  calls: FakeOperations['calls'],
  failures: Map<string, Error>,
): Recorded {
  const wrapped = Object.entries(operations).map(([name, method]) => {
    const call = method as (...args: unknown[]) => Promise<unknown>;
    return [
      name,
      async (...args: unknown[]) => {
        calls.push([name as keyof Operations, ...args]);
        const failure = failures.get(name);
        failures.delete(name);
        if (failure) throw failure;
        return call(...args);
      },
    ];
  });
  return Object.fromEntries(wrapped) as Recorded;
}

function lookOperations(state: State) {
  return {
    applyManifest: async (service, source, by) => ({
      service,
      source,
      revision: 1,
      updatedAt: fixtureStart,
      updatedBy: by,
    }),
    getManifest: async (service) => {
      requireService(state, service);
      const source = { service };
      return { service, source, revision: 1, updatedAt: fixtureStart, updatedBy: 'ada' };
    },
    validateManifest: async (service, source) =>
      source.service === service ? [] : [{ path: 'service', reason: 'is another one' }],
    measureRelease: async (id) => {
      find(state, id);
      return {
        from: fixtureStart,
        to: fixtureTime(60),
        periodSeconds: 1,
        blue: [{ at: fixtureStart, requests: 10, errors: 0, latencyMs: null }],
        green: [],
        marks: [],
        unavailable: null,
      };
    },
    listServices: async () => state.services,
    listChecks: async (service) => {
      requireService(state, service);
      return [fixtureCheck];
    },
    runCheck: async ({ service, check, isPreflight }) => {
      requireService(state, service);
      return fixtureCheckRun({ service, check, isPreflight });
    },
    getRelease: async (id) => state.upcoming.shift() ?? find(state, id),
    review: async (id) => fixtureReview({ releaseId: find(state, id).releaseId }),
    listReleases: async ({ service, limit }) =>
      [...state.releases.values()]
        .filter((status) => !service || status.service === service)
        .slice(0, limit)
        .map(toRecord),
  } satisfies Partial<Operations>;
}

function decideOperations(state: State) {
  return {
    startRelease: async ({ service, artifact, by }) => {
      requireService(state, service);
      const status = fixtureStatus({ service, version: artifact.version, requestedBy: by });
      state.releases.set(status.releaseId, status);
      return status;
    },
    approve: async (id, by, reason) => approval(state, id, 'approve', by, reason),
    reject: async (id, by, reason) => approval(state, id, 'reject', by, reason),
    rollback: async (id) => move(state, id, { phase: 'rolling-back', outcome: null }),
    rollbackService: async (service) => {
      requireService(state, service);
      return move(state, 'rel1', { phase: 'rolling-back', outcome: null });
    },
    diagnose: async (service) => {
      requireService(state, service);
      return fixtureDiagnosis({ service, ...state.diagnoses.get(service) });
    },
    repair: async (service) => {
      requireService(state, service);
      const { at, findings } = fixtureDiagnosis({ service, ...state.diagnoses.get(service) });
      const repair = { isMended: true, detail: 'is mended' };
      return {
        service,
        at,
        findings: findings.map((it) => ({ ...it, repair: it.isFixable ? repair : null })),
      };
    },
    hold: async (id) => move(state, id, { phase: 'watching', outcome: null }),
    resume: async (id, decision) =>
      move(state, id, {
        phase: decision === 'continue' ? 'completing' : 'rolling-back',
        outcome: null,
      }),
  } satisfies Partial<Operations>;
}

function webhookOperations(state: State) {
  return {
    startReleaseOnce: async (key, { service }) => {
      const once = `${service} ${key}`;
      const releaseId = state.startedOnce.get(once) ?? `${service}-${state.startedOnce.size + 1}`;
      state.startedOnce.set(once, releaseId);
      return { releaseId };
    },
    reportAlerts: async () => [],
    noteIncident: async (id) => void find(state, id),
    listWebhooks: async (kind, service) =>
      state.webhooks.filter(
        (entry) => entry.config.kind === kind && (service === null || entry.service === service),
      ),
  } satisfies Partial<Operations>;
}

function tokenOperations(state: State) {
  return {
    createToken: async ({ name, grants, expiresInSeconds }, by) => {
      const id = `token${state.tokens.size}`.padEnd(12, '0');
      const expiresAt = expiresInSeconds === null ? null : fixtureTime(expiresInSeconds);
      const made = { createdBy: by, createdAt: fixtureStart, expiresAt };
      const record = { id, name, hash: 'hush', grants, ...made, revokedAt: null, revokedBy: null };
      state.tokens.set(id, record);
      return { token: `vgt_${id}_secret`, record };
    },
    listTokens: async () => [...state.tokens.values()],
    revokeToken: async (id, by) => {
      const found = state.tokens.get(id);
      if (!found) throw unknown('TokenUnknownError', `there is no token "${id}"`);
      const revoked = { ...found, revokedAt: fixtureStart, revokedBy: by };
      state.tokens.set(id, revoked);
      return revoked;
    },
  } satisfies Partial<Operations>;
}

function freezeOperations(state: State) {
  return {
    freeze: async (scope, reason, by) => {
      const freeze = { scope, reason, by, at: fixtureStart };
      state.freezes.set(scope, freeze);
      return freeze;
    },
    unfreeze: async (scope) => state.freezes.delete(scope),
    listFreezes: async () => [...state.freezes.values()],
  } satisfies Partial<Operations>;
}

function find(state: State, id: string): ReleaseStatus {
  const status = state.releases.get(id);
  if (!status) throw unknown('ReleaseUnknownError', `there is no release "${id}"`);
  return status;
}

function move(state: State, id: string, differs: Partial<ReleaseStatus>): ReleaseStatus {
  const moved = { ...find(state, id), ...differs };
  state.releases.set(id, moved);
  return moved;
}

function requireService(state: State, service: string): void {
  if (state.services.some((known) => known.service === service)) return;
  throw unknown('ServiceUnknownError', `there is no service "${service}"`);
}

function unknown(name: ErrorName, message: string): VerdigrisError {
  return new VerdigrisError(name, message);
}

function approval(
  state: State,
  id: string,
  decision: 'approve' | 'reject',
  by: string,
  reason: string | null,
): Approval {
  return {
    releaseId: find(state, id).releaseId,
    requiredCount: 2,
    token: 'secret-task-token',
    turn: null,
    requestedAt: fixtureStart,
    expiresAt: fixtureTime(7200),
    barred: null,
    state: decision === 'approve' ? 'open' : 'rejected',
    decisions: [{ by, decision, reason, at: fixtureStart }],
    ...state.approval,
  };
}

function toRecord(status: ReleaseStatus): ReleaseRecord {
  const input = {
    releaseId: status.releaseId,
    service: status.service,
    artifact: { uri: '/artifacts/v2', version: status.version },
    requestedBy: status.requestedBy,
    requestedAt: fixtureStart,
  };
  return {
    ...input,
    phase: status.phase,
    outcome: status.outcome,
    reason: status.reason,
    endedAt: status.outcome ? fixtureTime(31) : null,
    document: { ...createDocument(input), blue: status.blue, green: status.green },
  };
}
