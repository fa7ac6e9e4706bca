import type { JsonObject } from '../../../../lib/release/json.ts';
import { hasSameWeights } from '../../../../lib/routers/route-plan.ts';
import type { Rule } from '../rules.ts';
import { alarms } from '../setup.ts';
import { isForward } from './route.ts';

/** 10. Nothing that happened is lost: every shift, verdict, approval, removal and breach is an event. */
export const rule10: Rule = (world) => {
  const events: { type: string; releaseId: string | null; data: JsonObject; id: string }[] = [];
  const releases = new Set<string>();
  const gone = new Set<string>();
  const breaches: { releaseId: string; kind: string; at: string }[] = [];
  const ends: { releaseId: string; outcome: string }[] = [];
  const has = (
    type: string,
    releaseId: string | null,
    fits: (data: JsonObject) => boolean = () => true,
  ) => events.some((it) => it.type === type && it.releaseId === releaseId && fits(it.data));
  world.listen({
    event(event) {
      events.push(event);
      if (event.type === 'Release Requested' && event.releaseId) releases.add(event.releaseId);
    },
    shift({ weights, by, releaseId }, before, caller) {
      if (by !== 'apply' || (before && hasSameWeights(before.weights, weights))) return;
      const isSame = (data: JsonObject) => hasSameWeights(data.weights as never, weights);
      if (isForward(caller) && !has('Shift Intended', releaseId, isSame)) {
        world.violate(10, `${releaseId} shifts to ${JSON.stringify(weights)} without an event`);
      }
    },
    retired: (id, isGone) => void (isGone && gone.add(id)),
    breached(releaseId) {
      const breach = world.ledger.inside.breach(releaseId);
      if (breach) breaches.push({ releaseId, kind: breach.kind, at: breach.detectedAt });
    },
    ended: ({ releaseId, outcome }) => void ends.push({ releaseId, outcome }),
  });
  return {
    finish() {
      for (const id of gone) {
        if (events.some((it) => it.type === 'Environment Retired' && it.data.environment === id))
          continue;
        world.violate(10, `no event says that ${id} was removed`);
      }
      for (const { releaseId, kind } of breaches) {
        const isKnown =
          kind === 'operator' || kind === 'hold'
            ? has(kind === 'hold' ? 'Hold Requested' : 'Rollback Requested', releaseId)
            : has('Breach Recorded', releaseId) ||
              (kind === 'execution' && has('Execution Ended', releaseId));
        if (!isKnown) world.violate(10, `no event tells the breach (${kind}) of ${releaseId}`);
      }
      for (const { releaseId, outcome } of ends) {
        if (outcome === 'rolled-back' && !has('Rollback Started', releaseId)) {
          world.violate(10, `no event says that the rollback of ${releaseId} began`);
        }
        if (outcome === 'expired' && !has('Approval Expired', releaseId)) {
          world.violate(10, `no event says that the approval of ${releaseId} expired`);
        }
      }
      for (const id of releases) {
        for (const { by, decision } of world.ledger.inside.approval(id)?.decisions ?? []) {
          const type = decision === 'approve' ? 'Approval Given' : 'Approval Rejected';
          if (events.some((it) => it.type === type && it.id === `${id}#decision-${by}`)) continue;
          world.violate(10, `no event says that ${by} decided (${decision}) on ${id}`);
        }
      }
    },
  };
};

/** 11. An alarm that fired before the cutover does not count; one that fires after it does. */
export const rule11: Rule = (world) => {
  const firing = () =>
    world.signal.firingNow().filter((it) => (alarms as readonly string[]).includes(it.name));
  const ignored = new Set<string>();
  const firstShift = new Map<string, { order: number; atMs: number }>();
  world.listen({
    event({ type, releaseId, data }) {
      if (type === 'Alarm Ignored') ignored.add(`${releaseId} ${data.alarm} ${data.since}`);
    },
    shift({ releaseId, weights }, before, caller) {
      if (!isForward(caller) || !releaseId || firstShift.has(releaseId)) return;
      if (before && hasSameWeights(before.weights, weights)) return;
      firstShift.set(releaseId, { order: world.next(), atMs: world.clock.now() });
      for (const { name, since, order } of firing()) {
        const wasKnown = order < (caller?.startedAt ?? 0);
        if (!wasKnown || ignored.has(`${releaseId} ${name} ${since}`)) continue;
        world.violate(
          11,
          `${releaseId} shifts although ${name} fired before, and no event ignores it`,
        );
      }
    },
    breached(releaseId) {
      const breach = world.ledger.inside.breach(releaseId);
      if (breach?.kind !== 'alarm') return;
      const name = breach.by.slice('alarm:'.length);
      const alarm = firing().find((it) => it.name === name);
      if (alarm && ignored.has(`${releaseId} ${name} ${alarm.since}`)) {
        world.violate(11, `${name} counts against ${releaseId} although it is ignored`);
      }
    },
    ended({ releaseId, document, outcome }, caller) {
      if (outcome !== 'completed') return;
      for (const { name, since, order } of firing()) {
        const isNew = order > (firstShift.get(releaseId)?.order ?? 0);
        const isIgnored = document.ignoredAlarms.some(
          (it) => it.name === name && it.since >= since,
        );
        if (!isNew || isIgnored || order > caller.startedAt) continue;
        world.violate(11, `${releaseId} completed although ${name} fires since ${since}`);
      }
    },
  });
  return {};
};
