import type { Execution } from '../../../engine/engine.ts';
import type { MadeEnvironment } from '../../../environments/environment.ts';
import type { Lock, ManifestRecord, ReleaseRecord } from '../../../ledger/ledger.ts';
import type { LiveSide } from '../../../release/diagnosis.ts';
import type { Weights } from '../../../release/document.ts';
import { messageOf } from '../../../release/errors.ts';
import { type Plan, planRelease } from '../../../release/plan.ts';
import type { AlarmFacts } from '../../../signals/signal.ts';
import { findLive } from '../../live.ts';
import type { Ports } from '../../ports.ts';
import { retirementOf } from '../../retire.ts';
import { executionsOf } from '../executions.ts';
import { type Retirement, seeRetirement } from './retirements.ts';

/** What was seen, or why it could not be. */
export type Seen<T> = { value: T; problem: null } | { value: null; problem: string };

/** An execution in one line. */
export type SeenExecution = Pick<Execution, 'machine' | 'name' | 'status'>;

/** Everything that a diagnosis is made of, as it was at one moment. */
export interface Observation {
  service: string;
  nowMs: number;
  /** Why the manifest cannot be read, or null. */
  manifestProblem: string | null;
  /** Of the manifest, else of the newest release that had one; null where there is none at all. */
  plan: Plan | null;
  route: Seen<Weights>;
  live: LiveSide[];
  /** Those that are still there. */
  environments: Seen<MadeEnvironment[]>;
  /** Newest first; every release that made one of the environments is among them. */
  releases: ReleaseRecord[];
  lock: Lock | null;
  /** Of releases that are not over, ended executions included. */
  executions: SeenExecution[];
  /** Of environments without traffic. */
  retirements: Retirement[];
  alarms: Seen<AlarmFacts[]>;
}

/** How far back releases are looked at. */
const lookBack = 100;
/** A service on the move is looked at again this often, so that two moments are not compared. */
const looks = 3;

/** Looks at everything once. What moved meanwhile is looked at again. */
export async function observe(manifest: ManifestRecord, ports: Ports): Promise<Observation> {
  for (let look = 1; ; look += 1) {
    const before = await readLedger(manifest.service, ports);
    const seen = await observeOnce(manifest, before, ports);
    const after = await readLedger(manifest.service, ports);
    if (look === looks || fingerprint(before) === fingerprint(after)) return seen;
  }
}

interface Books {
  lock: Lock | null;
  releases: ReleaseRecord[];
}

/** The lock's release by its name too, however old it is. */
async function readLedger(service: string, { ledger }: Ports): Promise<Books> {
  const releases = await ledger.listReleases({ service, limit: lookBack });
  const lock = await ledger.getLock(service);
  if (!lock || releases.some(({ releaseId }) => releaseId === lock.releaseId)) {
    return { lock, releases };
  }
  const holder = await ledger.getRelease(lock.releaseId);
  return { lock, releases: holder ? [...releases, holder] : releases };
}

function fingerprint({ lock, releases }: Books): string {
  const lines = releases.map(({ releaseId, phase, outcome }) => [releaseId, phase, outcome]);
  return JSON.stringify([lock, lines]);
}

async function observeOnce(
  manifest: ManifestRecord,
  { lock, releases: recent }: Books,
  ports: Ports,
): Promise<Observation> {
  const { service } = manifest;
  const { plan, problem } = await readPlan(manifest, recent, ports);
  const noPlan = async (): Promise<never> => {
    throw new Error('nothing is known of this service but a manifest that is not valid');
  };
  const route = await see(() => (plan ? readWeights(plan, service, ports) : noPlan()));
  const listed = await see(() => (plan ? listMade(plan, service, ports) : noPlan()));
  const alarms = await see(() => (plan ? examineAlarms(plan, service, ports) : noPlan()));
  const releases = [...recent, ...(await olderMakers(listed.value ?? [], recent, ports))];
  const live = plan ? await lookAtLive(plan, service, route.value ?? {}, ports) : [];
  const made = listed.value ?? [];
  const retirements = await seeRetirements(made, releases, route.value, ports);
  return {
    service,
    nowMs: ports.clock.now(),
    manifestProblem: problem,
    plan,
    route,
    live,
    environments: await stillThere(listed, plan, service, route.value, ports),
    releases,
    lock,
    executions: await seeExecutions(releases, lock, ports),
    retirements,
    alarms,
  };
}

