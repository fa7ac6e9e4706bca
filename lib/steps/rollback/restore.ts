import { isoTime } from '../../release/clock.ts';
import { done, pending, type ReleaseDocument } from '../../release/document.ts';
import { isNamed, messageOf, VerdigrisError } from '../../release/errors.ts';
import type { DesiredRoute, Lease, Route, Router } from '../../routers/router.ts';
import { isHoldAsked } from '../breach.ts';
import { isSameTraffic } from '../document.ts';
import { hold } from '../hold.ts';
import { leaseLeftSeconds } from '../lease.ts';
import type { Ports, StepCall } from '../ports.ts';
import { lookAgainSeconds } from '../step.ts';
import { type Ask, restorationOf } from './fence.ts';

/** The route may be changed under our hands this often before we give up. */
const attempts = 5;
/** A change back may take at most this long to take effect. */
const ownLeaseMs = 30_000;

/** Traffic as it was before: all on blue. Null where nothing was live. */
function target(document: ReleaseDocument): DesiredRoute | null {
  const { blue } = document;
  return blue ? { weights: { [blue.id]: 100 }, environments: [blue] } : null;
}

/**
 * Puts traffic back where it was, as far as it moved at all, and says `pending` until it is sure to
 * stay there.
 */
export async function restore(
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
  ask: Ask,
): Promise<ReleaseDocument> {
  if (!document.plan) return { ...document, step: done };
  const router = await ports.adapters.router(document.plan.router, document.service);
  const route = await readOrTakeBack(document, ports, call, router);
  const seen = noteTraffic(document, route, ports);
  if (!mayHaveMoved(seen)) return { ...seen, step: done };
  const isNews = restorationOf(seen).hadTraffic && !restorationOf(document).hadTraffic;
  // Once it is put back, nobody sees that green had traffic: should this rollback die, or be stopped, the next asks.
  if (isNews) await ask(() => ports.ledger.saveDocument(seen));
  try {
    return await putBack(seen, ports, call, router, route);
  } catch (error) {
    // The ledger may be away: then it goes on with the document.
    if (!isNews) throw error;
    ports.log.warn('the way back is tried again', { reason: messageOf(error) });
    return { ...seen, step: pending(1) };
  }
}

/** What is to be done about traffic that has moved, or may have. */
async function putBack(
  seen: ReleaseDocument,
  ports: Ports,
  call: StepCall,
  router: Router,
  route: Route,
): Promise<ReleaseDocument> {
  if (mustHold(seen)) return hold(seen, ports, call);
  if (await isBlueGone(seen, ports)) return hold(withoutWayBack(seen), ports, call);
  const desired = target(seen);
  // Somebody else moved traffic before this release could: theirs stays (rule 9).
  const isTheirs = !restorationOf(seen).hadTraffic && foreignSide(route, seen) !== undefined;
  // Nothing was live before, so nothing can be written that would make a late first change lose.
  if (!desired) return waitForLease(seen, ports);
  if (isTheirs) return outwaitLeases(seen, router, ports);
  const isThere = isSameTraffic(route.weights, desired.weights);
  if (isThere && !restorationOf(seen).hadTraffic) return secure(seen, ports, call, router, route);
  const applied =
    isThere && restorationOf(seen).isApplied
      ? seen
      : await apply(seen, ports, call, router, route, desired);
  if ((await router.verify(desired)) === 'pending')
    return { ...applied, step: pending(lookAgainSeconds(router.facts)) };
  return outwaitLeases(noteRestored(applied, ports), router, ports);
}

/** The route. Where one door can't be read, no other waits for it: they go back meanwhile (rule 5). */
async function readOrTakeBack(
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
  router: Router,
): Promise<Route> {
  try {
    return await router.read();
  } catch (error) {
    const desired = target(document);
    if (router.takeBack && desired && (await mayTakeBack(document, ports))) {
      await router.takeBack(desired, sidesOf(document), leaseOf(document, ports, call));
    }
    throw error;
  }
}

function sidesOf({ blue, green }: ReleaseDocument): string[] {
  return [blue, green].flatMap((side) => side?.id ?? []);
}

/** Whether traffic may have moved, and would go back by itself if the route could be read. */
async function mayTakeBack(document: ReleaseDocument, ports: Ports): Promise<boolean> {
  const moved = { ...document, restoration: { ...restorationOf(document), hadTraffic: true } };
  return mayHaveMoved(document) && !mustHold(moved) && !(await isBlueGone(document, ports));
}

function leaseOf({ releaseId, epoch }: ReleaseDocument, ports: Ports, call: StepCall): Lease {
  const deadlineMs = ports.clock.now() + Math.min(ownLeaseMs, call.remainingMs());
  return { releaseId, epoch, deadlineMs, isWayBack: true };
}

/**
 * Traffic is where it was, yet a change that was begun may still arrive. Writing the route once more
 * makes a conditional one fail; where that write is refused, its lease is waited out instead.
 */
async function secure(
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
  router: Router,
  route: Route,
): Promise<ReleaseDocument> {
  const desired = target(document);
  if (!desired || restorationOf(document).isApplied) return outwaitLeases(document, router, ports);
  try {
    const applied = await apply(document, ports, call, router, route, desired);
    return outwaitLeases(noteRestored(applied, ports), router, ports);
  } catch (error) {
    ports.log.warn('the route was not written again, waiting instead', {
      reason: messageOf(error),
    });
    return waitForLease(withOwnLease(document, router, ports.clock.now() + ownLeaseMs), ports);
  }
}

