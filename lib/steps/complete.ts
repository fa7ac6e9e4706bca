import { isoTime } from '../release/clock.ts';
import { done, pending, type ReleaseDocument } from '../release/document.ts';
import { isNamed, VerdigrisError } from '../release/errors.ts';
import { formatDuration } from '../release/quantities.ts';
import { alarmBreach, clip, countingAlarms, failBy, throwIfOver } from './breach.ts';
import {
  describeWeights,
  greenOf,
  inPhase,
  isSameTraffic,
  planOf,
  splitTraffic,
} from './document.ts';
import { endRelease, hasEnded } from './ending.ts';
import { burnData } from './error-budget.ts';
import { blindBreach, isUnreadable, unreadable, withBlindness } from './judge/blindness.ts';
import { leaseLeftSeconds } from './lease.ts';
import type { Ports } from './ports.ts';
import { tidyRoute } from './readiness.ts';
import { record } from './record.ts';
import { retireName, scheduleRetire } from './retire.ts';
import { lookAgainSeconds, patiently, type Step } from './step.ts';

/**
 * Ends a release well: all traffic is on green, nothing breached, and blue is kept until its
 * retention time is over. The outcome is the last thing that is written.
 * @throws BreachError, RollbackRequestedError, HoldRequestedError, RouteConflictError
 */
export const complete: Step = patiently(async (given, ports) => {
  const found = await ports.ledger.getRelease(given.releaseId);
  if (found?.outcome === 'completed') return hasEnded(found.document, ports);
  await throwIfOver(given, ports);
  const document = await lookAtAlarms(given, ports);
  if (document.step.status === 'pending') return document;
  const leftSeconds = leaseLeftSeconds(document, ports);
  if (leftSeconds > 0) return { ...document, step: pending(Math.min(5, leftSeconds)) };
  const desired = splitTraffic(document, 100);
  const router = await ports.adapters.router(planOf(document).router, document.service);
  const route = await router.read();
  if (!isSameTraffic(route.weights, desired.weights)) {
    throw new VerdigrisError(
      'RouteConflictError',
      `the route was changed by somebody else: expected ${describeWeights(desired.weights)}, found ${describeWeights(route.weights)}`,
    );
  }
  if ((await router.verify(desired)) === 'pending')
    return { ...document, step: pending(lookAgainSeconds(router.facts)) };
  await tidyRoute(document, ports);
  await retireBlueLater(document, ports);
  try {
    return await end(inPhase(document, 'completing', ports), ports);
  } catch (error) {
    // Recorded since the look at the beginning: a request of a person's has a name of its own.
    if (isNamed(error, 'BreachError')) await throwIfOver(document, ports);
    throw error;
  }
});

/** How soon alarms that cannot be read are looked at again, in seconds. */
const blindSeconds = 5;

/** The last look at alarms: `pending` while they cannot be read, as long as the plan allows that. */
async function lookAtAlarms(document: ReleaseDocument, ports: Ports): Promise<ReleaseDocument> {
  const { plan, watch } = document;
  try {
    const [alarm] = await countingAlarms(document, ports);
    if (alarm) await failBy(document, alarmBreach(alarm, ports), ports);
    return { ...document, watch: watch && withBlindness(watch, null), step: done };
  } catch (error) {
    if (!plan || !watch || !isUnreadable(plan, error)) throw error;
    const now = ports.clock.now();
    const reason = `the alarms could not be read: ${clip(error.message, 150)}`;
    const blindness = unreadable(plan, watch, reason, now);
    const breach = blindBreach(plan, blindness, now);
    if (breach) await failBy(document, breach, ports);
    const step = blindness.isTooLong ? done : pending(blindSeconds);
    return { ...document, watch: withBlindness(watch, blindness), step };
  }
}

async function end(document: ReleaseDocument, ports: Ports): Promise<ReleaseDocument> {
  const { artifact, blue } = document;
  const reason = `${artifact.version} is live`;
  const kept = `${blue?.version} is kept for ${formatDuration(planOf(document).retainSeconds)}`;
  return endRelease(
    document,
    {
      outcome: 'completed',
      reason,
      summary: blue ? `${reason}; ${kept}` : reason,
      data: {
        green: greenOf(document).id,
        blue: blue?.id ?? null,
        ...(await burnData(document, ports)),
      },
    },
    ports,
  );
}

/** Begins before the end is written, so that blue is not forgotten; it waits for its time. */
async function retireBlueLater(document: ReleaseDocument, ports: Ports): Promise<void> {
  const { blue } = document;
  if (!blue) return;
  const { retainSeconds } = planOf(document);
  const retireAt = isoTime(ports.clock.now() + retainSeconds * 1000);
  // Written down first: whoever calls it off goes by the record.
  await record(document, ports, {
    key: `retire-scheduled-blue-${document.epoch}`,
    type: 'Retire Scheduled',
    summary: `${blue.id} will be retired in ${formatDuration(retainSeconds)}`,
    data: { environment: blue.id, retireAt, execution: retireName(document, 'blue') },
  });
  await scheduleRetire(document, 'blue', blue, retireAt, ports);
}
