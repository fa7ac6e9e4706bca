import { UpdateStageCommand as UpdateRestStageCommand } from '@aws-sdk/client-api-gateway';
import { UpdateStageCommand as UpdateHttpStageCommand } from '@aws-sdk/client-apigatewayv2';
import { VerdigrisError } from '../../release/errors.ts';
import type { RouterFacts } from '../router.ts';
import type { Gateways } from './calls.ts';
import {
  type Mode,
  noRevision,
  onlySideOf,
  ready,
  sidesOf,
  throwIfNoWayBack,
  waitFor,
} from './mode.ts';
import type { ApiGatewayConfig, StagePlace } from './schema.ts';
import { labelOf, readSide, sideOf, toVariables } from './stage-variable.ts';
import { type FoundStage, findStage, fromHttp, fromRest, nameOf } from './stages.ts';

/** AWS gives no bound for a stage that is changed; this one is assumed. */
const facts: RouterFacts = {
  isAtomic: true,
  isConditional: false,
  supportsWeights: false,
  maxPropagationSeconds: 30,
};

/**
 * A stage variable that integrations put into the URI or the function's name they call
 * (developerguide/http-api-stages.stage-variables, stage-variables).
 */
export function createStageVariableMode(
  { variable, ...place }: Extract<ApiGatewayConfig, { mode: 'stage-variable' }>,
  gateways: Gateways,
): Mode<FoundStage> {
  const name = `${variable} of stage ${nameOf(place)}`;
  const sideIn = ({ variables }: FoundStage) => readSide(variable, variables);
  const revisionOf = ({ variables }: FoundStage) => {
    const label = variables[labelOf(variable)] ?? '';
    return variables[variable] ? `${variables[variable]} (${label})` : noRevision;
  };
  return {
    facts,
    name,
    async look() {
      const stage = await findStage(gateways, place);
      if (stage) return stage;
      throw new VerdigrisError(
        'ConfigInvalidError',
        `there is no stage ${nameOf(place)}; make it before the first release, with integrations that use its variable ${variable}`,
      );
    },
    revisionOf,
    async toRoute(stage) {
      const side = sideIn(stage);
      const weights = side ? { [side.environmentId]: 100 } : {};
      return { weights, revision: revisionOf(stage) };
    },
    check(desired) {
      for (const [environment] of sidesOf(desired)) sideOf(environment);
    },
    follows(stage, desired) {
      const { environmentId, value } = sideOf(onlySideOf(desired));
      const live = sideIn(stage);
      return live?.environmentId === environmentId && live.value === value;
    },
    operation: () => 'UpdateStage',
    write({ api }, desired, signal) {
      const variables = toVariables(variable, sideOf(onlySideOf(desired)));
      return api === 'http'
        ? setOfHttp(gateways, place, variables, signal)
        : setOfRest(gateways, place, variables, signal);
    },
    async readiness(stage, desired) {
      const live = sideIn(stage);
      const values = live ? { [live.environmentId]: live.value } : {};
      throwIfNoWayBack(desired, values, (environment) => sideOf(environment).value);
      if (stage.deploymentId !== '') return ready;
      return waitFor(`nothing is deployed to stage ${nameOf(place)} yet`);
    },
  };
}

/** Variables that are not named stay: an update merges them, and "" takes one away. */
async function setOfHttp(
  { http }: Gateways,
  { apiId, stage }: StagePlace,
  StageVariables: Record<string, string>,
  abortSignal: AbortSignal,
): Promise<FoundStage> {
  const command = new UpdateHttpStageCommand({ ApiId: apiId, StageName: stage, StageVariables });
  return fromHttp(await http.send(command, { abortSignal }));
}

async function setOfRest(
  { rest }: Gateways,
  { apiId, stage }: StagePlace,
  variables: Record<string, string>,
  abortSignal: AbortSignal,
): Promise<FoundStage> {
  const patchOperations = Object.entries(variables).map(([key, value]) => ({
    op: 'replace' as const,
    path: `/variables/${key}`,
    value,
  }));
  const command = new UpdateRestStageCommand({
    restApiId: apiId,
    stageName: stage,
    patchOperations,
  });
  return fromRest(await rest.send(command, { abortSignal }));
}
