import {
  GetRestApiCommand,
  GetStageCommand as GetRestStageCommand,
  type Stage as RestStage,
} from '@aws-sdk/client-api-gateway';
import {
  GetApiCommand,
  GetStageCommand as GetHttpStageCommand,
  type Stage as HttpStage,
} from '@aws-sdk/client-apigatewayv2';
import { environmentTag } from '../../aws/environment-tags.ts';
import { askFor, type Gateways } from './calls.ts';
import type { StagePlace } from './schema.ts';

/** A stage of an HTTP, WebSocket (`http`) or REST API. */
export interface FoundStage {
  api: 'http' | 'rest';
  tags: Record<string, string>;
  variables: Record<string, string>;
  /** Empty while nothing has been deployed to it. */
  deploymentId: string;
  /** How the last automatic deployment went; empty where there was none. */
  deploymentMessage: string;
}

/** A stage for messages and revisions: `a1b2c3d4e5/prod`, `a1b2c3d4e5/$default`. */
export function nameOf({ apiId, stage }: StagePlace): string {
  return `${apiId}/${stage}`;
}

/** How ids spell the stage that AWS calls `$default`: they have no $, and stages no colon. */
const defaultStage = ':default';

/** A stage's natural name as an environment's id: `a1b2c3d4e5/prod`, `a1b2c3d4e5/:default`. */
export function idOf({ apiId, stage }: StagePlace): string {
  return `${apiId}/${stage === '$default' ? defaultStage : stage}`;
}

/** The inverse of {@link idOf}; null for any other id. */
export function stageOfId(id: string): StagePlace | null {
  const [, apiId, stage] = /^([A-Za-z0-9_-]+)\/(:default|[A-Za-z0-9_-]+)$/.exec(id) ?? [];
  if (!apiId || !stage) return null;
  return { apiId, stage: stage === defaultStage ? '$default' : stage };
}

/** The stage, or null when there is none. An id of the other kind of API is not found (404). */
export async function findStage(
  { http, rest }: Gateways,
  place: StagePlace,
): Promise<FoundStage | null> {
  const { apiId, stage } = place;
  const httpKey = { ApiId: apiId, StageName: stage };
  const ofHttp = await askFor('GetStage', nameOf(place), () =>
    http.send(new GetHttpStageCommand(httpKey)),
  );
  if (ofHttp) return fromHttp(ofHttp);
  const restKey = { restApiId: apiId, stageName: stage };
  const ofRest = await askFor('GetStage', nameOf(place), () =>
    rest.send(new GetRestStageCommand(restKey)),
  );
  return ofRest && fromRest(ofRest);
}

/** A stage as apigatewayv2 has it. */
export function fromHttp(stage: Partial<HttpStage>): FoundStage {
  return {
    api: 'http',
    tags: stage.Tags ?? {},
    variables: stage.StageVariables ?? {},
    deploymentId: stage.DeploymentId ?? '',
    deploymentMessage: stage.LastDeploymentStatusMessage ?? '',
  };
}

/** A stage as apigateway has it. */
export function fromRest(stage: RestStage): FoundStage {
  return {
    api: 'rest',
    tags: stage.tags ?? {},
    variables: stage.variables ?? {},
    deploymentId: stage.deploymentId ?? '',
    deploymentMessage: '',
  };
}

/**
 * The environment that a stage belongs to: by its own tag, else its API's, else its natural name.
 * Inherited tags have to be asked for: they count for IAM only (apigateway-tagging-supported-resources).
 */
export async function environmentOf(
  gateways: Gateways,
  place: StagePlace,
  stage: FoundStage | null,
): Promise<string> {
  const own = stage?.tags[environmentTag];
  if (own || !stage) return own ?? idOf(place);
  const tags = await tagsOfApi(gateways, stage.api, place.apiId);
  return tags[environmentTag] ?? idOf(place);
}

async function tagsOfApi(
  { http, rest }: Gateways,
  api: FoundStage['api'],
  apiId: string,
): Promise<Record<string, string>> {
  if (api === 'http') {
    const found = await askFor('GetApi', apiId, () =>
      http.send(new GetApiCommand({ ApiId: apiId })),
    );
    return found?.Tags ?? {};
  }
  const found = await askFor('GetRestApi', apiId, () =>
    rest.send(new GetRestApiCommand({ restApiId: apiId })),
  );
  return found?.tags ?? {};
}
