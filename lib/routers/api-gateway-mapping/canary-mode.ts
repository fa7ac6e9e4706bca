import {
  CreateStageCommand,
  type Deployment,
  GetDeploymentCommand,
  GetStageCommand,
  type Stage,
  UpdateStageCommand,
} from '@aws-sdk/client-api-gateway';
import { environmentTag } from '../../aws/environment-tags.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { DesiredRoute, RouterFacts } from '../router.ts';
import { askFor, type Gateways } from './calls.ts';
import { hasSameShares, patchTo, type Shares, sharesOf } from './canary-stage.ts';
import { type Mode, noRevision, ready, sidesOf, throwIfNoWayBack, unready } from './mode.ts';
import type { ApiGatewayConfig } from './schema.ts';
import { nameOf } from './stages.ts';

/**
 * "Total API traffic is separated at random into a production release and a canary release"
 * (developerguide/canary-release). A change is one request of several operations, of which AWS says
 * their order and not that they take effect together. It gives no bound in time: this one is assumed.
 */
const facts: RouterFacts = {
  isAtomic: false,
  isConditional: false,
  supportsWeights: true,
  maxPropagationSeconds: 30,
};

/** Two deployments of one REST API on one stage: the base, and a canary with a share. */
export function createCanaryMode(
  place: Extract<ApiGatewayConfig, { mode: 'canary' }>,
  { rest }: Gateways,
): Mode<Stage | null> {
  const name = `stage ${nameOf(place)}`;
  const key = { restApiId: place.apiId, stageName: place.stage };

  const findDeployment = (deploymentId: string): Promise<Deployment | null> =>
    askFor('GetDeployment', `${deploymentId} of ${place.apiId}`, () =>
      rest.send(new GetDeploymentCommand({ restApiId: place.apiId, deploymentId })),
    );

  async function environmentsOf(shares: Shares): Promise<Record<string, string>> {
    const named: Record<string, string> = {};
    for (const id of Object.keys(shares)) named[environmentIn(await findDeployment(id)) ?? id] = id;
    return named;
  }

  return {
    facts,
    name,
    look: () => askFor('GetStage', name, () => rest.send(new GetStageCommand(key))),
    revisionOf,
    async toRoute(stage) {
      const shares = sharesOf(stage);
      const sides = Object.entries(await environmentsOf(shares));
      const weights = sides.map(([environment, id]) => [environment, shares[id] ?? 0]);
      return { weights: Object.fromEntries(weights), revision: revisionOf(stage) };
    },
    check: throwIfNoCanary,
    follows: (stage, desired) => hasSameShares(sharesOf(stage), wantedOf(desired)),
    operation: (stage) => (stage ? 'UpdateStage' : 'CreateStage'),
    async write(stage, desired, abortSignal) {
      const shares = wantedOf(desired);
      const command = stage
        ? new UpdateStageCommand({ ...key, patchOperations: patchTo(stage, shares) })
        : new CreateStageCommand({ ...key, ...newStage(shares) });
      // Two commands have two signatures; the answers of both are stages.
      return rest.send(command as UpdateStageCommand, { abortSignal });
    },
    async readiness(stage, desired) {
      throwIfNoWayBack(desired, await environmentsOf(sharesOf(stage)), deploymentOf);
      throwIfOwnVariables(stage, name);
      for (const [side] of sidesOf(desired)) await throwIfNotItsDeployment(side);
      return ready;
    },
  };

  async function throwIfNotItsDeployment(side: EnvironmentRef): Promise<void> {
    const id = deploymentOf(side);
    const deployment = await findDeployment(id);
    if (!deployment)
      throw unready(`REST API ${place.apiId} has no deployment ${id}, which is ${side.id}`);
    const called = environmentIn(deployment) ?? id;
    if (called === side.id) return;
    throw unready(
      `deployment ${id} belongs to ${called}, not to ${side.id}; put ${environmentTag}=${side.id} into its description`,
    );
  }
}

function revisionOf(stage: Stage | null): string {
  const shares = Object.entries(sharesOf(stage)).map(([id, percent]) => `${id}:${percent}`);
  return shares.join(',') || noRevision;
}

/** Deployments have no tags: their description says whose they are. */
function environmentIn(deployment: Deployment | null): string | undefined {
  return new RegExp(`(?:^|\\s)${environmentTag}=(\\S+)`).exec(deployment?.description ?? '')?.[1];
}

/** The deployment of an environment: what it says of itself, else its id. */
function deploymentOf({ id, attributes }: EnvironmentRef): string {
  return attributes.deploymentId ?? id;
}

function wantedOf(desired: DesiredRoute): Shares {
  const sides = sidesOf(desired).map(([side, percent]) => [deploymentOf(side), percent]);
  return Object.fromEntries(sides);
}

function throwIfNoCanary(desired: DesiredRoute): void {
  const sides = sidesOf(desired);
  const deployments = new Set(sides.map(([side]) => deploymentOf(side)));
  const ids = sides.map(([{ id }]) => id).join(', ');
  if (sides.length > 2) {
    throw invalid(`a stage leads to two deployments at most, not to those of ${ids}`);
  }
  if (deployments.size < sides.length) {
    throw invalid(
      `${ids} are the same deployment ${[...deployments][0]}, so they can't share traffic`,
    );
  }
}

/**
 * A canary with variables of its own is more than a deployment: promoting it would lose them, and a way
 * back would not bring the old ones.
 */
function throwIfOwnVariables(stage: Stage | null, name: string): void {
  const variables = Object.keys(stage?.canarySettings?.stageVariableOverrides ?? {});
  if (variables.length === 0) return;
  throw unready(
    `the canary of ${name} has variables of its own (${variables.join(', ')}), which would be lost with it; remove its canary settings`,
  );
}

function newStage(shares: Shares): { deploymentId: string } {
  const [deploymentId, ...others] = Object.keys(shares);
  if (deploymentId && others.length === 0) return { deploymentId };
  throw invalid('a stage that is not there yet begins with one deployment');
}

function invalid(message: string): VerdigrisError {
  return new VerdigrisError('RequestInvalidError', message);
}
