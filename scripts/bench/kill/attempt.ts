import { setTimeout as sleep } from 'node:timers/promises';
import type { ReleaseStatus } from '../../../lib/http/api.ts';
import type { Aim, KillPlan } from './plan.ts';
import { type Live, type Stage, startRelease } from './stage.ts';

/** A release that is to be cut short, and what was known of it when it was. */
export interface Attempt {
  plan: KillPlan;
  /** The version under which it is on record; nobody else's. */
  name: string;
  /** What got all traffic before. */
  before: Live;
  /** The last that the conductor said of it; null when it was not even accepted. */
  known: ReleaseStatus | null;
  /** When the approval was sent; null when it was not. Milliseconds of `performance.now()`. */
  approvedAt: number | null;
  /** An operator asked for it to be undone. */
  isUndone: boolean;
}

const lookMs = 20;
/** No release of these manifests takes longer. */
const limitMs = 30_000;

/**
 * Begins what is planned and resolves at the moment of the kill. `over` resolves when nothing is asked
 * of the conductor any more, which is soon after it is gone.
 * @throws Error when the conductor refuses something, or a release does not end by itself.
 */
export async function playUntilKill(
  stage: Stage,
  plan: KillPlan,
  name: string,
): Promise<{ attempt: Attempt; over: Promise<void> }> {
  const attempt: Attempt = {
    plan,
    name,
    before: stage.live,
    known: null,
    approvedAt: null,
    isUndone: false,
  };
  const moment = createMoment(plan);
  if (plan.aim === 'idle') moment.reached('idle');
  const played = plan.aim === 'idle' ? Promise.resolve() : play(stage, attempt, moment);
  await Promise.race([moment.due, played.then(() => moment.due)]);
  return { attempt, over: played.catch(() => {}) };
}

/** The moment of the kill. */
interface Moment {
  due: Promise<void>;
  readonly isDue: boolean;
  /** What may be aimed at happens in so many milliseconds. */
  reached(aim: Aim, inMs?: number): void;
  /** There is nothing left to aim at. */
  isLast(): void;
}

function createMoment(plan: KillPlan): Moment {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isArmed = false;
  let isDue = false;
  const arm = (delayMs: number) => {
    if (isArmed) return;
    isArmed = true;
    setTimeout(
      () => {
        isDue = true;
        resolve();
      },
      Math.max(0, delayMs),
    );
  };
  return {
    due: promise,
    get isDue() {
      return isDue;
    },
    reached(aim, inMs = 0) {
      if (aim === plan.aim) arm(inMs + plan.delayMs);
    },
    isLast: () => arm(plan.delayMs),
  };
}

async function play(stage: Stage, attempt: Attempt, moment: Moment): Promise<void> {
  moment.reached('anywhere');
  moment.reached('request');
  attempt.known = await startRelease(stage, attempt.plan.version, attempt.name);
  const { releaseId } = attempt.known;
  const deadline = performance.now() + limitMs;
  while (!moment.isDue) {
    attempt.known = await stage.api.release(releaseId);
    const { outcome, phase } = attempt.known;
    if (outcome !== null) return end(moment);
    if (performance.now() > deadline) throw new Error(`${releaseId} does not end: it is ${phase}`);
    if (phase === 'awaiting-approval') await approve(stage, attempt, moment);
    if (phase === 'watching') await watch(stage, attempt, attempt.known, moment);
    await sleep(lookMs);
  }
}

function end(moment: Moment): void {
  moment.reached('ended');
  moment.isLast();
}

async function approve(stage: Stage, attempt: Attempt, moment: Moment): Promise<void> {
  const { plan, known } = attempt;
  if (!known || attempt.approvedAt !== null) return;
  await sleep(plan.approvalMs);
  if (moment.isDue) return;
  attempt.approvedAt = performance.now();
  moment.reached('approval');
  await stage.api.approve(known.releaseId, {});
}

async function watch(
  stage: Stage,
  attempt: Attempt,
  { releaseId, watch: open, green, traffic }: ReleaseStatus,
  moment: Moment,
): Promise<void> {
  if (!open || !green || traffic[green.id] !== 100) return;
  moment.reached('window-end', Date.parse(open.endsAt) - Date.now());
  if (attempt.plan.aim !== 'undo' || attempt.isUndone) return;
  attempt.isUndone = true;
  moment.reached('undo');
  await stage.api.rollback(releaseId, { reason: 'second thoughts' });
}
