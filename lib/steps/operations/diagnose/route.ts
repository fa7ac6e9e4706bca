import type { ReleaseRecord } from '../../../ledger/ledger.ts';
import type { Finding, LiveSide } from '../../../release/diagnosis.ts';
import type { EnvironmentRef } from '../../../release/document.ts';
import { describeWeights } from '../../document.ts';
import type { Observation } from './observe.ts';

/** The release that decided last where traffic is, and the side on which it left it. */
export interface LastWord {
  release: ReleaseRecord;
  /** Null where it left none, which a first release that was undone does. */
  expected: EnvironmentRef | null;
}

/** Null when no release of this service has moved traffic yet. */
export function lastWordOf({ releases }: Pick<Observation, 'releases'>): LastWord | null {
  const [release] = releases
    .filter(({ outcome }) => outcome === 'completed' || outcome === 'rolled-back')
    .sort((a, b) => (b.endedAt ?? '').localeCompare(a.endedAt ?? ''));
  if (!release) return null;
  const { blue, green } = release.document;
  return { release, expected: release.outcome === 'completed' ? green : blue };
}

/** What is wrong with where traffic goes. */
export function findOnRoute(seen: Observation): Finding[] {
  const { route, service, plan, live } = seen;
  if (route.value === null) return plan ? [unreadable(service, route.problem)] : [];
  const dead = live.filter(({ state }) => state === 'gone' || state === 'failed');
  return [...dead.map((side) => toNothing(side, service)), ...judgeShares(seen)];
}

function unreadable(service: string, problem: string): Finding {
  return {
    kind: 'route-unreadable',
    state: 'fail',
    subject: service,
    detail: `its router cannot be read: ${problem}`,
    why: 'nobody can tell where traffic goes, and a rollback would fail',
    mend: 'mend what the reason names, then: verdigris doctor',
    isFixable: false,
  };
}

function toNothing({ environmentId, percent, state }: LiveSide, service: string): Finding {
  const is = state === 'gone' ? 'is not there' : 'has failed';
  return {
    kind: 'route-to-nothing',
    state: 'fail',
    subject: environmentId,
    detail: `gets ${percent}% of the traffic of ${service} and ${is}`,
    why: 'users who are sent there get errors',
    mend: `verdigris rollback ${service}, or release a version that works`,
    isFixable: false,
  };
}

/** Whether traffic is where the ledger has it. */
function judgeShares(seen: Observation): Finding[] {
  const working = seen.releases.find(
    ({ releaseId, outcome }) => releaseId === seen.lock?.releaseId && mayMoveTraffic(outcome),
  );
  return working ? judgeForeign(working, seen) : judgeSettled(seen);
}

function mayMoveTraffic(outcome: ReleaseRecord['outcome']): boolean {
  return outcome === null || outcome === 'held' || outcome === 'rollback-failed';
}

/** While a release has the lock, only its two sides get traffic (rule 1). */
function judgeForeign({ releaseId, document }: ReleaseRecord, { live, service }: Observation) {
  // Before it was admitted nobody knows its sides.
  if (!document.plan) return [];
  const own = new Set([document.blue?.id, document.green?.id]);
  const foreign = live.filter(({ environmentId }) => !own.has(environmentId));
  return foreign.map(({ environmentId, percent }) =>
    unexpected(
      environmentId,
      `gets ${percent}% of the traffic of ${service} and is neither blue nor green of ${releaseId}`,
      `find out who sent it there and put it back on a side of ${releaseId}; a rollback refuses until then`,
    ),
  );
}

function judgeSettled(seen: Observation): Finding[] {
  const { service, live, route } = seen;
  if (live.length > 1) {
    return [
      {
        kind: 'route-split',
        state: 'fail',
        subject: service,
        detail: `its traffic is split (${describeWeights(route.value ?? {})}) and no release runs`,
        why: 'users get two versions, nobody watches, and no release can start',
        mend: "send all traffic to one side by the router's own means (docs/operations.md)",
        isFixable: false,
      },
    ];
  }
  const last = isSameRouter(seen) ? lastWordOf(seen) : null;
  const expected = last?.expected;
  if (!last || !expected || live[0]?.environmentId === expected.id) return [];
  const { releaseId, outcome } = last.release;
  const found = describeWeights(route.value ?? {});
  return [
    unexpected(
      service,
      `its traffic goes to ${found}, but ${releaseId} (${outcome}) left it on ${expected.id}`,
      `if somebody meant it, release from there; else put it back on ${expected.id} by the router's own means`,
    ),
  ];
}

/** A manifest that names another router since then says nothing about the old one. */
function isSameRouter(seen: Observation): boolean {
  const then = lastWordOf(seen)?.release.document.plan?.router;
  return JSON.stringify(then) === JSON.stringify(seen.plan?.router);
}

function unexpected(subject: string, detail: string, mend: string): Finding {
  return {
    kind: 'route-unexpected',
    state: 'fail',
    subject,
    detail,
    why: 'no release is answerable for what users get, and nothing will undo it',
    mend,
    isFixable: false,
  };
}
