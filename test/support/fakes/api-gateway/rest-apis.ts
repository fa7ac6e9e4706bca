import type { PatchOperation } from '@aws-sdk/client-api-gateway';
import { type Input, type Operations, sdkError } from '../sdk-client.ts';
import type { FakeApi, FakeMapping, FakeStage, GatewayState } from './state.ts';

const restOnly = ['rest'] as const;
const badRequest = (message: string) => sdkError('BadRequestException', message);

/** Operations of version 1. Made after apigateway/latest/api and its page of patch operations. */
export function restOperations(state: GatewayState): Operations {
  const stageKey = ({ restApiId, stageName }: Input) => `stage ${restApiId}/${stageName}`;
  const pathOf = ({ basePath }: Input) => (basePath === '(none)' ? '' : String(basePath ?? ''));
  const mappingsOf = ({ domainName }: Input) => state.findDomain(domainName).mappings;

  return {
    GetRestApi({ restApiId }) {
      return { id: restApiId, tags: state.findApi('rest', restApiId).tags };
    },
    GetStage(input) {
      const stage = state.findStage('rest', input.restApiId, input.stageName);
      return showStage(input, state.seen(stageKey(input), stage));
    },
    CreateStage(input) {
      const api = state.findApi('rest', input.restApiId);
      const deploymentId = existing(api, input.deploymentId);
      if (api.stages.has(String(input.stageName))) {
        throw sdkError('ConflictException', 'Stage already exists');
      }
      const stage: FakeStage = { deploymentId, variables: {}, tags: {}, canary: null };
      api.stages.set(String(input.stageName), stage);
      return showStage(input, stage);
    },
    UpdateStage(input) {
      const api = state.findApi('rest', input.restApiId);
      const stage = state.findStage('rest', input.restApiId, input.stageName);
      state.remember(stageKey(input), stage);
      const changed = structuredClone(stage);
      for (const operation of input.patchOperations as PatchOperation[]) {
        patchStage(changed, api, operation);
      }
      return showStage(input, Object.assign(stage, changed));
    },
    GetDeployment({ restApiId, deploymentId }) {
      const description = state.findApi('rest', restApiId).deployments.get(String(deploymentId));
      if (description !== undefined) return { id: deploymentId, description };
      throw sdkError('NotFoundException', 'Invalid Deployment identifier specified');
    },
    GetDomainName({ domainName }) {
      const { status, routingMode } = state.findDomain(domainName);
      return { domainName, domainNameStatus: status, routingMode };
    },
    GetBasePathMapping(input) {
      const path = pathOf(input);
      return showMapping(path, existingMapping(mappingsOf(input), path));
    },
    CreateBasePathMapping(input) {
      const mappings = mappingsOf(input);
      const path = pathOf(input);
      state.throwIfNoTarget(input.restApiId, input.stage, restOnly);
      if (mappings.has(path)) {
        throw sdkError('ConflictException', 'Base path already exists for this domain name');
      }
      const mapping = { id: path, apiId: String(input.restApiId), stage: String(input.stage) };
      mappings.set(path, mapping);
      return showMapping(path, mapping);
    },
    UpdateBasePathMapping(input) {
      const path = pathOf(input);
      const mapping = existingMapping(mappingsOf(input), path);
      const changed = { ...mapping };
      for (const { op, path: at, value = '' } of input.patchOperations as PatchOperation[]) {
        if (op !== 'replace') throw badRequest(`Invalid patch operation ${op}`);
        if (at === '/restapiId') changed.apiId = value;
        else if (at === '/stage') changed.stage = value;
        else throw badRequest(`Invalid patch path ${at}`);
      }
      state.throwIfNoTarget(changed.apiId, changed.stage, restOnly);
      return showMapping(path, Object.assign(mapping, changed));
    },
  };
}

function existing({ deployments }: FakeApi, deploymentId: unknown): string {
  if (deployments.has(String(deploymentId))) return String(deploymentId);
  throw badRequest('Deployment id does not exist');
}

function existingMapping(mappings: Map<string, FakeMapping>, path: string): FakeMapping {
  const mapping = mappings.get(path);
  if (mapping) return mapping;
  throw sdkError('NotFoundException', 'Invalid base path mapping identifier specified');
}

/** Canary settings take `replace` only, which makes them with nothing of the traffic, and `remove`. */
function patchStage(stage: FakeStage, api: FakeApi, { op, path = '', value = '' }: PatchOperation) {
  if (path === '/canarySettings' && op === 'remove') {
    if (!stage.canary) throw badRequest('Canary does not exist');
    stage.canary = null;
    return;
  }
  if (op !== 'replace') throw badRequest(`Invalid patch operation ${op} of ${path}`);
  const canary = stage.canary ?? { deploymentId: stage.deploymentId, percentTraffic: 0 };
  const [, variable] = /^\/variables\/(.+)$/.exec(path) ?? [];
  if (variable) stage.variables[variable] = value;
  else if (path === '/deploymentId') stage.deploymentId = existing(api, value);
  else if (path === '/canarySettings/deploymentId')
    stage.canary = { ...canary, deploymentId: existing(api, value) };
  else if (path === '/canarySettings/percentTraffic')
    stage.canary = { ...canary, percentTraffic: Number(value) };
  else throw badRequest(`Invalid method setting path: ${path}`);
}

function showStage({ stageName }: Input, stage: FakeStage) {
  const { deploymentId, variables, tags, canary } = structuredClone(stage);
  return {
    stageName,
    deploymentId,
    variables,
    tags,
    ...(canary ? { canarySettings: canary } : {}),
  };
}

function showMapping(path: string, { apiId, stage }: FakeMapping) {
  return { basePath: path === '' ? '(none)' : path, restApiId: apiId, stage };
}
