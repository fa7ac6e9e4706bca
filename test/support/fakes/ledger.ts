import { isDeepStrictEqual } from 'node:util';
import type {
  Approval,
  Freeze,
  Ledger,
  Lock,
  ManifestRecord,
  ReleaseRecord,
  TrafficIntent,
  Watch,
} from '../../../lib/ledger/ledger.ts';
import { isEarlier } from '../../../lib/ledger/turns.ts';
import { epochMs } from '../../../lib/release/clock.ts';
import type { Breach, ReleaseDocument } from '../../../lib/release/document.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { ReleaseEvent } from '../../../lib/release/events.ts';
import { apiTokens, budgets, quietedAlarms, receipts, reportedAlarms } from './ledger/outside.ts';

/** A whole ledger in Maps, with a way for tests to look inside. Closing it forgets nothing. */
export interface MemoryLedger extends Ledger {
  /** Copies of what is stored, in the order in which it came. */
  inside: {
    releases(): ReleaseRecord[];
    /** Events of every release and service. */
    events(): ReleaseEvent[];
    intents(): TrafficIntent[];
    watches(): Watch[];
    approvals(): Approval[];
    locks(): Lock[];
    /** The record itself and not a copy: for looking only. */
    release(releaseId: string): Readonly<ReleaseRecord> | undefined;
    breach(releaseId: string): Readonly<Breach> | undefined;
    approval(releaseId: string): Readonly<Approval> | undefined;
    lock(service: string): Readonly<Lock> | undefined;
    hasEvent(id: string): boolean;
  };
}

/** What the ledger holds. The epoch of a service outlives its lock. */
function createState() {
  return {
    manifests: new Map<string, ManifestRecord>(),
    epochs: new Map<string, number>(),
    locks: new Map<string, Lock>(),
    intents: new Map<string, TrafficIntent>(),
    releases: new Map<string, ReleaseRecord>(),
    events: new Map<string, ReleaseEvent>(),
    watches: new Map<string, Watch>(),
    breaches: new Map<string, Breach>(),
    approvals: new Map<string, Approval>(),
    freezes: new Map<string, Freeze>(),
  };
}
type State = ReturnType<typeof createState>;

/** A complete ledger that lives as long as the test. Everything is copied on its way in and out. */
export function createMemoryLedger(): MemoryLedger {
  const state = createState();
  const ledger: Ledger = {
    ...manifests(state),
    ...locks(state),
    ...releases(state),
    ...endings(state),
    ...events(state),
    ...watches(state),
    ...approvals(state),
    ...freezes(state),
    ...apiTokens(),
    ...receipts(),
    ...reportedAlarms(),
    ...quietedAlarms(),
    ...budgets(),
    close: async () => {},
  };
  const look = <T>(kept: Map<string, T>) => structuredClone([...kept.values()]);
  return {
    ...copying(ledger),
    inside: {
      releases: () => look(state.releases),
      events: () => look(state.events),
      intents: () => look(state.intents),
      watches: () => look(state.watches),
      approvals: () => look(state.approvals),
      locks: () => look(state.locks),
      release: (releaseId) => state.releases.get(releaseId),
      breach: (releaseId) => state.breaches.get(releaseId),
      approval: (releaseId) => state.approvals.get(releaseId),
      lock: (service) => state.locks.get(service),
      hasEvent: (id) => state.events.has(id),
    },
  };
}

/** The same object with every argument and every answer copied, as a database would do it. */
function copying(ledger: Ledger): Ledger {
  const copied = Object.entries(ledger).map(([name, method]) => {
    const call = method as (...args: unknown[]) => Promise<unknown>;
    return [
      name,
      async (...args: unknown[]) => structuredClone(await call(...structuredClone(args))),
    ];
  });
  return Object.fromEntries(copied) as Ledger;
}

function manifests(state: State) {
  return {
    async putManifest(service, source, by, at) {
      const before = state.manifests.get(service);
      if (before && isDeepStrictEqual(before.source, source)) return before;
      const revision = (before?.revision ?? 0) + 1;
      const record = { service, source, revision, updatedAt: at, updatedBy: by };
      state.manifests.set(service, record);
      return record;
    },
    getManifest: async (service) => state.manifests.get(service) ?? null,
    listManifests: async () =>
      [...state.manifests.values()].sort((a, b) => (a.service < b.service ? -1 : 1)),
  } satisfies Partial<Ledger>;
}

/** Takes or keeps the lock with the service's next epoch. */
function takeLock(state: State, service: string, releaseId: string): Lock {
  const holder = state.locks.get(service);
  if (holder && holder.releaseId !== releaseId) {
    throw new VerdigrisError(
      'ReleaseInProgressError',
      `service "${service}" is being released by ${holder.releaseId}; wait for it or roll it back`,
      { details: { releaseId: holder.releaseId } },
    );
  }
  const epoch = (state.epochs.get(service) ?? 0) + 1;
  const lock = { service, releaseId, epoch };
  state.epochs.set(service, epoch);
  state.locks.set(service, lock);
  return lock;
}

