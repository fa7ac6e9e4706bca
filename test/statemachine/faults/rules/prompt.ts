import { hasSameWeights } from '../../../../lib/routers/route-plan.ts';
import type { blueRef } from '../../../support/conductor.ts';
import type { Rule } from '../rules.ts';
import { contracts } from '../schedule.ts';
import type { World } from '../world.ts';
import { isForward, sidesOf } from './route.ts';

/** Longest pause between two calls of a step, and a few tries, in milliseconds. */
const promptMs = 25_000;
const restoreMs = 15_000;

/** Looks `afterMs` later whether something came true, unless something went wrong meanwhile. */
function expectWithin(
  world: World,
  afterMs: number,
  isExcused: (fromMs: number, untilMs: number) => boolean,
  isTrue: () => boolean,
  complain: () => void,
): void {
  const fromMs = world.clock.now();
  world.clock.after(afterMs, () => {
    if (!isTrue() && !isExcused(fromMs, world.clock.now())) complain();
  });
}

/** 5. Rollback needs only the release document and the router. */
export const rule5: Rule = (world) => {
  const looked = new Set<string>();
  const restored = new Set<string>();
  world.listen({
    shift({ releaseId }, _, caller) {
      if (caller?.name === 'rollback' && releaseId) restored.add(releaseId);
    },
    began({ name, input }) {
      if (name !== 'rollback' || !input) return;
      const { releaseId, blue, green, milestones, plan, breach } = input as never as Restorable;
      // Traffic that somebody sent elsewhere by hand is theirs (rule 9).
      const isElsewhere = () =>
        sidesOf(world.router.weights()).some((id) => id !== blue?.id && id !== green?.id);
      const isHeld =
        breach?.kind === 'hold' || (plan?.onBreach === 'hold' && breach?.kind !== 'operator');
      const isOver = (world.ledger.inside.release(releaseId)?.outcome ?? null) !== null;
      if (!blue || !milestones?.firstShiftAt || isHeld || isOver || looked.has(releaseId)) return;
      looked.add(releaseId);
      expectWithin(
        world,
        restoreMs,
        (from, until) =>
          world.wasDisturbed(from, until, ['router', 'function', 'life', 'hand', 'stop']),
        () => restored.has(releaseId) || world.isLive(blue.id) || isElsewhere(),
        () =>
          world.violate(
            5,
            `traffic is not back on ${blue.id} ${restoreMs / 1000} s after ${releaseId} began to roll back`,
          ),
      );
    },
  });
  return {};
};

/** Everything that can be disturbed, but these. */
function without(names: readonly string[]): string[] {
  return [...contracts, 'life', 'hand', 'stop'].filter((it) => !names.includes(it));
}

interface Restorable {
  releaseId: string;
  blue: typeof blueRef | null;
  green: typeof blueRef | null;
  milestones: { firstShiftAt: string | null } | null;
  plan: { onBreach: string } | null;
  breach: { kind: string } | null;
}

/**
 * A breach is not polled for: with nothing else wrong, the release is being undone within seconds.
 * The same goes for an execution that somebody stopped (rule 7).
 */
export const push: Rule = (world) => {
  const undone = new Set<string>();
  /** When a release was last begun to be undone: somebody may let it go on afterwards. */
  const undoneAt = new Map<string, number>();
  /** Nobody runs them: their promise is the one about the stop, and after a lost word the sweep. */
  const stopped = new Set<string>();
  const isUndone = (id: string) =>
    undone.has(id) || (world.ledger.inside.release(id)?.outcome ?? null) !== null;
  const watch = (rule: number, id: string, what: string, but: string[] = []) => {
    const from = world.next();
    expectWithin(
      world,
      promptMs,
      (from, until) => world.wasDisturbed(from - 2, until, without(but)),
      () => isUndone(id) || (undoneAt.get(id) ?? 0) > from,
      () =>
        world.violate(rule, `${id}: nothing is being undone ${promptMs / 1000} s after ${what}`),
    );
  };
  world.listen({
    began({ name, input }) {
      const id = input?.releaseId;
      if (!['rollback', 'hold', 'discard'].includes(name) || !id) return;
      undone.add(String(id));
      undoneAt.set(String(id), world.next());
      stopped.delete(String(id));
    },
    event({ type, releaseId }) {
      if (type === 'Resume Requested' && releaseId) undone.delete(releaseId);
    },
    breached: (id) => {
      if (!undone.has(id) && !stopped.has(id)) watch(7, id, 'its breach');
    },
    stopped(id) {
      world.disturbed('stop', 0);
      undone.delete(id);
      stopped.add(id);
      // The stop itself excuses other promises, not this one.
      world.clock.after(1, () => watch(7, id, 'its execution was stopped', ['stop']));
    },
  });
  return {};
};

/** 7. What is on record before a step begins, it goes by: nobody moves on over a breach. */
export const noMoveOverBreach: Rule = (world) => {
  const breachedAt = new Map<string, number>();
  const complain = (id: string, startedAt: number, what: string) => {
    if ((breachedAt.get(id) ?? Number.POSITIVE_INFINITY) < startedAt)
      world.violate(7, `${id} ${what} although its breach was on record before`);
  };
  world.listen({
    event({ type, releaseId }) {
      if (type === 'Resume Requested' && releaseId) breachedAt.delete(releaseId);
    },
    breached: (id) => void breachedAt.set(id, world.next()),
    shift({ weights, by, releaseId }, before, caller) {
      if (by !== 'apply' || !releaseId || !isForward(caller)) return;
      if (before && hasSameWeights(before.weights, weights)) return;
      complain(releaseId, caller?.startedAt ?? 0, 'moves traffic forwards');
    },
    ended({ releaseId, outcome }, caller) {
      if (outcome === 'completed') complain(releaseId, caller.startedAt, 'completes');
    },
  });
  return {};
};
