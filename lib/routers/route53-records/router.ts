import { isCalled } from '../../aws/sdk-errors.ts';
import { isNamed } from '../../release/errors.ts';
import type { AdapterConfig } from '../../release/json.ts';
import { hasSameWeights, planRoute, routeConflict } from '../route-plan.ts';
import type { Lease, Router, RouterFacts } from '../router.ts';
import { type Time, throwIfExpired, withinLease } from '../within-lease.ts';
import { type ChangeContext, retimed, shifted, ttlObstacles, without } from './change.ts';
import { toOurs } from './errors.ts';
import type { NameServers } from './name-servers.ts';
import { createPropagation, syncSeconds } from './propagation.ts';
import { findObstacle, heldLeftSeconds, throwIfUsed } from './readiness.ts';
import { aliasTtlSeconds, roundingSeconds } from './record-set.ts';
import { type Settings, schema } from './settings.ts';
import { toRoute, type ZoneView } from './view.ts';
import { createZone, type Route53Api } from './zone.ts';

/** What the adapter needs besides its part of the manifest. */
export interface Route53RecordsDeps extends Time {
  route53: Route53Api;
  /** Where the zone's name servers are asked; nobody is asked if absent. */
  nameServers?: NameServers;
}

/**
 * Route 53 follows within a minute, resolvers keep what they have for its TTL and a second. Which environments are
 * aliases, whose TTL is AWS's, the manifest does not say: the longer of both counts.
 */
function factsOf({ types, mode, ttl }: Settings): RouterFacts {
  const longestTtl = types.includes('CNAME') ? ttl : Math.max(ttl, aliasTtlSeconds);
  return {
    isAtomic: false,
    isConditional: true,
    supportsWeights: mode === 'weighted',
    maxPropagationSeconds: syncSeconds + longestTtl + roundingSeconds,
  };
}

/**
 * A router over the records of one name. A change is one batch: it deletes exactly what was read, the marker
 * above all, and creates what is wanted (API_ChangeResourceRecordSets), so one that was decided before
 * another change can't be made after it. `config` is the manifest's part as it was written.
 */
export function createRoute53RecordsRouter(
  config: AdapterConfig,
  { route53, clock, timers, nameServers }: Route53RecordsDeps,
): Router {
  const settings = schema.parse(config);
  const facts = factsOf(settings);
  const zone = createZone(route53, settings);
  const propagation = createPropagation(settings, {
    route53,
    clock,
    zone,
    nameServers: nameServers ?? null,
  });

  const contextOf = (view: ZoneView, lease: Lease): ChangeContext => ({
    settings,
    lease,
    nowMs: clock.now(),
    syncDelayMs: propagation.syncDelayMs(view),
  });

  /** Makes of what is there what `decide` says; null leaves it. Returns the zone as it is then. */
  async function change(
    lease: Lease,
    decide: (view: ZoneView, context: ChangeContext) => ZoneView | null,
  ): Promise<ZoneView> {
    throwIfExpired(lease, clock);
    const before = await zone.read();
    const after = decide(before, contextOf(before, lease));
    if (!after) return before;
    throwIfExpired(lease, clock);
    try {
      const id = await withinLease(lease, { clock, timers }, (signal) =>
        zone.change(before, after, lease, signal),
      );
      propagation.note(after, id);
      return after;
    } catch (error) {
      throw await explain(error, before);
    }
  }

  /** Why a batch was refused: the records are no longer as they were read, or Route 53 does not take them. */
  async function explain(error: unknown, before: ZoneView): Promise<Error> {
    if (isCalled(error, 'InvalidChangeBatch')) {
      const [expected, live] = [toRoute(before), toRoute(await zone.read())];
      if (live.revision !== expected.revision) return routeConflict(expected, live);
    }
    return toOurs(error, 'ChangeResourceRecordSets', settings.name);
  }

  /** For what is idempotent: an earlier call, presumed dead, may have made this very change. */
  async function changeAnyway(...[lease, decide]: Parameters<typeof change>): Promise<void> {
    try {
      await change(lease, decide);
    } catch (error) {
      if (!isNamed(error, 'RouteConflictError')) throw error;
      await change(lease, decide);
    }
  }

  return {
    facts,
    read: async () => toRoute(await zone.read()),
    plan: (current, desired) => planRoute(current, desired, facts),
    async apply({ from, to }, lease) {
      const after = await change(lease, (view, context) => {
        const live = toRoute(view);
        if (live.revision !== from.revision) throw routeConflict(from, live);
        return shifted(view, to, context);
      });
      return toRoute(after);
    },
    async verify({ weights }) {
      const view = await zone.read();
      if (!hasSameWeights(toRoute(view).weights, weights)) return 'pending';
      if (!(await propagation.isInSync(view))) return 'pending';
      return heldLeftSeconds(view, weights, clock, propagation) > 0 ? 'pending' : 'converged';
    },
    async readiness(desired) {
      const view = await zone.read();
      const obstacle = await findObstacle(view, desired, {
        settings,
        route53,
        clock,
        propagation,
      });
      return obstacle ?? { status: 'ready', reason: '', retryAfterSeconds: 1 };
    },
    async prepare(_, lease) {
      const { lowerTtlTo } = settings;
      await changeAnyway(lease, (view, context) =>
        lowerTtlTo === undefined ? null : retimed(view, lowerTtlTo, context),
      );
    },
    async tidy(lease) {
      await changeAnyway(lease, (view, context) => {
        const isFree = ttlObstacles(view, settings.ttl).length === 0;
        return view.marker && isFree ? retimed(view, settings.ttl, context) : null;
      });
    },
    async detach({ id }, lease) {
      throwIfExpired(lease, clock);
      const view = await zone.read();
      throwIfUsed(view, id, settings);
      if (heldLeftSeconds(view, {}, clock, propagation, [id]) > 0) return 'pending';
      await changeAnyway(lease, (found, context) => {
        throwIfUsed(found, id, settings);
        return without(found, id, context);
      });
      return 'detached';
    },
  };
}