function freeLock(state: State, service: string, releaseId: string): void {
  if (state.locks.get(service)?.releaseId === releaseId) state.locks.delete(service);
}

function refuseEnded(state: State, releaseId: string): void {
  const outcome = state.releases.get(releaseId)?.outcome ?? null;
  if (outcome === null) return;
  throw new VerdigrisError('ReleaseStateError', `release ${releaseId} has ended (${outcome})`, {
    details: { outcome },
  });
}

function refuseStale(
  state: State,
  { service, releaseId, epoch }: Pick<TrafficIntent, 'service' | 'releaseId' | 'epoch'>,
): void {
  const lock = state.locks.get(service);
  if (lock?.epoch === epoch && lock.releaseId === releaseId) return;
  const present = state.epochs.get(service) ?? 0;
  throw new VerdigrisError(
    'StaleEpochError',
    `epoch ${epoch} of service "${service}" is stale; it is at ${present}`,
    { details: { epoch: present } },
  );
}

/** Some outcomes keep the lock; the release moves nothing all the same. */
function refuseEndedMove(state: State, { releaseId, epoch }: TrafficIntent): void {
  const outcome = state.releases.get(releaseId)?.outcome ?? null;
  if (outcome === null) return;
  throw new VerdigrisError('StaleEpochError', `release ${releaseId} has ended (${outcome})`, {
    details: { epoch },
  });
}

function locks(state: State) {
  return {
    async acquireLock(service, releaseId) {
      refuseEnded(state, releaseId);
      const held = state.locks.get(service);
      return held?.releaseId === releaseId ? held : takeLock(state, service, releaseId);
    },
    async raiseEpoch(service, releaseId) {
      refuseEnded(state, releaseId);
      return takeLock(state, service, releaseId);
    },
    getLock: async (service) => state.locks.get(service) ?? null,
    releaseLock: async (service, releaseId) => freeLock(state, service, releaseId),
    async recordIntent(intent) {
      refuseStale(state, intent);
      refuseEndedMove(state, intent);
      const before = state.intents.get(intent.id);
      state.intents.set(intent.id, before ? { ...before, deadline: intent.deadline } : intent);
    },
    listIntents: async (releaseId) =>
      [...state.intents.values()].filter((intent) => intent.releaseId === releaseId),
  } satisfies Partial<Ledger>;
}

function releases(state: State) {
  return {
    async createRelease(record) {
      const before = state.releases.get(record.releaseId);
      if (!before) state.releases.set(record.releaseId, record);
      return { record: before ?? record, isNew: !before };
    },
    getRelease: async (releaseId) => state.releases.get(releaseId) ?? null,
    listReleases: async ({ service, limit }) =>
      newestFirst(state.releases, (record) => record.requestedAt)
        .filter((record) => service === undefined || record.service === service)
        .slice(0, limit),
    async saveDocument(document) {
      const record = state.releases.get(document.releaseId);
      if (record?.outcome !== null || isOlder(document, record.document)) return;
      state.releases.set(document.releaseId, { ...record, document, phase: document.phase });
    },
  } satisfies Partial<Ledger>;
}

/** Whether a document is of an earlier epoch, or of an earlier phase of the same. */
function isOlder(document: ReleaseDocument, stored: ReleaseDocument): boolean {
  if (document.epoch !== stored.epoch) return document.epoch < stored.epoch;
  return document.phaseSince < stored.phaseSince;
}

/** By time, and what was added later first among equals. */
function newestFirst<T>(kept: Map<string, T>, timeOf: (value: T) => string): T[] {
  return [...kept.values()].reverse().sort((a, b) => epochMs(timeOf(b)) - epochMs(timeOf(a)));
}

function knownRelease(state: State, releaseId: string): ReleaseRecord {
  const record = state.releases.get(releaseId);
  if (record) return record;
  throw new VerdigrisError('ReleaseUnknownError', `there is no release ${releaseId}`);
}

