import {
  type BasePathMapping,
  CreateBasePathMappingCommand,
  GetBasePathMappingCommand,
  GetDomainNameCommand,
  UpdateBasePathMappingCommand,
} from '@aws-sdk/client-api-gateway';
import { askFor, type RestApis } from './calls.ts';
import { type DomainMapping, describePlace, type Mapping } from './domain.ts';
import { noDomain } from './regional-domain.ts';
import type { MappingPlace } from './schema.ts';

/** How version 1 spells an empty path (API_UpdateBasePathMapping). */
const wholeDomain = '(none)';

/**
 * The mapping of an edge-optimized domain: REST APIs only, and only by version 1. Version 2 answers
 * "Only REGIONAL domain names can be managed through the API Gateway V2 API".
 */
export function createEdgeDomain(place: MappingPlace, rest: RestApis): DomainMapping {
  const { domainName, mappingKey } = place;
  const key = { domainName, basePath: mappingKey === '' ? wholeDomain : mappingKey };
  return {
    operations: { create: 'CreateBasePathMapping', update: 'UpdateBasePathMapping' },
    async find() {
      const found = await askFor('GetBasePathMapping', describePlace(place), () =>
        rest.send(new GetBasePathMappingCommand(key)),
      );
      return found && toMapping(found);
    },
    async domain() {
      const command = new GetDomainNameCommand({ domainName });
      const found = await askFor('GetDomainName', domainName, () => rest.send(command));
      if (!found) throw noDomain(domainName);
      return {
        status: found.domainNameStatus ?? 'AVAILABLE',
        message: found.domainNameStatusMessage ?? '',
        routingMode: found.routingMode ?? '',
      };
    },
    async create({ apiId, stage }, abortSignal) {
      const command = new CreateBasePathMappingCommand({ ...key, restApiId: apiId, stage });
      return toMapping(await rest.send(command, { abortSignal }));
    },
    async update(_, { apiId, stage }, abortSignal) {
      // "restapiId" is how the API spells it here (patch-operations#UpdateBasePathMapping-Patch).
      const patchOperations = [
        { op: 'replace' as const, path: '/restapiId', value: apiId },
        { op: 'replace' as const, path: '/stage', value: stage },
      ];
      const command = new UpdateBasePathMappingCommand({ ...key, patchOperations });
      return toMapping(await rest.send(command, { abortSignal }));
    },
  };
}

function toMapping({ basePath, restApiId, stage }: BasePathMapping): Mapping {
  return { id: basePath ?? '', apiId: restApiId ?? '', stage: stage ?? '' };
}
