import { epochMs, isoTime } from '../release/clock.ts';
import { done, pending, type ReleaseDocument } from '../release/document.ts';
import { isNamed, messageOf, VerdigrisError } from '../release/errors.ts';
import { usualReadyWithinSeconds } from '../release/plan.ts';
import { formatDuration } from '../release/quantities.ts';
import type { DesiredRoute, Lease, Router } from '../routers/router.ts';
import { greenOf, inPhase, planOf } from './document.ts';
import type { Ports, StepCall } from './ports.ts';
import { record } from './record.ts';

/** A change that prepares a shift may take at most this long to take effect. */
export const prepareLeaseMs = 10_000;

/**
 * What has to be so before a shift forwards: green has what it needs to take all traffic, and the route
 * could take the shift. Comes back `done` when nothing stands in the way, else `pending`.
 * @throws RouteUnreadyError when it takes longer than `cutover.readyWithin`.
 */
export async function getReady(
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
  router: Router,
  shift: DesiredRoute,
): Promise<ReleaseDocument> {
  const begun = inPhase(document, 'cutting-over', ports);
  const size = await goLive(document, ports);
  if (size) return waitFor(begun, size, ports);
  const desired = withBothSides(shift, document);
  const route = await router.readiness?.(desired);
  if (!route || route.status === 'ready') return outwaitPreparation(begun, router, ports);
  if (route.status === 'pending') return waitFor(begun, route, ports);
  throwIfTooLong(begun, route, ports);
  return prepare(begun, ports, call, router, desired);
}

interface Waiting {
  reason: string;
  retryAfterSeconds: number;
}

/** Null when green is as large as it has to be. */
async function goLive(document: ReleaseDocument, ports: Ports): Promise<Waiting | null> {
  const { environment: config } = planOf(document);
  const green = greenOf(document);
  const environment = await ports.adapters.environment(config, document.service);
  const status = await environment.goLive?.(green, document.blue);
  if (!status || status.state === 'ready') return null;
  if (status.state === 'pending') return status;
  throw new VerdigrisError(
    'ProvisionFailedError',
    `${green.id} is ${status.state}: ${status.reason}; it got no traffic`,
  );
}

/** The same shift with every side of the release, also one that gets nothing. */
export function withBothSides({ weights }: DesiredRoute, document: ReleaseDocument): DesiredRoute {
  const { blue } = document;
  return { weights, environments: [greenOf(document), ...(blue ? [blue] : [])] };
}

async function waitFor(
  document: ReleaseDocument,
  { reason, retryAfterSeconds }: Waiting,
  ports: Ports,
): Promise<ReleaseDocument> {
  throwIfTooLong(document, { reason }, ports);
  ports.log.info('not ready for a shift yet', { reason });
  const waiting = { ...document, step: pending(retryAfterSeconds) };
  await ports.ledger.saveDocument(waiting);
  return waiting;
}

/** @throws RouteUnreadyError when the release has been getting ready for longer than it may. */
function throwIfTooLong(
  document: ReleaseDocument,
  { reason }: Pick<Waiting, 'reason'>,
  ports: Ports,
): void {
  const limitSeconds = planOf(document).readyWithinSeconds ?? usualReadyWithinSeconds;
  const waitedMs = ports.clock.now() - epochMs(document.phaseSince);
  if (waitedMs > limitSeconds * 1000) {
    throw new VerdigrisError(
      'RouteUnreadyError',
      `not ready for a shift after ${formatDuration(limitSeconds)} (cutover.readyWithin): ${reason}`,
    );
  }
}

/** The intent of a preparation, by which a shift knows what it has to wait for. */
const intentMark = '#prepare-';

/**
 * One change that moves no traffic, written down before it is made like one that does. Not in the
 * document: there a lease says that a shift may have been made.
 */
async function prepare(
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
  router: Router,
  desired: DesiredRoute,
): Promise<ReleaseDocument> {
  const { releaseId, service, epoch, nextStepIndex, expectedRoute } = document;
  const deadlineMs = ports.clock.now() + Math.min(prepareLeaseMs, call.remainingMs());
  const deadline = isoTime(deadlineMs);
  const weights = expectedRoute?.weights ?? {};
  const id = `${releaseId}#${epoch}${intentMark}${nextStepIndex}`;
  await ports.ledger.recordIntent({ id, releaseId, service, epoch, weights, deadline });
  await ports.ledger.saveDocument(document);
  const lease: Lease = { releaseId, epoch, deadlineMs };
  await router.prepare?.(desired, lease);
  await record(document, ports, {
    key: `prepared-${nextStepIndex}`,
    type: 'Route Prepared',
    summary: `the route is made ready for ${greenOf(document).id}; traffic stays where it is`,
  });
  return { ...document, step: pending(1) };
}

/** Where the provider compares nothing, a preparation that comes late would undo the shift (rule 4). */
async function outwaitPreparation(
  document: ReleaseDocument,
  router: Router,
  ports: Ports,
): Promise<ReleaseDocument> {
  if (!router.prepare || router.facts.isConditional) return { ...document, step: done };
  const intents = await ports.ledger.listIntents(document.releaseId);
  const deadlines = intents
    .filter(({ id }) => id.includes(intentMark))
    .map(({ deadline }) => epochMs(deadline));
  const leftSeconds = (Math.max(0, ...deadlines) - ports.clock.now()) / 1000;
  return { ...document, step: leftSeconds > 0 ? pending(Math.min(5, leftSeconds)) : done };
}

/**
 * Puts back what was prepared besides the sides. A release does not fail for it: what stays is told.
 * @throws ThrottledError, which the step waits for.
 */
export async function tidyRoute(document: ReleaseDocument, ports: Ports): Promise<void> {
  const { releaseId, epoch, service } = document;
  const router = await ports.adapters.router(planOf(document).router, service);
  if (!router.tidy) return;
  try {
    await router.tidy({ releaseId, epoch, deadlineMs: ports.clock.now() + prepareLeaseMs });
  } catch (error) {
    if (isNamed(error, 'ThrottledError')) throw error;
    const reason = messageOf(error);
    ports.log.warn('the route was not tidied up', { reason });
    await record(document, ports, {
      key: `not-tidied-${epoch}`,
      type: 'Route Not Tidied',
      summary: `what was prepared for the release stays: ${reason}`,
    });
  }
}
