import {
  type DistributionConfig,
  GetDistributionCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront';
import type { EnvironmentRef } from '../../release/document.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { hasSameWeights, planRoute } from '../route-plan.ts';
import type { DesiredRoute, Lease, Readiness, Router, RouterFacts } from '../router.ts';
import type { CloudFrontDeps } from './clients.ts';
import { changeConditionally, describeChange, partOf, throwIfOther } from './conditional.ts';
import {
  findOrigin,
  type Place,
  type SeenDistribution,
  sideOf,
  toRoute,
  usersOf,
  withChange,
  withOrigin,
  withoutOrigin,
  withSide,
} from './distribution.ts';
import { toOurs } from './errors.ts';
import { createInvalidations } from './invalidation.ts';
import { makeOrigin } from './origin.ts';

/**
 * "Your changes don't propagate to every edge location instantaneously; propagation to all edge locations
 * can take 15 minutes" (HowToUpdateDistribution, an older edition; newer ones give no bound).
 */
const facts: RouterFacts = {
  isAtomic: false,
  isConditional: true,
  supportsWeights: false,
  maxPropagationSeconds: 900,
};

/** A deployment takes minutes. */
const retryAfterSeconds = 15;

/** What this mode has of the manifest. */
export interface OriginModeConfig extends Place {
  invalidate: readonly string[];
}

/**
 * A router over the origin of a cache behavior. Changes are conditional on the distribution's ETag
 * (API_UpdateDistribution), and write back what was read with nothing but the change in it.
 */
export function createOriginRouter(config: OriginModeConfig, deps: CloudFrontDeps): Router {
  const { distributionId: Id, placeholder } = config;
  const { cloudFront } = deps;
  const cache = createInvalidations(Id, config.invalidate, cloudFront);
  const call = (operation: string) => ({
    service: 'cloudfront',
    operation,
    subject: `distribution ${Id}`,
  });

  async function look(): Promise<SeenDistribution> {
    try {
      const { ETag, Distribution } = await cloudFront().send(new GetDistributionCommand({ Id }));
      return toSeen(ETag, Distribution);
    } catch (error) {
      throw toOurs(error, call('GetDistribution'));
    }
  }

  async function write(
    { etag }: SeenDistribution,
    next: DistributionConfig,
    abortSignal: AbortSignal,
  ): Promise<SeenDistribution> {
    const command = new UpdateDistributionCommand({ Id, IfMatch: etag, DistributionConfig: next });
    try {
      const { ETag, Distribution } = await cloudFront().send(command, { abortSignal });
      return toSeen(ETag, Distribution);
    } catch (error) {
      throw toOurs(error, call('UpdateDistribution'));
    }
  }

  const change = (lease: Lease, decide: (seen: SeenDistribution) => DistributionConfig | null) =>
    changeConditionally(lease, deps, { look, decide, write });

  /** The configuration with an origin for every side; null where it has them already. */
  function withSides(seen: DistributionConfig, sides: EnvironmentRef[]): DistributionConfig | null {
    const missing = sides.filter(({ id }) => !findOrigin(seen, id));
    if (missing.length === 0) return null;
    const live = findOrigin(seen, sideOf(seen, config));
    if (!live) throw new VerdigrisError('RequestInvalidError', `${call('').subject} has no origin`);
    return missing.reduce((next, side) => withOrigin(next, makeOrigin(side, live)), seen);
  }

  function throwIfUnfit({ config: seen }: SeenDistribution, desired: DesiredRoute): void {
    const problem = problemOf(seen, Id);
    if (problem) throw unready(problem);
    try {
      withSides(seen, desired.environments);
    } catch (error) {
      throw unready(messageOf(error));
    }
  }

  return {
    facts,
    read: async () => toRoute(await look(), config),
    plan(current, desired) {
      const plan = planRoute(current, desired, facts);
      const side = sideIn(desired);
      if (side.id !== placeholder) return plan;
      const message = `origin ${side.id} is the placeholder, which stands for no environment`;
      throw new VerdigrisError('RequestInvalidError', message);
    },
    async apply({ from, to }, lease) {
      const side = sideIn(to);
      const saved = await change(lease, (seen) => {
        throwIfOther(from, toRoute(seen, config));
        const prepared = withSides(seen.config, [side]) ?? seen.config;
        const switched = withSide(prepared, config, side.id);
        return withChange(switched, side.id, describeChange(lease, from));
      });
      return toRoute(saved, config);
    },
    async verify({ weights }) {
      const seen = await look();
      const route = toRoute(seen, config);
      // What is invalidated before every edge location has the new origin comes back from the old one.
      if (!hasSameWeights(route.weights, weights) || !seen.isDeployed) return 'pending';
      return (await cache.isDone(partOf(route))) ? 'converged' : 'pending';
    },
    async readiness(desired): Promise<Readiness> {
      const seen = await look();
      throwIfUnfit(seen, desired);
      const missing = desired.environments.filter(({ id }) => !findOrigin(seen.config, id));
      if (missing.length > 0) {
        const reason = `distribution ${Id} has no origin ${missing.map(({ id }) => id).join(', ')}`;
        return { status: 'unprepared', reason, retryAfterSeconds };
      }
      if (seen.isDeployed) return { status: 'ready', reason: '', retryAfterSeconds };
      const reason = `distribution ${Id} is still being deployed to edge locations`;
      return { status: 'pending', reason, retryAfterSeconds };
    },
    async prepare({ environments }, lease) {
      await change(lease, (seen) => withSides(seen.config, environments));
    },
    async detach({ id }, lease) {
      let status: 'detached' | 'pending' = 'detached';
      await change(lease, ({ config: seen, isDeployed }) => {
        status = 'detached';
        if (!findOrigin(seen, id)) return null;
        const users = usersOf(seen, id);
        if (users.length > 0) throw inUse(Id, id, users);
        if (isDeployed) return withoutOrigin(seen, id);
        // Edge locations that are not up to date yet may still send requests there.
        status = 'pending';
        return null;
      });
      return status;
    },
  };
}

function toSeen(
  etag: string | undefined,
  distribution:
    | { DistributionConfig?: DistributionConfig | undefined; Status?: string | undefined }
    | undefined,
): SeenDistribution {
  return {
    etag: etag ?? '',
    config: distribution?.DistributionConfig as DistributionConfig,
    isDeployed: distribution?.Status === 'Deployed',
  };
}

/** The one side that gets the traffic: a plan has made sure that there is one. */
function sideIn({ weights, environments }: DesiredRoute): EnvironmentRef {
  return environments.find(({ id }) => weights[id] === 100) as EnvironmentRef;
}

/** Why releases can't be made with a distribution; null if they can. */
function problemOf(config: DistributionConfig, id: string): string | null {
  if (config.Staging) return `${id} is a staging distribution; name the one that users reach`;
  if (config.ContinuousDeploymentPolicyId)
    return `distribution ${id} has a continuous deployment policy, so that a share of its traffic may go to a staging distribution and not where its origins say; take the policy off it`;
  return config.Enabled === false ? `distribution ${id} is disabled; enable it` : null;
}

function unready(reason: string): VerdigrisError {
  return new VerdigrisError('RouteUnreadyError', reason);
}

function inUse(distributionId: string, id: string, users: string[]): VerdigrisError {
  const message = `origin ${id} of distribution ${distributionId} is used by ${users.join(', ')}, and was left there`;
  return new VerdigrisError('EnvironmentInUseError', message);
}
