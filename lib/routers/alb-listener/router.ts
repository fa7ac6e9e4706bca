import type { Clock, Timers } from '../../release/clock.ts';
import { isoTime } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { AdapterConfig } from '../../release/json.ts';
import { hasSameWeights, planRoute, routeConflict } from '../route-plan.ts';
import type { DesiredRoute, Lease, Readiness, Router, RouterFacts } from '../router.ts';
import { throwIfExpired, withinLease } from '../within-lease.ts';
import { type BareGroup, type Group, isForward, isSticky, withGroups } from './actions.ts';
import { albListenerSchema } from './config.ts';
import { isGroupGone } from './errors.ts';
import { findUnhealthy, readTargets } from './health.ts';
import { detachedTag, isBeingLetGo } from './letting-go.ts';
import { type LiveRule, writeRule } from './listener-rule.ts';
import { type Live, missingFrom, readLive, toRoute } from './live.ts';
import { withAttached, withoutGroup, withShares } from './next-groups.ts';
import { candidateOf, candidateTag, unmarked, withoutStickyGreen } from './stickiness.ts';
import { arnOf, type LoadBalancersApi, locate, nameOf, writeTag } from './target-group.ts';

/** What the adapter needs besides its part of the manifest. */
export interface AlbListenerDeps {
  loadBalancers: LoadBalancersApi;
  clock: Clock;
  timers: Timers;
}

/**
 * "Rule updates do not take effect immediately, so requests could be routed using the previous rule
 * configuration for a short time after you update a rule. Any in-flight requests are completed"
 * (application/edit-rule). AWS gives no bound; a minute is assumed. ModifyRule and ModifyListener
 * compare nothing.
 */
const facts: RouterFacts = {
  isAtomic: false,
  isConditional: false,
  supportsWeights: true,
  maxPropagationSeconds: 60,
};

/** When to look at targets again: their health is checked every 5 to 300 seconds, mostly 10 to 30. */
const lookAgainSeconds = 5;

/**
 * A router over the forward action of one listener or rule. Elastic Load Balancing compares nothing, so
 * every change reads, compares, looks at its lease, and is given up when that ends.
 * `config` is the manifest's part as it was written.
 */
export function createAlbListenerRouter(
  config: AdapterConfig,
  { loadBalancers: api, clock, timers }: AlbListenerDeps,
): Router {
  const chosen = albListenerSchema.parse(config);

  /** Sends one change, unless the lease is over. */
  function change<T>(lease: Lease, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    throwIfExpired(lease, clock);
    return withinLease(lease, { clock, timers }, send);
  }

  /** Writes other target groups into the rule as it was read. @returns the rule as it then is. */
  async function save(live: Live, groups: readonly BareGroup[], lease: Lease): Promise<LiveRule> {
    const actions = withGroups(live.actions, groups);
    const rule = { ruleArn: live.ruleArn, actions };
    return change(lease, (signal) => writeRule(api, chosen.listenerArn, rule, signal));
  }

  const tag = (arn: string, key: string, value: string, lease: Lease) =>
    change(lease, (signal) => writeTag(api, arn, { key, value }, signal));

  async function look({ weights, environments }: DesiredRoute) {
    const live = await readLive(api, chosen);
    const sides = await locate(api, environments, live.groups);
    const gains = ({ id }: Group) => (weights[id] ?? 0) > (live.route.weights[id] ?? 0);
    const greens = sides.filter(gains);
    return {
      live,
      sides,
      greens,
      missing: missingFrom(live, sides),
      strangers: unmarked(live, greens),
    };
  }

  /**
   * Out of the action at once; what it still answers is waited for by later calls. A group that
   * environments use in turn stays with no weight, as ECS makes no service for one without a load
   * balancer; unless clients with a cookie would stay with it.
   */
  async function takeOut(live: Live, group: Group, lease: Lease): Promise<void> {
    if (group.weight > 0) throw inUse(group.id, 'in the action with a weight');
    if (group.isReused && !isSticky(live.actions)) return;
    if (live.groups.length === 1) throw inUse(group.id, 'the only target group of the action');
    await tag(group.arn, detachedTag, isoTime(clock.now()), lease);
    await save(live, withoutGroup(live.groups, group.arn), lease);
  }

  async function isWaitedFor(arn: string): Promise<boolean> {
    try {
      return await isBeingLetGo(api, arn, clock.now());
    } catch (error) {
      if (error instanceof VerdigrisError && isGroupGone(error.cause)) return false;
      throw error;
    }
  }

  return {
    facts,
    read: async () => (await readLive(api, chosen)).route,
    plan: (current, desired) => planRoute(current, desired, facts),
    async apply({ from, to }, lease) {
      throwIfExpired(lease, clock);
      const live = await readLive(api, chosen);
      const { revision, weights } = live.route;
      if (revision !== from.revision || !hasSameWeights(weights, from.weights))
        throw routeConflict(from, live.route);
      const sides = await locate(api, to.environments, live.groups);
      const shares = sides.map(({ id, arn }) => ({ arn, percent: to.weights[id] ?? 0 }));
      const kept = withoutStickyGreen(live, to.weights, lease.releaseId);
      const saved = await save(live, withShares(live.groups, kept, shares), lease);
      return toRoute(saved, [...live.groups, ...sides]);
    },
    async verify({ weights }) {
      const { route } = await readLive(api, chosen);
      return hasSameWeights(route.weights, weights) ? 'converged' : 'pending';
    },
    async readiness(desired) {
      const { live, sides, greens, missing, strangers } = await look(desired);
      if (missing.length > 0)
        return unprepared(missing, 'not in the action yet, so nobody checks its targets');
      if (strangers.length > 0) return unprepared(strangers, 'not marked yet as what is released');
      const health = sides.map(async ({ arn }) => ({
        arn,
        isGreen: greens.some((green) => green.arn === arn),
        targets: await readTargets(api, arn),
      }));
      return toReadiness(findUnhealthy(await Promise.all(health), chosen, isForward(live.actions)));
    },
    async prepare(desired, lease) {
      throwIfExpired(lease, clock);
      const { live, sides, missing, strangers } = await look(desired);
      for (const green of strangers)
        await tag(green.arn, candidateTag, candidateOf(green, lease.releaseId), lease);
      if (missing.length > 0) await save(live, withAttached(live.groups, missing, sides), lease);
    },
    async detach(environment, lease) {
      throwIfExpired(lease, clock);
      const live = await readLive(api, chosen);
      const percent = live.route.weights[environment.id] ?? 0;
      if (percent > 0) throw inUse(environment.id, `getting ${percent}% of the traffic`);
      const arn = arnOf(environment, live.groups);
      if (!arn) return 'detached';
      const group = live.groups.find((it) => it.arn === arn);
      if (group) await takeOut(live, group, lease);
      return (await isWaitedFor(arn)) ? 'pending' : 'detached';
    },
  };
}

function unprepared(groups: readonly Group[], why: string): Readiness {
  const names = groups.map(({ arn }) => nameOf(arn)).join(' and ');
  const reason = `${names} is ${why}`;
  return { status: 'unprepared', reason, retryAfterSeconds: lookAgainSeconds };
}

function toReadiness(reason: string): Readiness {
  const status = reason ? 'pending' : 'ready';
  return { status, reason, retryAfterSeconds: lookAgainSeconds };
}

function inUse(id: string, why: string): VerdigrisError {
  return new VerdigrisError('EnvironmentInUseError', `${id} is ${why} and is not taken out of it`);
}