/** A shift was made, seen, or begun by a call that may still be under way. */
function mayHaveMoved(document: ReleaseDocument): boolean {
  return restorationOf(document).hadTraffic || document.leaseUntil !== null;
}

/**
 * Green has traffic, and either nothing was live before, somebody asked for a hold, or the manifest
 * forbids to go back without a person. The state machine knows so for shifts on record; a first one that failed half way is
 * only seen here.
 */
function mustHold(document: ReleaseDocument): boolean {
  if (!restorationOf(document).hadTraffic) return false;
  const { blue, breach, plan } = document;
  if (!blue || (breach && isHoldAsked(breach, plan))) return true;
  return plan?.onBreach === 'hold' && breach?.kind !== 'operator';
}

/** How long the way back may take to say whether it is still there. */
const blueAnswerMs = 1_000;

/**
 * A release that had ended held no lock meanwhile, and its blue may have been retired just before it was
 * opened again. Only a clear word that blue is gone keeps traffic where it is (rule 5).
 */
async function isBlueGone(document: ReleaseDocument, ports: Ports): Promise<boolean> {
  const { blue, milestones, plan, restoration } = document;
  if (!blue || !plan || milestones.endedAt === null || restoration?.isApplied) return false;
  const silence = Promise.withResolvers<null>();
  const cancel = ports.timers.after(blueAnswerMs, () => silence.resolve(null));
  try {
    const asked = (await ports.adapters.environment(plan.environment, document.service)).status(
      blue,
    );
    const status = await Promise.race([asked, silence.promise]);
    return status?.state === 'gone';
  } catch (error) {
    ports.log.warn('blue could not be asked for', { reason: messageOf(error) });
    return false;
  } finally {
    cancel();
  }
}

/** What a person is to read who has to decide. */
function withoutWayBack(document: ReleaseDocument): ReleaseDocument {
  const Cause = `${document.blue?.id} is gone, so traffic was left where it is`;
  return { ...document, error: { Error: 'NothingToRollBackError', Cause } };
}

/** A shift that nobody wrote down is one all the same: the release is not one that never had traffic. */
function noteTraffic(document: ReleaseDocument, route: Route, ports: Ports): ReleaseDocument {
  const hasGreen = document.green !== null && (route.weights[document.green.id] ?? 0) > 0;
  if (!hasGreen) return document;
  const { milestones } = document;
  const firstShiftAt = milestones.firstShiftAt ?? isoTime(ports.clock.now());
  return {
    ...document,
    milestones: { ...milestones, firstShiftAt },
    restoration: { ...restorationOf(document), hadTraffic: true },
  };
}

/**
 * Writes the route, also when it already is as it should be: a new revision makes a conditional
 * change that was read before it fail, whoever still has it in hand (rule 4).
 */
async function apply(
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
  router: Router,
  first: Route,
  desired: DesiredRoute,
): Promise<ReleaseDocument> {
  let route = first;
  for (let tried = 1; ; tried += 1) {
    const lease = leaseOf(document, ports, call);
    // One door of several that somebody sent elsewhere keeps no other on green.
    if (foreignSide(route, document) !== undefined)
      await router.takeBack?.(desired, sidesOf(document), lease);
    throwIfForeign(route, document);
    try {
      await router.apply(router.plan(route, desired), lease);
      const leased = withOwnLease(document, router, lease.deadlineMs);
      return { ...leased, restoration: { ...restorationOf(leased), isApplied: true } };
    } catch (error) {
      if (!isNamed(error, 'RouteConflictError') || tried >= attempts) throw error;
      route = await router.read();
    }
  }
}

/**
 * A change of this rollback that was begun may still be on its way. Where the provider cannot refuse
 * it, it is waited for like any other: until its own lease is over.
 */
function withOwnLease(
  document: ReleaseDocument,
  router: Router,
  deadlineMs: number,
): ReleaseDocument {
  const deadline = isoTime(deadlineMs);
  const isLater = document.leaseUntil === null || document.leaseUntil < deadline;
  return router.facts.isConditional || !isLater ? document : { ...document, leaseUntil: deadline };
}

/** A side that is neither blue nor green and gets traffic. */
function foreignSide(route: Route, document: ReleaseDocument): string | undefined {
  const own = new Set([document.blue?.id, document.green?.id]);
  return Object.keys(route.weights).find((id) => (route.weights[id] ?? 0) > 0 && !own.has(id));
}

/** Traffic that somebody sent elsewhere on purpose is theirs (rule 9). */
function throwIfForeign(route: Route, document: ReleaseDocument): void {
  const side = foreignSide(route, document);
  if (side === undefined) return;
  throw new VerdigrisError(
    'RouteConflictError',
    `somebody sent ${route.weights[side]}% of ${document.service} to ${side}, which is neither blue nor green; nothing was overwritten`,
    { details: { found: route.weights } },
  );
}

function noteRestored(document: ReleaseDocument, ports: Ports): ReleaseDocument {
  const restoredAt = document.milestones.restoredAt ?? isoTime(ports.clock.now());
  return { ...document, milestones: { ...document.milestones, restoredAt } };
}

/** Where the provider can't refuse a stale change, wait until the last one has lost its lease. */
function outwaitLeases(document: ReleaseDocument, router: Router, ports: Ports): ReleaseDocument {
  return router.facts.isConditional ? { ...document, step: done } : waitForLease(document, ports);
}

function waitForLease(document: ReleaseDocument, ports: Ports): ReleaseDocument {
  const leftSeconds = leaseLeftSeconds(document, ports);
  return { ...document, step: leftSeconds > 0 ? pending(Math.min(5, leftSeconds)) : done };
}
