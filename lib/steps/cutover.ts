import { epochMs, isoTime } from '../release/clock.ts';
import { done, pending, type ReleaseDocument } from '../release/document.ts';
import { isNamed, VerdigrisError } from '../release/errors.ts';
import type { ShiftStep } from '../release/plan.ts';
import { formatDuration } from '../release/quantities.ts';
import type { DesiredRoute, Lease, Route, Router } from '../routers/router.ts';
import { settleFiringAlarms, throwIfOver } from './breach.ts';
import {
  describeWeights,
  greenOf,
  inPhase,
  isSameTraffic,
  planOf,
  splitTraffic,
  withoutError,
} from './document.ts';
import { leaseLeftSeconds, withLeases } from './lease.ts';
import type { Ports, StepCall } from './ports.ts';
import { quietAlarms } from './quiet-alarms.ts';
import { getReady, withBothSides } from './readiness.ts';
import { record } from './record.ts';
import { lookAgainSeconds, patiently, type Step } from './step.ts';

/** A traffic change may take at most this long to take effect. */
const leaseLimitMs = 30_000;
/** Left for what follows the change within the same call. */
const reserveMs = 2_000;

/**
 * Makes the next shift of the plan, once green and the route are ready for it: one conditional change of
 * the route, written down before it is made, then verified by `pending` until every client follows.
 * @throws RouteConflictError when the live route is not the one this release left (rule 9).
 * @throws AlarmFiringError before the first shift (rule 11). @throws StaleEpochError after a rollback.
 * @throws RouteUnreadyError when green or the route do not get ready in time.
 */
export const cutover: Step = patiently(async (document, ports, call) => {
  const plan = planOf(document);
  const index = document.nextStepIndex;
  const shift = plan.steps[index];
  if (!shift)
    throw new VerdigrisError('ReleaseStateError', `there is no shift number ${index + 1}`);
  await throwIfOver(document, ports);
  const router = await ports.adapters.router(plan.router, document.service);
  const leftSeconds = index > 0 ? leaseLeftSeconds(document, ports) : 0;
  if (leftSeconds > 0) return { ...document, step: pending(Math.min(5, leftSeconds)) };
  const desired = splitTraffic(document, shift.weightPercent);
  const route = await router.read();
  if (isSameTraffic(route.weights, desired.weights)) {
    await throwIfNotOurs(document, ports, index);
    return verifyShift(await withIntended(document, ports), ports, router, desired, route);
  }
  throwIfUnexpected(route, document);
  const isFirst = document.milestones.firstShiftAt === null;
  if (isFirst) await throwIfNotCleared(document, ports);
  const prepared = await getReady(document, ports, call, router, desired);
  if (prepared.step.status === 'pending') return prepared;
  const settled = isFirst ? await settleFiringAlarms(prepared, ports) : prepared;
  if (isFirst) await quietAlarms(settled, ports, call);
  const intended = await intend(settled, ports, call, desired, index);
  const shifted = await applyShift(intended, ports, router, desired, route);
  return verifyShift(intended, ports, router, desired, shifted);
});

/**
 * What an earlier call settled before it made this shift and lost its answer: which alarms do not count
 * (rule 11), and when traffic moved first.
 */
async function withIntended(document: ReleaseDocument, ports: Ports): Promise<ReleaseDocument> {
  const recorded = (await ports.ledger.getRelease(document.releaseId))?.document;
  if (recorded?.epoch !== document.epoch) return document;
  const { ignoredAlarms, milestones } = recorded;
  const firstShiftAt = document.milestones.firstShiftAt ?? milestones.firstShiftAt;
  return { ...document, ignoredAlarms, milestones: { ...document.milestones, firstShiftAt } };
}

/** Rule 3, looked at again where it counts: no traffic without every critical check and approval. */
async function throwIfNotCleared(document: ReleaseDocument, ports: Ports): Promise<void> {
  const plan = planOf(document);
  const passed = new Set(
    document.checks.filter((it) => it.verdict !== 'fail').map((it) => it.name),
  );
  const open = plan.checks.find((check) => check.isCritical && !passed.has(check.name));
  if (open)
    throw new VerdigrisError('ReleaseStateError', `critical check ${open.name} has not passed`);
  if (!plan.approval.isRequired) return;
  const approval = await ports.ledger.getApproval(document.releaseId);
  if (approval?.state === 'approved') return;
  throw new VerdigrisError(
    'ReleaseStateError',
    'the approval that the manifest asks for is not in',
  );
}

/**
 * Where the route is as this shift would make it, an earlier call of this step made it, and wrote it down
 * before. Otherwise somebody sent traffic to green by hand, which nobody has cleared (rules 3 and 9).
 */
async function throwIfNotOurs(
  document: ReleaseDocument,
  ports: Ports,
  index: number,
): Promise<void> {
  if (document.milestones.firstShiftAt !== null) return;
  const intents = await ports.ledger.listIntents(document.releaseId);
  if (intents.some(({ id }) => id.endsWith(`#shift-${index}`))) return;
  throw new VerdigrisError(
    'RouteConflictError',
    `somebody sent traffic to ${greenOf(document).id} before this release did; nothing was overwritten`,
  );
}

