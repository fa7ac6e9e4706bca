import type { ReleaseRecord } from '../../../ledger/ledger.ts';
import type { CheckRequest } from '../../../release/check-run.ts';
import type { EnvironmentRef, Weights } from '../../../release/document.ts';
import { VerdigrisError } from '../../../release/errors.ts';
import type { Plan } from '../../../release/plan.ts';
import { findLive } from '../../live.ts';
import type { Ports } from '../../ports.ts';
import { releaseInProgress } from '../../retire.ts';
import type { CheckSubject } from '../../run-check.ts';

type Pair = Pick<CheckSubject, 'releaseId' | 'artifact' | 'blue' | 'green' | 'isLive'>;

/** Looked for among so many of a service. */
const lookBack = 50;

/**
 * What a check outside of a release looks at: blue and green of the release that runs, or else what is
 * live, as green, and what was live before it as long as it is there.
 * @throws ReleaseStateError when nothing is live.
 */
export async function findPair(service: string, plan: Plan, ports: Ports): Promise<Pair> {
  const { weights } = await (await ports.adapters.router(plan.router, service)).read();
  const running = await releaseInProgress(service, ports);
  const record = running === null ? null : await ports.ledger.getRelease(running);
  if (record?.document.green) return pairOf(record, record.document.green, weights);
  const live = await liveOf(weights, service, plan, ports);
  if (!live) {
    const reason = 'nothing of it is live, and no release has a green yet; release something first';
    throw new VerdigrisError(
      'ReleaseStateError',
      `there is nothing of ${service} to look at: ${reason}`,
    );
  }
  const made = await lastThatMade(live, service, ports);
  if (!made) return { releaseId: null, artifact: null, blue: null, green: live, isLive: true };
  const pair = pairOf(made, live, weights);
  return { ...pair, blue: pair.blue && (await ifReady(pair.blue, service, plan, ports)) };
}

/** What a preflight compares with: what is live now. */
export async function preflightPair(
  { service, artifact }: CheckRequest,
  plan: Plan,
  ports: Ports,
): Promise<Pair> {
  const { weights } = await (await ports.adapters.router(plan.router, service)).read();
  const blue = await liveOf(weights, service, plan, ports);
  return { releaseId: null, artifact, blue, green: null, isLive: false };
}

function pairOf(
  { releaseId, artifact, document }: ReleaseRecord,
  green: EnvironmentRef,
  weights: Weights,
): Pair {
  const isLive = (weights[green.id] ?? 0) > 0;
  return { releaseId, artifact, blue: document.blue, green, isLive };
}

/** What gets most of the traffic. */
async function liveOf(
  weights: Weights,
  service: string,
  plan: Plan,
  ports: Ports,
): Promise<EnvironmentRef | null> {
  const [most] = Object.entries(weights)
    .filter(([, percent]) => percent > 0)
    .sort(([, a], [, b]) => b - a);
  return most ? findLive(most[0], plan.environment, service, ports) : null;
}

async function lastThatMade(
  { id }: EnvironmentRef,
  service: string,
  { ledger }: Ports,
): Promise<ReleaseRecord | null> {
  const releases = await ledger.listReleases({ service, limit: lookBack });
  return releases.find(({ document }) => document.green?.id === id) ?? null;
}

/** One that was retired meanwhile is nothing to compare with. */
async function ifReady(
  ref: EnvironmentRef,
  service: string,
  plan: Plan,
  ports: Ports,
): Promise<EnvironmentRef | null> {
  const environment = await ports.adapters.environment(plan.environment, service);
  return (await environment.status(ref)).state === 'ready' ? ref : null;
}
