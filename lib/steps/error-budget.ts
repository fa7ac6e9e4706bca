import type { Freeze } from '../ledger/ledger.ts';
import { addLook, type BudgetTally, emptyTally } from '../release/budget-tally.ts';
import { isoTime } from '../release/clock.ts';
import type { ReleaseDocument } from '../release/document.ts';
import {
  type BudgetStatus,
  budgetKeeper,
  budgetStatus,
  decide,
  pardoned,
  remedyOf,
} from '../release/error-budget.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { EventType } from '../release/events.ts';
import type { JsonObject } from '../release/json.ts';
import type { Plan } from '../release/plan.ts';
import type { Slo } from '../release/slo.ts';
import { planOf } from './document.ts';
import { type BudgetSubject, see } from './error-budget/see.ts';
import { type Traffic, trafficIn, trafficOf } from './error-budget/traffic.ts';
import type { Ports } from './ports.ts';

/** So often somebody else may be faster between reading a tally and storing it. */
const tries = 10;

/**
 * Reads what the service did since the last look into its tally, and freezes or frees the service by what
 * follows. Any number of looks at once have the effect of one.
 * @throws SignalUnavailableError, ThrottledError, LedgerUnavailableError, all worth a repetition.
 */
export async function lookAtBudget(subject: BudgetSubject, ports: Ports): Promise<BudgetTally> {
  const { service, slo } = subject;
  const now = ports.clock.now();
  const known = await ports.ledger.getBudget(service);
  const seen = await see(subject, known, now, ports);
  const tally = await changeTally(
    service,
    (before) => decide(addLook(before, seen, slo), slo, now),
    ports,
  );
  await settleFreeze(tally, slo, ports);
  return tally;
}

/** The same with what router and ledger know of the service now. */
export async function lookAtService(
  subject: Omit<BudgetSubject, keyof Traffic>,
  ports: Ports,
): Promise<BudgetTally> {
  return lookAtBudget({ ...subject, ...(await trafficOf(subject, ports)) }, ports);
}

/** Changes a tally as it is now, again and again until nobody came in between. */
async function changeTally(
  service: string,
  change: (tally: BudgetTally) => BudgetTally,
  ports: Ports,
): Promise<BudgetTally> {
  for (let tried = 1; tried <= tries; tried += 1) {
    const before = await ports.ledger.getBudget(service);
    const changed = change(before ?? emptyTally(service, isoTime(ports.clock.now())));
    const after = { ...changed, revision: changed.revision + 1 };
    if (await ports.ledger.putBudget(after)) return after;
  }
  throw new VerdigrisError(
    'LedgerUnavailableError',
    `the error budget of ${service} is being changed by others all the time`,
  );
}

/** Sets or lifts the freeze that the tally asks for. Somebody's own is left alone. */
async function settleFreeze(tally: BudgetTally, slo: Slo, ports: Ports): Promise<void> {
  const { service, stop } = tally;
  if (!stop) return;
  const standing = (await ports.ledger.listFreezes()).find(({ scope }) => scope === service);
  if (stop.isOver) {
    if (standing?.by === budgetKeeper) await liftBudgetFreeze(service, 'has recovered', ports);
    return;
  }
  const { reason, at } = stop;
  const freeze: Freeze = { scope: service, reason, by: budgetKeeper, at };
  const isAdded = standing === undefined && (await ports.ledger.addFreeze(freeze));
  if (!isAdded && standing?.by !== budgetKeeper) return;
  const data = { errorBudget: figuresOf(budgetStatus(tally, slo, ports.clock.now())) };
  const happening = { key: `set-${stop.releaseId}`, summary: reason, data };
  await tell(service, 'Freeze Set', happening, ports);
  // Somebody who lifted it between the look and the freeze has the last word.
  const isLifted = isAdded && (await ports.ledger.getBudget(service))?.stop?.isOver === true;
  if (isLifted) await ports.ledger.deleteFreeze(service, budgetKeeper);
}

/** Lifts the freeze that the budget has set, and no other. */
export async function liftBudgetFreeze(service: string, why: string, ports: Ports): Promise<void> {
  if (!(await ports.ledger.deleteFreeze(service, budgetKeeper))) return;
  const happening = { key: `lifted-${ports.ids.next()}`, summary: `the error budget ${why}` };
  await tell(service, 'Freeze Lifted', happening, ports);
}

