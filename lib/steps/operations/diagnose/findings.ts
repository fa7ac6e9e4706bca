import type { ReleaseRecord } from '../../../ledger/ledger.ts';
import { epochMs } from '../../../release/clock.ts';
import type { Finding } from '../../../release/diagnosis.ts';
import { isRetirement, retirementOf } from '../../retire.ts';
import { executionsOf } from '../executions.ts';
import { findLeftovers } from './leftovers.ts';
import type { Observation } from './observe.ts';
import { findOnRoute } from './route.ts';

/** A release is given this long, in milliseconds, to get its execution after a change of its record. */
const graceMs = 30_000;

/** Everything that is wrong, worst for users first. Pure. */
export function findingsOf(seen: Observation): Finding[] {
  return [
    ...findOnRoute(seen),
    ...seen.releases.flatMap((release) => judgeRelease(release, seen)),
    ...judgeLock(seen),
    ...judgeManifest(seen),
    ...judgeAlarms(seen),
    ...findLeftovers(seen),
  ];
}

function judgeManifest({ service, manifestProblem }: Observation): Finding[] {
  if (manifestProblem === null) return [];
  return [
    {
      kind: 'manifest-invalid',
      state: 'fail',
      subject: service,
      detail: `its manifest is no longer valid: ${manifestProblem}`,
      why: 'no release can start, neither by hand nor by an artifact',
      mend: 'correct the file, then: verdigris apply FILE',
      isFixable: false,
    },
  ];
}

function judgeRelease(release: ReleaseRecord, seen: Observation): Finding[] {
  const { releaseId, outcome, reason } = release;
  if (outcome === null) return isStranded(release, seen) ? [stranded(release)] : [];
  if (outcome === 'held') {
    return [
      {
        kind: 'release-held',
        state: 'warn',
        subject: releaseId,
        detail: `is held and waits for a person: ${reason}`,
        why: 'traffic stays as it is, and no other release can start',
        mend: `verdigris resume ${releaseId} --continue, or --rollback`,
        isFixable: false,
      },
    ];
  }
  if (outcome !== 'rollback-failed') return [];
  return [
    {
      kind: 'rollback-failed',
      state: 'fail',
      subject: releaseId,
      detail: `its traffic could not be put back: ${reason}`,
      why: 'users may be on the version that was to be undone, and no other release can start',
      mend: `mend what the reason names, then: verdigris rollback ${releaseId}`,
      isFixable: false,
    },
  ];
}

/** Whether nobody works on a release that has no outcome. */
export function isStranded(release: ReleaseRecord, { nowMs, executions }: Observation): boolean {
  if (release.outcome !== null) return false;
  if (nowMs - epochMs(release.document.phaseSince) < graceMs) return false;
  const names = new Set(executionsOf(release.document).map((one) => one.join('/')));
  return !executions.some(
    ({ machine, name, status }) => status === 'running' && names.has(`${machine}/${name}`),
  );
}

function stranded({ releaseId, phase }: ReleaseRecord): Finding {
  return {
    kind: 'release-stranded',
    state: 'fail',
    subject: releaseId,
    detail: `stands in ${phase}, and no execution works on it`,
    why: 'its traffic stays where it is, unwatched, and no other release can start',
    mend: `verdigris doctor --fix, or: verdigris rollback ${releaseId}`,
    isFixable: true,
  };
}

const lockWhy = 'no release of this service can start';

function judgeLock(seen: Observation): Finding[] {
  const { lock, service, releases } = seen;
  if (!lock) return [];
  const base = { state: 'fail', subject: service, why: lockWhy } as const;
  if (isRetirement(lock.releaseId)) return judgeRetirementLock(lock.releaseId, seen);
  const holder = releases.find(({ releaseId }) => releaseId === lock.releaseId);
  if (!holder) {
    return [
      {
        ...base,
        kind: 'lock-without-record',
        detail: `its lock is held by ${lock.releaseId}, which is not on record`,
        mend: 'verdigris doctor --fix',
        isFixable: true,
      },
    ];
  }
  const { outcome } = holder;
  // A release without an outcome is judged by its execution; the other two keep the lock on purpose.
  if (outcome === null || outcome === 'held' || outcome === 'rollback-failed') return [];
  return [
    {
      ...base,
      kind: 'lock-stuck',
      detail: `its lock is still held by ${lock.releaseId}, which has ended (${outcome})`,
      mend: 'verdigris doctor --fix',
      isFixable: true,
    },
  ];
}

/** A retirement has the lock for moments only, while its execution runs. */
function judgeRetirementLock(holder: string, { service, executions }: Observation): Finding[] {
  const name = retirementOf(holder);
  if (executions.some((one) => one.name === name && one.status === 'running')) return [];
  return [
    {
      kind: 'lock-of-retirement',
      state: 'fail',
      subject: service,
      detail: `its lock is held by ${holder}, a retirement that no longer runs`,
      why: lockWhy,
      // Not at once: a last call of that retirement may still be under way (rule 8).
      mend: "nothing to do: the conductor's second sweep from now frees it, within ten minutes",
      isFixable: false,
    },
  ];
}

function judgeAlarms({ service, alarms, plan }: Observation): Finding[] {
  if (alarms.value === null) {
    if (!plan) return [];
    return [
      {
        kind: 'alarms-unreadable',
        state: 'fail',
        subject: service,
        detail: `its alarms cannot be read: ${alarms.problem}`,
        why: 'a release cannot tell whether one fires',
        mend: 'mend what the reason names, then: verdigris doctor',
        isFixable: false,
      },
    ];
  }
  return alarms.value.flatMap(({ name, exists, hasAction }): Finding[] => {
    if (!exists) return [missingAlarm(name, service)];
    return hasAction === false ? [silentAlarm(name)] : [];
  });
}

function missingAlarm(name: string, service: string): Finding {
  return {
    kind: 'alarm-unknown',
    state: 'fail',
    subject: name,
    detail: `watch.alarms of ${service} names it, and there is no such alarm`,
    why: 'every release of this service is refused',
    mend: 'create the alarm, or correct watch.alarms and: verdigris apply FILE',
    isFixable: false,
  };
}

function silentAlarm(name: string): Finding {
  return {
    kind: 'alarm-without-action',
    state: 'warn',
    subject: name,
    detail: "has no enabled action at the conductor's topic",
    why: 'only events of its provider tell the conductor that it fires; there is no second way',
    mend: "make the conductor's alarms topic an action of the alarm",
    isFixable: false,
  };
}
