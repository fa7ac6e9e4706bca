import { type Input, type Operations, sdkError } from '../sdk-client.ts';
import type { FakeDomain, FakeMapping, FakeStage, GatewayState } from './state.ts';

/** What version 2 says to an edge-optimized domain (serverless-domain-manager issue 359). */
const regionalOnly =
  'Only REGIONAL domain names can be managed through the API Gateway V2 API. For EDGE domain names, please use the API Gateway V1 API. Also note that only REST APIs can be attached to EDGE domain names.';

const anyProtocol = ['http', 'rest'] as const;

/**
 * Operations of version 2. A REST API's id is not found there; a mapping may lead to one all the same.
 * Made after apigatewayv2/latest/api-reference.
 */
export function httpOperations(state: GatewayState): Operations {
  let made = 0;

  function regional({ DomainName }: Input): FakeDomain {
    const domain = state.findDomain(DomainName);
    if (domain.endpoint === 'regional') return domain;
    throw sdkError('BadRequestException', regionalOnly);
  }

  const keyOf = ({ DomainName }: Input) => `mappings ${DomainName}`;
  const stageKey = ({ ApiId, StageName }: Input) => `stage ${ApiId}/${StageName}`;

  return {
    GetApi({ ApiId }) {
      const { tags } = state.findApi('http', ApiId);
      return { ApiId, ProtocolType: 'HTTP', Tags: tags };
    },
    GetStage(input) {
      const stage = state.findStage('http', input.ApiId, input.StageName);
      return showStage(input, state.seen(stageKey(input), stage));
    },
    UpdateStage(input) {
      const stage = state.findStage('http', input.ApiId, input.StageName);
      state.remember(stageKey(input), stage);
      // Merged, and "" takes one away, as the Terraform provider relies on.
      Object.assign(stage.variables, input.StageVariables);
      for (const [key, value] of Object.entries(stage.variables)) {
        if (value === '') delete stage.variables[key];
      }
      return showStage(input, stage);
    },
    GetDomainName({ DomainName }) {
      const { status, routingMode, endpoint } = state.findDomain(DomainName);
      const configuration = { DomainNameStatus: status, EndpointType: endpoint.toUpperCase() };
      return { DomainName, RoutingMode: routingMode, DomainNameConfigurations: [configuration] };
    },
    GetApiMappings(input) {
      const mappings = state.seen(keyOf(input), regional(input).mappings);
      const start = Number(input.NextToken ?? 0);
      const end = start + state.pageSize;
      const items = [...mappings].map(([path, mapping]) => showMapping(path, mapping));
      return {
        Items: items.slice(start, end),
        ...(end < items.length ? { NextToken: String(end) } : {}),
      };
    },
    CreateApiMapping(input) {
      const { mappings } = regional(input);
      const path = String(input.ApiMappingKey ?? '');
      state.throwIfNoTarget(input.ApiId, input.Stage, anyProtocol);
      if (mappings.has(path)) {
        const message = 'ApiMapping key already exists for this domain name';
        throw sdkError('ConflictException', message);
      }
      state.remember(keyOf(input), mappings);
      made += 1;
      const mapping = { id: `m${made}`, apiId: String(input.ApiId), stage: String(input.Stage) };
      mappings.set(path, mapping);
      return showMapping(path, mapping);
    },
    UpdateApiMapping(input) {
      const { mappings } = regional(input);
      const found = [...mappings].find(([, { id }]) => id === input.ApiMappingId);
      if (!found) throw sdkError('NotFoundException', 'Invalid API mapping identifier specified');
      state.throwIfNoTarget(input.ApiId, input.Stage, anyProtocol);
      state.remember(keyOf(input), mappings);
      const [path, mapping] = found;
      Object.assign(mapping, { apiId: input.ApiId, stage: input.Stage });
      return showMapping(path, mapping);
    },
  };
}

function showStage({ StageName }: Input, stage: FakeStage) {
  return {
    StageName,
    DeploymentId: stage.deploymentId || undefined,
    LastDeploymentStatusMessage: stage.message,
    StageVariables: { ...stage.variables },
    Tags: { ...stage.tags },
  };
}

function showMapping(path: string, { id, apiId, stage }: FakeMapping) {
  return { ApiMappingId: id, ApiMappingKey: path, ApiId: apiId, Stage: stage };
}
