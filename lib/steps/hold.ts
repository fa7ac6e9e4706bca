import { epochMs } from '../release/clock.ts';
import { type Breach, pending, type ReleaseDocument } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';
import type { Route, Router } from '../routers/router.ts';
import { breachFromError } from './breach.ts';
import { describeWeights, planOf } from './document.ts';
import { endRelease, hasEnded } from './ending.ts';
import { leaseLeftSeconds, withLeases } from './lease.ts';
import type { Ports } from './ports.ts';
import { callOffRetirement } from './retire.ts';
import { patiently, type Step } from './step.ts';

/**
 * Freezes traffic where it is and calls a person: for releases that must not be rolled back by
 * themselves, and for a first release, which has no side to go back to. The service stays locked
 * until somebody decides with `resume`.
 */
export const hold: Step = patiently(async (document, ports) => {
  const ended = await ports.ledger.getRelease(document.releaseId);
  if (ended?.outcome) return hasEnded(ended.document, ports);
  const lock = await ports.ledger.raiseEpoch(document.service, document.releaseId);
  const router = await ports.adapters.router(planOf(document).router, document.service);
  const leased = await withLeases({ ...document, epoch: lock.epoch }, router, ports);
  const leftSeconds = leaseLeftSeconds(leased, ports);
  if (leftSeconds > 0) return { ...document, step: pending(Math.min(5, leftSeconds)) };
  const route = await freezeRoute({ ...document, epoch: lock.epoch }, router, ports);
  // What could not be frozen may still be moved by a change that was begun: its lease is waited out.
  const openSeconds = route ? 0 : await lastDeadlineSeconds(document, ports);
  if (openSeconds > 0) return { ...document, step: pending(Math.min(5, openSeconds)) };
  await callOffRetirement(document, 'its release is held', ports);
  const breach =
    (await ports.ledger.getBreach(document.releaseId)) ??
    document.breach ??
    breachFromError(document, ports);
  const reason = reasonOf(document, breach);
  const weights = route ? describeWeights(route.weights) : 'unknown, the router could not be read';
  const resume = `verdigris resume ${document.releaseId} --continue or --rollback`;
  return endRelease(
    {
      ...document,
      epoch: lock.epoch,
      restoration: null,
      leaseUntil: null,
      breach,
      expectedRoute: route ?? document.expectedRoute,
      milestones: { ...document.milestones, breachAt: breach.detectedAt },
    },
    {
      outcome: 'held',
      reason,
      key: `held-${lock.epoch}`,
      by: breach.by,
      summary: `HELD, traffic stays at ${weights}: ${reason}. Decide with: ${resume}`,
      data: { weights: route?.weights ?? null, owner: planOf(document).owner },
    },
    ports,
  );
});

/** Also why there is no way back, where a rollback found that. */
function reasonOf({ error }: ReleaseDocument, { reason }: Breach): string {
  return error?.Error === 'NothingToRollBackError' ? `${reason}; ${error.Cause}` : reason;
}

/** Seconds until the last change that this release wrote down can no longer take effect. */
async function lastDeadlineSeconds({ releaseId }: ReleaseDocument, ports: Ports): Promise<number> {
  const intents = await ports.ledger.listIntents(releaseId);
  const last = Math.max(0, ...intents.map(({ deadline }) => epochMs(deadline)));
  return Math.max(0, (last - ports.clock.now()) / 1000);
}

/** Writes the route as it is, so that no change that was begun earlier can still win (rule 4). */
async function freezeRoute(
  document: ReleaseDocument,
  router: Router,
  ports: Ports,
): Promise<Route | null> {
  try {
    const route = await router.read();
    const known = [document.blue, document.green].flatMap((side) => (side ? [side] : []));
    const environments = known.filter((side) => (route.weights[side.id] ?? 0) > 0);
    const desired = { weights: route.weights, environments };
    const deadlineMs = ports.clock.now() + 30_000;
    return await router.apply(router.plan(route, desired), {
      releaseId: document.releaseId,
      epoch: document.epoch,
      deadlineMs,
    });
  } catch (error) {
    ports.log.warn('the route could not be frozen', { reason: messageOf(error) });
    return null;
  }
}