function endings(state: State) {
  return {
    async endRelease(releaseId, ending, from) {
      const before = knownRelease(state, releaseId);
      if (!from.includes(before.outcome)) return { record: before, isNew: false };
      const { outcome, reason, at } = ending;
      const breach = state.breaches.get(releaseId);
      if (outcome === 'completed' && breach) {
        throw new VerdigrisError(
          'BreachError',
          `release ${releaseId} has a breach: ${breach.reason}`,
          {
            details: { breach },
          },
        );
      }
      if (outcome === 'completed') refuseStale(state, ending.document);
      if (ending.document.epoch < before.document.epoch) return { record: before, isNew: false };
      const document = { ...ending.document, phase: 'ended' as const, outcome };
      const record = { ...before, phase: 'ended' as const, outcome, reason, endedAt: at, document };
      state.releases.set(releaseId, record);
      addEvent(state, ending.event);
      state.watches.delete(releaseId);
      const approval = state.approvals.get(releaseId);
      if (approval?.state === 'open') approval.state = 'closed';
      if (outcome !== 'held' && outcome !== 'rollback-failed') {
        freeLock(state, record.service, releaseId);
      }
      return { record, isNew: true };
    },
    async reopenRelease(releaseId, from, phase) {
      const before = knownRelease(state, releaseId);
      if (before.outcome === null || !from.includes(before.outcome)) {
        throw new VerdigrisError(
          'ReleaseStateError',
          `release ${releaseId} is ${before.outcome ?? 'still running'}; this needs ${from.join(' or ')}`,
          { details: { outcome: before.outcome } },
        );
      }
      const { epoch } = takeLock(state, before.service, releaseId);
      const document = { ...before.document, epoch, phase, outcome: null, breach: null };
      const record = { ...before, phase, outcome: null, reason: null, endedAt: null, document };
      state.releases.set(releaseId, record);
      state.breaches.delete(releaseId);
      return record;
    },
  } satisfies Partial<Ledger>;
}

function addEvent(state: State, event: ReleaseEvent): boolean {
  const isNew = !state.events.has(event.id);
  if (isNew) state.events.set(event.id, event);
  return isNew;
}

function events(state: State) {
  return {
    appendEvent: async (event) => ({ isNew: addEvent(state, event) }),
    listEvents: async (releaseId) =>
      [...state.events.values()].filter((event) => event.releaseId === releaseId),
    listServiceEvents: async (service, limit) =>
      newestFirst(state.events, (event) => event.at)
        .filter((event) => event.service === service)
        .slice(0, limit),
  } satisfies Partial<Ledger>;
}

function watches(state: State) {
  return {
    async putWatch(watch) {
      if (state.releases.get(watch.releaseId)?.outcome) return;
      if (isEarlier(watch.turn, state.watches.get(watch.releaseId)?.turn)) return;
      state.watches.set(watch.releaseId, watch);
    },
    getWatch: async (releaseId) => state.watches.get(releaseId) ?? null,
    watchesOf: async (alarm) =>
      [...state.watches.values()].filter((watch) => watch.alarms.includes(alarm)),
    async recordBreach(releaseId, breach) {
      refuseEnded(state, releaseId);
      const first = state.breaches.get(releaseId) ?? breach;
      state.breaches.set(releaseId, first);
      return first;
    },
    getBreach: async (releaseId) => state.breaches.get(releaseId) ?? null,
  } satisfies Partial<Ledger>;
}

function approvals(state: State) {
  return {
    async openApproval(request) {
      const before = state.approvals.get(request.releaseId);
      if (before && before.state !== 'open') return before;
      if (before && isEarlier(request.turn, before.turn)) return before;
      const approval: Approval = before
        ? { ...before, token: request.token, turn: request.turn }
        : { ...request, state: 'open', decisions: [] };
      state.approvals.set(request.releaseId, approval);
      return approval;
    },
    getApproval: async (releaseId) => state.approvals.get(releaseId) ?? null,
    async recordDecision(releaseId, decision) {
      const approval = state.approvals.get(releaseId);
      const isSame = (by: string) => by.trim().toLowerCase() === decision.by.trim().toLowerCase();
      if (approval?.decisions.some(({ by }) => isSame(by))) return approval;
      const isOver = approval && epochMs(decision.at) >= epochMs(approval.expiresAt);
      if (approval?.state !== 'open' || isOver) {
        const reason = isOver ? `expired at ${approval.expiresAt}` : (approval?.state ?? 'absent');
        throw new VerdigrisError(
          'ApprovalClosedError',
          `release ${releaseId} has no open approval (${reason})`,
        );
      }
      if (decision.decision === 'approve' && approval.barred && isSame(approval.barred)) {
        throw new VerdigrisError('SeparateDutiesError', `${decision.by} asked for it`);
      }
      approval.decisions.push(decision);
      const approvers = approval.decisions.filter((one) => one.decision === 'approve');
      if (decision.decision === 'reject') approval.state = 'rejected';
      else if (approvers.length >= approval.requiredCount) approval.state = 'approved';
      return approval;
    },
  } satisfies Partial<Ledger>;
}

function freezes(state: State) {
  return {
    async putFreeze(freeze) {
      state.freezes.set(freeze.scope, freeze);
    },
    async addFreeze(freeze) {
      if (state.freezes.has(freeze.scope)) return false;
      state.freezes.set(freeze.scope, freeze);
      return true;
    },
    async deleteFreeze(scope, by) {
      if (by !== undefined && state.freezes.get(scope)?.by !== by) return false;
      return state.freezes.delete(scope);
    },
    listFreezes: async () =>
      [...state.freezes.values()].sort((a, b) => (a.scope < b.scope ? -1 : 1)),
  } satisfies Partial<Ledger>;
}