async function see<T>(look: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await look(), problem: null };
  } catch (error) {
    return { value: null, problem: messageOf(error) };
  }
}

async function readPlan(
  { source }: ManifestRecord,
  releases: ReleaseRecord[],
  { adapters }: Ports,
) {
  try {
    return { plan: planRelease(await adapters.parseManifest(source)), problem: null };
  } catch (error) {
    const plan = releases.find(({ document }) => document.plan)?.document.plan ?? null;
    return { plan, problem: messageOf(error) };
  }
}

async function readWeights(plan: Plan, service: string, { adapters }: Ports): Promise<Weights> {
  return (await (await adapters.router(plan.router, service)).read()).weights;
}

async function listMade(plan: Plan, service: string, { adapters }: Ports) {
  const environment = await adapters.environment(plan.environment, service);
  return environment.list();
}

async function examineAlarms(plan: Plan, service: string, { adapters }: Ports) {
  const { alarms } = plan.watch;
  return alarms.length === 0 ? [] : adapters.signal(plan.signals, service).examine(alarms);
}

/** Releases that made an environment which is still there, but are too old to be listed. */
async function olderMakers(
  environments: MadeEnvironment[],
  recent: ReleaseRecord[],
  { ledger }: Ports,
): Promise<ReleaseRecord[]> {
  const known = new Set(recent.map(({ releaseId }) => releaseId));
  const asked = new Set(
    environments.map(({ releaseId }) => releaseId).filter((id) => !known.has(id)),
  );
  const found = await Promise.all([...asked].map((id) => ledger.getRelease(id)));
  return found.filter((record) => record !== null);
}

async function lookAtLive(plan: Plan, service: string, weights: Weights, ports: Ports) {
  const environment = await ports.adapters.environment(plan.environment, service);
  const live = Object.entries(weights).filter(([, percent]) => percent > 0);
  return Promise.all(
    live.map(async ([environmentId, percent]): Promise<LiveSide> => {
      try {
        const ref = await findLive(environmentId, plan.environment, service, ports);
        if (!ref) return { environmentId, percent, version: null, state: 'gone' };
        const { state } = await environment.status(ref);
        return { environmentId, percent, version: ref.version, state };
      } catch (error) {
        ports.log.warn('a live side could not be looked at', { reason: messageOf(error) });
        return { environmentId, percent, version: null, state: 'unknown' };
      }
    }),
  );
}

/** What was retired while this look went on is no leftover. */
async function stillThere(
  listed: Seen<MadeEnvironment[]>,
  plan: Plan | null,
  service: string,
  weights: Weights | null,
  ports: Ports,
): Promise<Seen<MadeEnvironment[]>> {
  if (listed.value === null || !plan) return listed;
  const environment = await ports.adapters.environment(plan.environment, service);
  const isThere = async ({ ref }: MadeEnvironment) =>
    (weights?.[ref.id] ?? 0) > 0 || (await environment.lookup(ref.id)) !== null;
  return see(async () => {
    const there = await Promise.all(listed.value.map(isThere));
    return listed.value.filter((_, index) => there[index]);
  });
}

/** Of every release that is not over, and of the lock's holder. */
async function seeExecutions(
  releases: ReleaseRecord[],
  lock: Lock | null,
  { engine }: Ports,
): Promise<SeenExecution[]> {
  const names = releases
    .filter(({ outcome, releaseId }) => outcome === null || releaseId === lock?.releaseId)
    .flatMap(({ document }) => executionsOf(document));
  const retiring = lock && retirementOf(lock.releaseId);
  if (retiring) names.push(['retire', retiring]);
  const seen = await Promise.all(
    names.map(async ([machine, name]) => {
      const found = await engine.describe(machine, name);
      return found ? [{ machine, name, status: found.status }] : [];
    }),
  );
  return seen.flat();
}

/** Of every environment without traffic. */
function seeRetirements(
  environments: MadeEnvironment[],
  releases: ReleaseRecord[],
  weights: Weights | null,
  ports: Ports,
): Promise<Retirement[]> {
  const idle = environments
    .map(({ ref }) => ref.id)
    .filter((id) => weights === null || (weights[id] ?? 0) === 0);
  return Promise.all(idle.map((id) => seeRetirement(id, environments, releases, ports)));
}
