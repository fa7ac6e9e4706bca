import {
  type AliasConfiguration,
  CreateAliasCommand,
  GetAliasCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { Clock, Timers } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { AdapterConfig } from '../../release/json.ts';
import { hasSameWeights, planRoute, routeConflict } from '../route-plan.ts';
import type { Route, Router, RouterFacts } from '../router.ts';
import { throwIfExpired, withinLease } from '../within-lease.ts';
import {
  type AliasTarget,
  describeChange,
  noRevision,
  throwIfNotAliasable,
  toRoute,
  toTarget,
} from './alias-route.ts';
import { toOurs } from './errors.ts';
import { type LambdaApi, lambdaAliasSchema } from './schema.ts';

/** What the adapter needs besides its part of the manifest. */
export interface LambdaAliasDeps {
  lambda: LambdaApi;
  clock: Clock;
  timers: Timers;
}

/**
 * "When the alias is updated to point to a different function version, incoming request traffic in turn
 * instantly points to the updated version" (dg/lambda-traffic-shifting-using-aliases, older edition). As
 * AWS gives no upper bound, ten seconds are assumed.
 */
const facts: RouterFacts = {
  isAtomic: true,
  isConditional: true,
  supportsWeights: true,
  maxPropagationSeconds: 10,
};

/**
 * A router over one alias. A change is conditional on the alias's RevisionId (API_UpdateAlias), so one
 * that was presumed dead can't win later; that no request is sent after its lease is seen to as well.
 * `config` is the manifest's part as it was written.
 */
export function createLambdaAliasRouter(
  config: AdapterConfig,
  { lambda, clock, timers }: LambdaAliasDeps,
): Router {
  const { functionName, alias } = lambdaAliasSchema.parse(config);
  const key = { FunctionName: functionName, Name: alias };
  const name = `${functionName}:${alias}`;

  async function readAlias(): Promise<AliasConfiguration | null> {
    try {
      return await lambda.send(new GetAliasCommand(key));
    } catch (error) {
      if (isCalled(error, 'ResourceNotFoundException')) return null;
      throw toOurs(error, 'GetAlias', name);
    }
  }

  const create = (target: AliasTarget, description: string, abortSignal: AbortSignal) =>
    lambda.send(new CreateAliasCommand({ ...key, ...target, Description: description }), {
      abortSignal,
    });

  const update = (
    target: AliasTarget,
    description: string,
    revision: string,
    abortSignal: AbortSignal,
  ) =>
    lambda.send(
      new UpdateAliasCommand({ ...key, ...target, Description: description, RevisionId: revision }),
      { abortSignal },
    );

  /** Why a write was refused: the alias is no longer as it was, or something else. */
  async function explain(error: unknown, from: Route, target: AliasTarget): Promise<Error> {
    const operation = from.revision === noRevision ? 'CreateAlias' : 'UpdateAlias';
    if (isCalled(error, 'PreconditionFailedException')) return conflictWith(from);
    if (isCalled(error, 'ResourceConflictException') && operation === 'CreateAlias')
      return conflictWith(from);
    if (!isCalled(error, 'ResourceNotFoundException')) return toOurs(error, operation, name);
    if (operation === 'UpdateAlias' && !(await readAlias())) return conflictWith(from);
    return missingVersion(functionName, target, error);
  }

  const conflictWith = async (from: Route) => routeConflict(from, toRoute(await readAlias()));

  return {
    facts,
    read: async () => toRoute(await readAlias()),
    plan(current, desired) {
      const plan = planRoute(current, desired, facts);
      throwIfNotAliasable(desired);
      return plan;
    },
    async apply({ from, to }, lease) {
      throwIfExpired(lease, clock);
      const found = await readAlias();
      const live = toRoute(found);
      if (live.revision !== from.revision || !hasSameWeights(live.weights, from.weights))
        throw routeConflict(from, live);
      throwIfExpired(lease, clock);
      const target = toTarget(to.weights, found?.FunctionVersion);
      const description = describeChange(lease, from);
      try {
        const saved = await withinLease(lease, { clock, timers }, (signal) =>
          found
            ? update(target, description, from.revision, signal)
            : create(target, description, signal),
        );
        return toRoute(saved);
      } catch (error) {
        throw await explain(error, from, target);
      }
    },
    async verify({ weights }) {
      const { weights: live } = toRoute(await readAlias());
      return hasSameWeights(live, weights) ? 'converged' : 'pending';
    },
  };
}

function missingVersion(functionName: string, target: AliasTarget, cause: unknown): VerdigrisError {
  const versions = [
    target.FunctionVersion,
    ...Object.keys(target.RoutingConfig.AdditionalVersionWeights),
  ];
  return new VerdigrisError(
    'RequestInvalidError',
    `${functionName} has no version ${versions.join(' or ')}; traffic can only go to versions that are there`,
    { cause },
  );
}
