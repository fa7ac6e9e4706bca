import type { MadeEnvironment } from '../../../environments/environment.ts';
import type { ReleaseRecord } from '../../../ledger/ledger.ts';
import { epochMs } from '../../../release/clock.ts';
import type { Finding } from '../../../release/diagnosis.ts';
import type { Observation } from './observe.ts';
import { lastWordOf } from './route.ts';

/** What costs and serves nobody: environments without traffic that nothing will take away. */
export function findLeftovers(seen: Observation): Finding[] {
  const { environments, plan, service } = seen;
  if (environments.value !== null) {
    return leftoversOf(seen).map((environment) => leftover(environment, seen));
  }
  if (!plan) return [];
  return [
    {
      kind: 'environments-unreadable',
      state: 'fail',
      subject: service,
      detail: `its environments cannot be listed: ${environments.problem}`,
      why: 'nobody can tell what is left over',
      mend: 'mend what the reason names, then: verdigris doctor',
      isFixable: false,
    },
  ];
}

/** Unless the route is known, nothing is a leftover. */
export function leftoversOf(seen: Observation): MadeEnvironment[] {
  const { environments, route, retirements } = seen;
  if (environments.value === null || route.value === null) return [];
  const weights = route.value;
  const kept = idsThatAreKept(seen);
  const isUnderWay = (id: string) =>
    retirements.find(({ environmentId }) => environmentId === id)?.isUnderWay ?? true;
  return environments.value.filter(
    (one) =>
      (weights[one.ref.id] ?? 0) === 0 &&
      !kept.has(one.ref.id) &&
      isOwn(one, seen) &&
      !isUnderWay(one.ref.id),
  );
}

/** What a release that is not over may still need, and what the ledger takes for live. */
function idsThatAreKept(seen: Observation): Set<string> {
  const open = seen.releases.filter(
    ({ outcome }) => outcome === null || outcome === 'held' || outcome === 'rollback-failed',
  );
  const openIds = new Set(open.map(({ releaseId }) => releaseId));
  const made = (seen.environments.value ?? []).filter(({ releaseId }) => openIds.has(releaseId));
  const ids = [
    ...open.flatMap(({ document }) => [document.blue?.id, document.green?.id]),
    ...made.map(({ ref }) => ref.id),
    lastWordOf(seen)?.expected?.id,
  ];
  return new Set(ids.filter((id) => id !== undefined));
}

/** Two services may publish versions of one function: the other one's are not ours to judge. */
function isOwn({ releaseId }: MadeEnvironment, { releases, service }: Observation): boolean {
  const maker = releases.find((release) => release.releaseId === releaseId);
  return maker === undefined || maker.service === service;
}

/** The release on record that made it. */
export function makerOf(
  { releaseId }: MadeEnvironment,
  { releases }: Observation,
): ReleaseRecord | null {
  return releases.find((release) => release.releaseId === releaseId) ?? null;
}

/** Until when a completed release promised to keep it as its way back. Milliseconds; 0 for never. */
export function keptUntilMs({ ref }: MadeEnvironment, { releases }: Observation): number {
  const ends = releases.flatMap(({ outcome, endedAt, document: { blue, plan } }) =>
    outcome === 'completed' && endedAt && plan && blue?.id === ref.id
      ? [epochMs(endedAt) + plan.retainSeconds * 1000]
      : [],
  );
  return Math.max(0, ...ends);
}

function leftover(environment: MadeEnvironment, seen: Observation): Finding {
  const { ref, releaseId } = environment;
  const isKnown = makerOf(environment, seen) !== null;
  return {
    kind: 'environment-leftover',
    state: 'fail',
    subject: ref.id,
    detail: `was made for ${releaseId}${isKnown ? '' : ', which is not on record,'} and gets no traffic, and nothing will retire it`,
    why: 'it costs and serves nobody',
    mend: isKnown
      ? 'verdigris doctor --fix'
      : 'whose it is cannot be told; remove it by hand when you are sure',
    isFixable: isKnown,
  };
}