/** Rules 1 and 9: the route must be what this release found at its admission or left behind. */
function throwIfUnexpected(route: Route, document: ReleaseDocument): void {
  const expected = document.expectedRoute?.weights ?? {};
  if (isSameTraffic(route.weights, expected)) return;
  throw new VerdigrisError(
    'RouteConflictError',
    `the route was changed by somebody else: expected ${describeWeights(expected)}, found ${describeWeights(route.weights)}; nothing was overwritten`,
    { details: { expected, found: route.weights } },
  );
}

/** Writes the change down with its deadline before it is made, in the ledger and in the document. */
async function intend(
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
  desired: DesiredRoute,
  index: number,
): Promise<ReleaseDocument> {
  const leaseMs = Math.max(0, Math.min(leaseLimitMs, call.remainingMs() - reserveMs));
  const deadline = isoTime(ports.clock.now() + leaseMs);
  await ports.ledger.recordIntent({
    id: `${document.releaseId}#${document.epoch}#shift-${index}`,
    releaseId: document.releaseId,
    service: document.service,
    epoch: document.epoch,
    weights: desired.weights,
    deadline,
  });
  const intended = { ...inPhase(document, 'cutting-over', ports), leaseUntil: deadline };
  await ports.ledger.saveDocument(intended);
  await record(intended, ports, {
    key: `intent-${index}-${document.epoch}`,
    type: 'Shift Intended',
    summary: describeWeights(desired.weights),
    data: { weights: desired.weights, deadline },
  });
  return intended;
}

async function applyShift(
  document: ReleaseDocument,
  ports: Ports,
  router: Router,
  desired: DesiredRoute,
  route: Route,
): Promise<Route> {
  const lease: Lease = {
    releaseId: document.releaseId,
    epoch: document.epoch,
    deadlineMs: document.leaseUntil ? epochMs(document.leaseUntil) : ports.clock.now(),
  };
  try {
    // Blue too where it gets nothing: of several doors those that were switched may have to go back.
    return await router.apply(router.plan(route, withBothSides(desired, document)), lease);
  } catch (error) {
    // An earlier call of this step, presumed dead, may have made this very change.
    if (!isNamed(error, 'RouteConflictError')) throw error;
    const found = await router.read();
    if (isSameTraffic(found.weights, desired.weights)) return found;
    throw error;
  }
}

async function verifyShift(
  document: ReleaseDocument,
  ports: Ports,
  router: Router,
  desired: DesiredRoute,
  route: Route,
): Promise<ReleaseDocument> {
  const now = isoTime(ports.clock.now());
  const moved: ReleaseDocument = {
    ...withoutError(await withLeases(document, router, ports)),
    expectedRoute: route,
    milestones: { ...document.milestones, firstShiftAt: document.milestones.firstShiftAt ?? now },
  };
  if ((await router.verify(desired)) === 'pending') {
    const waiting = { ...moved, step: pending(lookAgainSeconds(router.facts)) };
    await ports.ledger.saveDocument(waiting);
    return waiting;
  }
  return openWindow(moved, ports, desired, now);
}

async function openWindow(
  document: ReleaseDocument,
  ports: Ports,
  desired: DesiredRoute,
  now: string,
): Promise<ReleaseDocument> {
  const plan = planOf(document);
  const index = document.nextStepIndex;
  const isAll = desired.weights[greenOf(document).id] === 100;
  // A first release has no blue to share traffic with: its only window is the last one.
  const shift = plan.steps[isAll ? plan.steps.length - 1 : index] as ShiftStep;
  const opened: ReleaseDocument = {
    ...inPhase(document, 'watching', ports),
    nextStepIndex: isAll ? plan.steps.length : index + 1,
    hasMoreSteps: !isAll,
    milestones: { ...document.milestones, cutoverAt: isAll ? now : document.milestones.cutoverAt },
    watch: {
      stepIndex: index,
      startedAt: now,
      endsAt: isoTime(epochMs(now) + shift.windowSeconds * 1000),
      nextLookSeconds: Math.min(plan.watch.intervalSeconds, shift.windowSeconds),
      looks: 0,
      isClosed: false,
    },
    step: done,
  };
  await ports.ledger.saveDocument(opened);
  await record(opened, ports, {
    key: `shift-${index}`,
    type: 'Traffic Shifted',
    at: now,
    summary: describeWeights(desired.weights),
    data: { weights: desired.weights, revision: document.expectedRoute?.revision ?? null },
  });
  await record(opened, ports, {
    key: `window-${index}`,
    type: 'Window Opened',
    at: now,
    summary: `watching for ${formatDuration(shift.windowSeconds)}, a look every ${formatDuration(plan.watch.intervalSeconds)}`,
    data: { endsAt: opened.watch?.endsAt ?? now, alarms: plan.watch.alarms },
  });
  return opened;
}
