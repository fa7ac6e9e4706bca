import type { Lock } from '../ledger/ledger.ts';
import { artifactJson } from '../release/artifact.ts';
import {
  createDocument,
  done,
  type EnvironmentRef,
  type ReleaseDocument,
  type ReleaseInput,
} from '../release/document.ts';
import { budgetKeeper } from '../release/error-budget.ts';
import { VerdigrisError } from '../release/errors.ts';
import { type Plan, planRelease } from '../release/plan.ts';
import type { Slo } from '../release/slo.ts';
import type { Route } from '../routers/router.ts';
import { settleFiringAlarms, throwIfOver } from './breach.ts';
import { describeWeights, inPhase } from './document.ts';
import { openRecord } from './ending.ts';
import { lookBefore, throwIfSpent } from './error-budget.ts';
import { findLive } from './live.ts';
import { openWatch } from './open-watch.ts';
import type { Ports } from './ports.ts';
import { record } from './record.ts';
import { isKeptOutByRetirement } from './retire.ts';
import { patiently } from './step.ts';

/**
 * Lets a release in: reads its manifest, takes the service's lock, and finds out what is live.
 * Nothing is changed but the ledger.
 * @throws ServiceUnknownError, ManifestInvalidError, ReleaseFrozenError, ReleaseInProgressError,
 * RouteConflictError, AlarmFiringError
 */
export const admit = patiently(
  async (input: ReleaseInput, ports: Ports): Promise<ReleaseDocument> => {
    const requested = createDocument(input);
    await rememberRequest(requested, ports);
    await throwIfOver(requested, ports);
    const plan = await readPlan(input.service, ports);
    await lookBefore(input.service, plan, ports);
    await throwIfFrozen(input.service, plan.slo, ports);
    const lock = await acquireLock(input, ports);
    const route = await (await ports.adapters.router(plan.router, input.service)).read();
    // Only now: where no earlier call was through when the route was read, traffic had not moved yet.
    const earlier = await admittedEarlier(input, ports);
    if (earlier) return { ...earlier, step: done };
    const blue = await findBlue(route, plan, input.service, ports);
    const admitted = await settleFiringAlarms(
      { ...requested, plan, epoch: lock.epoch, blue, expectedRoute: route },
      ports,
    );
    await openWatch(admitted, ports);
    await record(admitted, ports, {
      key: 'admitted',
      type: 'Release Admitted',
      by: input.requestedBy,
      summary: blue
        ? `${input.artifact.version} will be released over ${blue.version} (${describeWeights(route.weights)})`
        : `${input.artifact.version} will be the first release of ${input.service}`,
      data: {
        artifact: artifactJson(input.artifact),
        epoch: lock.epoch,
      },
    });
    const next = inPhase({ ...admitted, step: done }, 'provisioning', ports);
    await ports.ledger.saveDocument(next);
    return next;
  },
);

/** An event-driven start has no record yet; one through the API has. */
async function rememberRequest(document: ReleaseDocument, ports: Ports): Promise<void> {
  await ports.ledger.createRelease(openRecord(document));
}

/**
 * What an earlier call of this step let in. A call that comes late would take for blue what is live by
 * then, which may be green.
 */
async function admittedEarlier(
  { releaseId }: ReleaseInput,
  ports: Ports,
): Promise<ReleaseDocument | null> {
  const document = (await ports.ledger.getRelease(releaseId))?.document;
  return document?.plan ? document : null;
}

/** A retirement holds the lock for a moment only: worth another try, not a refusal. */
async function acquireLock({ service, releaseId }: ReleaseInput, ports: Ports): Promise<Lock> {
  try {
    return await ports.ledger.acquireLock(service, releaseId);
  } catch (error) {
    if (!isKeptOutByRetirement(error)) throw error;
    const message = `an old environment of ${service} is just being removed`;
    throw new VerdigrisError('ThrottledError', message, { cause: error });
  }
}

async function readPlan(service: string, ports: Ports): Promise<Plan> {
  const manifest = await ports.ledger.getManifest(service);
  if (manifest) return planRelease(await ports.adapters.parseManifest(manifest.source));
  throw new VerdigrisError(
    'ServiceUnknownError',
    `service "${service}" has no manifest; apply one first (verdigris apply FILE)`,
  );
}

/**
 * @throws ReleaseFrozenError with the reason that was given for the freeze, or with how the error budget
 * stands.
 */
export async function throwIfFrozen(
  service: string,
  slo: Slo | undefined,
  ports: Ports,
): Promise<void> {
  const all = await ports.ledger.listFreezes();
  const freezes = all.filter(({ scope }) => scope === service || scope === '*');
  const byPerson = freezes.find(({ by }) => by !== budgetKeeper);
  if (!byPerson) await throwIfSpent(service, slo, ports);
  const freeze = byPerson ?? freezes[0];
  if (!freeze) return;
  throw new VerdigrisError(
    'ReleaseFrozenError',
    `releases of ${freeze.scope === '*' ? 'every service' : service} are frozen by ${freeze.by}: ${freeze.reason}`,
    { details: { scope: freeze.scope } },
  );
}

/** What is live: nothing yet, or exactly one environment that this manifest's kind knows. */
async function findBlue(
  route: Route,
  plan: Plan,
  service: string,
  ports: Ports,
): Promise<EnvironmentRef | null> {
  const live = Object.entries(route.weights).filter(([, percent]) => percent > 0);
  const [first, ...others] = live;
  if (!first) return null;
  if (others.length > 0) {
    throw new VerdigrisError(
      'RouteConflictError',
      `the live route of ${service} is split (${describeWeights(route.weights)}); a release begins from one environment with all traffic. Put it on one side first`,
    );
  }
  const blue = await findLive(first[0], plan.environment, service, ports);
  if (blue) return blue;
  throw new VerdigrisError(
    'RouteConflictError',
    `the live route of ${service} leads to ${first[0]}, which no ${plan.environment.kind} environment is`,
  );
}
