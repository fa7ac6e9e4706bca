import { epochMs } from '../../../../lib/release/clock.ts';
import type { Rule } from '../rules.ts';
import { service } from '../world.ts';
import { isForward, sidesOf } from './route.ts';

/** 3. No production traffic before every critical check has passed and every approval is in. */
export const rule3: Rule = (world) => {
  const verdicts = new Map<string, string>();
  world.listen({
    checked: (releaseId, _, verdict) => void verdicts.set(releaseId, verdict),
    shift({ weights, releaseId }, _, caller) {
      const document = world.document(releaseId ?? '');
      if (!isForward(caller) || !releaseId || !document?.green) return;
      if (!sidesOf(weights).includes(document.green.id)) return;
      if (!world.environment.fullSize.has(document.green.id))
        world.violate(3, `green of ${releaseId} gets traffic before it can take it`);
      const verdict = verdicts.get(releaseId);
      if (verdict !== 'pass' && verdict !== 'warn') {
        world.violate(3, `green of ${releaseId} gets traffic, its check says ${verdict}`);
      }
      if (!document.plan?.approval.isRequired) return;
      const approval = world.ledger.inside.approval(releaseId);
      const inTime = (approval?.decisions ?? []).filter(
        ({ at }) => epochMs(at) < epochMs(approval?.expiresAt ?? at),
      );
      const yes = inTime.filter((it) => it.decision === 'approve').map((it) => it.by);
      const isSeparate = document.plan.approval.hasSeparateDuties;
      const people = new Set(yes.filter((by) => !isSeparate || by !== document.requestedBy));
      const isRejected = inTime.some((it) => it.decision === 'reject');
      if (isRejected || people.size < document.plan.approval.count) {
        world.violate(3, `green of ${releaseId} gets traffic with ${people.size} approvals`);
      }
    },
  });
  return {};
};

/** 6. One release per service at a time. */
export const rule6: Rule = (world) => {
  const admitted = new Set<string>();
  const other = (releaseId: string | null) =>
    [...admitted].find(
      (id) => id !== releaseId && world.ledger.inside.release(id)?.outcome === null,
    );
  world.listen({
    event({ type, releaseId }) {
      if (type !== 'Release Admitted' || !releaseId) return;
      const running = other(releaseId);
      if (running) world.violate(6, `${releaseId} is admitted while ${running} runs`);
      admitted.add(releaseId);
    },
    shift({ by, releaseId }) {
      const running = by === 'apply' && other(releaseId);
      if (running) world.violate(6, `${releaseId} moves traffic while ${running} runs`);
    },
  });
  return {};
};

/** 7. No execution, however it ends, strands traffic; nothing is left locked behind. */
export const rule7: Rule = (world) => {
  const releases = new Set<string>();
  world.listen({
    event({ type, releaseId }) {
      if (type === 'Release Requested' && releaseId) releases.add(releaseId);
    },
  });
  return {
    finish() {
      for (const id of releases) {
        const record = world.ledger.inside.release(id);
        if (record?.outcome) continue;
        world.violate(7, `${id} has no outcome (${record?.phase}), long after everything is well`);
      }
      const holder = world.ledger.inside.lock(service)?.releaseId;
      const outcome = holder && world.ledger.inside.release(holder)?.outcome;
      if (holder && outcome !== 'held' && outcome !== 'rollback-failed') {
        world.violate(7, `the lock is left with ${holder} (${outcome ?? 'no outcome'})`);
      }
    },
  };
};

/** 8. What the router sends traffic to is not taken away. */
export const rule8: Rule = (world) => {
  const begun = new Set<string>();
  let editedAt = 0;
  world.listen({
    retired(id, _, caller) {
      const percent = world.router.weights()[id] ?? 0;
      const couldKnow = caller.readAt === null || editedAt < caller.readAt;
      if (percent > 0 && couldKnow && !begun.has(id)) {
        world.violate(8, `${caller.name} removes ${id}, which gets ${percent}% of the traffic`);
      }
      begun.add(id);
    },
    shift({ weights, by, releaseId }, before, caller) {
      if (by === 'hand') editedAt = world.next();
      const gone = by === 'apply' && sidesOf(weights).find((id) => begun.has(id));
      // What already led there was not sent there by this change.
      if (gone && (before?.weights[gone] ?? 0) === 0) {
        const what = `${releaseId} (${caller?.name}) sends traffic to ${gone}`;
        world.violate(8, `${what}, which is being removed`);
      }
    },
  });
  return {};
};