async function tell(
  service: string,
  type: EventType,
  { key, summary, data = {} }: { key: string; summary: string; data?: JsonObject },
  ports: Ports,
): Promise<void> {
  await ports.ledger.appendEvent({
    id: `${service}#error-budget-${key}`,
    type,
    releaseId: null,
    service,
    at: isoTime(ports.clock.now()),
    by: budgetKeeper,
    summary,
    data,
  });
}

/** How a service's budget stands by the last look; null without an objective. */
export async function budgetOf(
  service: string,
  slo: Slo | null | undefined,
  ports: Ports,
): Promise<BudgetStatus | null> {
  if (!slo) return null;
  const now = ports.clock.now();
  const tally = (await ports.ledger.getBudget(service)) ?? emptyTally(service, isoTime(now));
  return budgetStatus(tally, slo, now);
}

/**
 * By the last look. A rollback asks nobody here.
 * @throws ReleaseFrozenError when too little is left, or the budget has frozen the service.
 */
export async function throwIfSpent(
  service: string,
  slo: Slo | undefined,
  ports: Ports,
): Promise<void> {
  const budget = await budgetOf(service, slo, ports);
  if (!budget?.stops) return;
  const message = `releases of ${service} are stopped by its error budget: ${budget.stops}. ${remedyOf(service, budget)}`;
  const { leftPercent, recoversAt } = budget;
  throw new VerdigrisError('ReleaseFrozenError', message, {
    details: { scope: service, leftPercent, recoversAt },
  });
}

/**
 * Somebody lets releases begin again, whatever the budget says: until it has recovered, or a later release
 * burns again. True when it had stopped them.
 */
export async function pardonBudget(
  service: string,
  slo: Slo | undefined,
  by: string,
  ports: Ports,
): Promise<boolean> {
  if (!(await budgetOf(service, slo, ports))?.stops) return false;
  await changeTally(service, (tally) => pardoned(tally, by, ports.clock.now()), ports);
  return true;
}

/** A release does not wait longer than this for its figures, in milliseconds. */
const patienceMs = 3000;

/**
 * Looks at the budget on the way of a release that has traffic. Nothing may stand in that way: what cannot
 * be read now is read by the next look.
 */
async function lookOnTheWay(release: ReleaseDocument, slo: Slo, ports: Ports): Promise<void> {
  const { service } = release;
  const { metrics, router } = planOf(release);
  const subject = { service, slo, metrics, router, ...trafficIn(release) };
  await atBest(service, () => lookAtBudget(subject, ports), ports);
}

/** The same before a release is let in: what nobody can tell does not speak against it. */
export async function lookBefore(service: string, plan: Plan, ports: Ports): Promise<void> {
  const { slo, metrics, router } = plan;
  if (!slo) return;
  await atBest(service, () => lookAtService({ service, slo, metrics, router }, ports), ports);
}

async function atBest(service: string, look: () => Promise<unknown>, ports: Ports): Promise<void> {
  try {
    await inTime(look(), ports);
  } catch (error) {
    ports.log.warn('the error budget could not be looked at', {
      service,
      reason: messageOf(error),
    });
  }
}

async function inTime<T>(work: Promise<T>, ports: Ports): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    const error = new VerdigrisError('SignalUnavailableError', 'the figures take too long');
    cancel = ports.timers.after(patienceMs, () => reject(error));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
    work.catch(() => {});
  }
}

/**
 * The release's part of the budget, for an event's data: nothing without an objective, null where it
 * cannot be told.
 */
export async function burnData(document: ReleaseDocument, ports: Ports): Promise<JsonObject> {
  const slo = document.plan?.slo;
  if (!slo) return {};
  await lookOnTheWay(document, slo, ports);
  try {
    const budget = await budgetOf(document.service, slo, ports);
    return { errorBudget: budget && figuresOf(budget, document.releaseId) };
  } catch (error) {
    ports.log.warn('the error budget is unknown', { reason: messageOf(error) });
    return { errorBudget: null };
  }
}

function figuresOf({ leftPercent, lastRelease }: BudgetStatus, releaseId?: string): JsonObject {
  const isOwn = releaseId === undefined || lastRelease?.releaseId === releaseId;
  return { leftPercent, burnt: isOwn && lastRelease ? { ...lastRelease } : null };
}
