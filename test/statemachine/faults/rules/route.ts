import type { ReleaseDocument, Weights } from '../../../../lib/release/document.ts';
import { hasSameWeights } from '../../../../lib/routers/route-plan.ts';
import { stranger } from '../deeds.ts';
import type { Caller } from '../inject.ts';
import type { Rule } from '../rules.ts';

/** Environments with traffic. */
export const sidesOf = (weights: Weights) =>
  Object.keys(weights).filter((id) => (weights[id] ?? 0) > 0);

/** Whether a call of that function moves traffic forwards. */
export const isForward = (caller: Caller | null) => caller?.name === 'cutover';

const words = (weights: Weights) => JSON.stringify(weights);

/** 1. Weights add up to 100, and only blue and green of the running release get any. */
export const rule1: Rule = (world) => {
  world.listen({
    shift({ weights, by, releaseId }, before, caller) {
      if (by !== 'apply' && by !== 'part') return;
      const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
      if (sum !== 100) world.violate(1, `the weights ${words(weights)} add up to ${sum}`);
      const record = world.ledger.inside.release(releaseId ?? '');
      const { blue, green } = record?.document ?? {};
      const other = sidesOf(weights).find((id) => id !== blue?.id && id !== green?.id);
      if (other)
        world.violate(1, `${other} gets traffic from ${releaseId}, which does not know it`);
      const isMove = !before || !hasSameWeights(before.weights, weights);
      if (record?.outcome && isMove) {
        const what = `${releaseId} moves traffic to ${words(weights)} (${caller?.name})`;
        world.violate(1, `${what} although it is ${record.outcome}`);
      }
    },
  });
  return {};
};

/** 2. When a release has ended, all traffic is on exactly one environment: green or blue. */
export const rule2: Rule = (world) => {
  let expected: Weights | null = null;
  let editedAt = 0;
  /** Releases whose rollback took traffic from green. */
  const seenWithTraffic = new Set<string>();
  /** What a release sent traffic to that had none before. */
  const opened = new Map<string, Set<string>>();
  world.listen({
    shift(route, before, caller) {
      expected = null;
      if (route.by === 'hand') editedAt = world.next();
      const green = world.document(route.releaseId ?? '')?.green?.id ?? '';
      if (caller?.name === 'rollback' && route.releaseId && (before?.weights[green] ?? 0) > 0)
        seenWithTraffic.add(route.releaseId);
      const id = isForward(caller) ? route.releaseId : null;
      if (id === null) return;
      const had = sidesOf(before?.weights ?? {});
      const news = sidesOf(route.weights).filter((side) => !had.includes(side));
      opened.set(id, new Set([...(opened.get(id) ?? []), ...news]));
    },
    ended({ releaseId, document, outcome }, caller) {
      const live = world.router.weights();
      const wanted = wantedAfter(outcome, document);
      const isTheirs = caller.readAt !== null && editedAt > caller.readAt;
      if (wanted && !isTheirs && !hasSameWeights(live, wanted)) {
        world.violate(2, `${releaseId} is ${outcome} while the route is ${words(live)}`);
      }
      const isUndone = ['discarded', 'expired', 'refused'].includes(outcome);
      const left = sidesOf(live).find(
        (id) => id === document.green?.id || opened.get(releaseId)?.has(id),
      );
      if (isUndone && editedAt === 0 && left)
        world.violate(2, `${releaseId} is ${outcome} while ${left} gets traffic from it`);
      if (isUndone && editedAt === 0 && seenWithTraffic.has(releaseId))
        world.violate(2, `${releaseId} is ${outcome} although a rollback found its green live`);
      expected = isTheirs ? null : wanted;
    },
  });
  return {
    finish() {
      const live = world.router.weights();
      if (expected && !hasSameWeights(live, expected)) {
        world.violate(2, `the route became ${words(live)} after the release had ended`);
      }
    },
  };
};

function wantedAfter(outcome: string, { blue, green }: ReleaseDocument): Weights | null {
  if (outcome === 'completed' && green) return { [green.id]: 100 };
  if (outcome === 'rolled-back' && blue) return { [blue.id]: 100 };
  return null;
}

/** The longest pause between two looks of a rollback that waits for leases, and a try, in milliseconds. */
const repairMs = 10_000;

/**
 * 4. A late or repeated call of an earlier step can't undo a later one. Where the provider compares
 * nothing, nobody can refuse it while its lease lasts: the rollback then takes it back.
 */
export const rule4: Rule = (world) => {
  let newest = 0;
  /** By release: when its rollback or hold wrote the route, since it was opened last. */
  const restoredAt = new Map<string, number>();

  function late(releaseId: string, weights: Weights, what: string): void {
    const isOpen = world.ledger.inside.release(releaseId)?.outcome === null;
    if (world.router.facts.isConditional || !isOpen) {
      world.violate(4, what);
      return;
    }
    const fromMs = world.clock.now();
    world.clock.after(repairMs, () => {
      const isDisturbed = world.wasDisturbed(fromMs, world.clock.now());
      if (isDisturbed || !hasSameWeights(world.router.weights(), weights)) return;
      world.violate(4, `${what}, and nobody took it back`);
    });
  }

  world.listen({
    event({ type, releaseId }) {
      if (type === 'Resume Requested' && releaseId) restoredAt.delete(releaseId);
    },
    shift({ weights, by, epoch, releaseId }, before, caller) {
      if (by === 'prepare')
        world.violate(
          4,
          `${caller?.name} was to move nothing, and moved traffic to ${words(weights)}`,
        );
      if (by !== 'apply' || !releaseId) return;
      const isMove = !before || !hasSameWeights(before.weights, weights);
      if (isMove && (epoch ?? 0) < newest) {
        const what = `a change of epoch ${epoch} (${caller?.name}) took effect`;
        late(releaseId, weights, `${what} after one of epoch ${newest}: ${words(weights)}`);
      } else if (isForward(caller) && isMove && restoredAt.has(releaseId)) {
        late(releaseId, weights, `a cutover of ${releaseId} moved traffic after its rollback had`);
      }
      newest = Math.max(newest, epoch ?? 0);
      if (!isForward(caller)) restoredAt.set(releaseId, world.next());
    },
  });
  return {};
};

/** 9. A route changed by somebody else is not overwritten by a shift, nor theirs by a rollback. */
export const rule9: Rule = (world) => {
  let edited: { at: number; weights: Weights } | null = null;
  world.listen({
    shift({ weights, by }, _, caller) {
      if (by === 'hand') {
        edited = { at: world.next(), weights };
        return;
      }
      const theirs = edited;
      edited = null;
      // Who read the route before the edit could not know; a conditional router refuses them.
      const couldKnow =
        world.router.facts.isConditional || (caller?.readAt ?? 0) > (theirs?.at ?? 0);
      if (!theirs || !couldKnow || hasSameWeights(theirs.weights, weights)) return;
      const isStranger = (theirs.weights[stranger] ?? 0) > 0;
      const expected = (caller?.input?.expectedRoute as { weights: Weights } | null)?.weights ?? {};
      const isConflict = isForward(caller) ? !hasSameWeights(expected, theirs.weights) : isStranger;
      if (isConflict) {
        world.violate(9, `${caller?.name} overwrote ${words(theirs.weights)}, set by hand`);
      }
    },
  });
  return {};
};
