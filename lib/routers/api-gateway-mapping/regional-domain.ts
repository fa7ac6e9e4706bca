import {
  type ApiMapping,
  CreateApiMappingCommand,
  GetApiMappingsCommand,
  GetDomainNameCommand,
  UpdateApiMappingCommand,
} from '@aws-sdk/client-apigatewayv2';
import { VerdigrisError } from '../../release/errors.ts';
import { askFor, type HttpApis } from './calls.ts';
import { type DomainMapping, describePlace, type Mapping } from './domain.ts';
import type { MappingPlace } from './schema.ts';

/**
 * The mapping of a regional domain: HTTP, WebSocket and REST APIs
 * (apigatewayv2/latest/api-reference/domainnames-domainname-apimappings).
 */
export function createRegionalDomain(place: MappingPlace, http: HttpApis): DomainMapping {
  const { domainName, mappingKey } = place;
  const key = { DomainName: domainName, ApiMappingKey: mappingKey };
  const what = describePlace(place);

  async function page(NextToken: string | undefined) {
    const command = new GetApiMappingsCommand({ DomainName: domainName, NextToken });
    const found = await askFor('GetApiMappings', what, () => http.send(command));
    if (found) return found;
    throw noDomain(domainName);
  }

  return {
    operations: { create: 'CreateApiMapping', update: 'UpdateApiMapping' },
    async find() {
      let token: string | undefined;
      do {
        const { Items = [], NextToken } = await page(token);
        const found = Items.find((item) => (item.ApiMappingKey ?? '') === mappingKey);
        if (found) return toMapping(found);
        token = NextToken;
      } while (token);
      return null;
    },
    async domain() {
      const command = new GetDomainNameCommand({ DomainName: domainName });
      const found = await askFor('GetDomainName', domainName, () => http.send(command));
      if (!found) throw noDomain(domainName);
      const [configuration] = found.DomainNameConfigurations ?? [];
      return {
        status: configuration?.DomainNameStatus ?? 'AVAILABLE',
        message: configuration?.DomainNameStatusMessage ?? '',
        routingMode: found.RoutingMode ?? '',
      };
    },
    async create({ apiId, stage }, abortSignal) {
      const command = new CreateApiMappingCommand({ ...key, ApiId: apiId, Stage: stage });
      return toMapping(await http.send(command, { abortSignal }));
    },
    async update({ id }, { apiId, stage }, abortSignal) {
      const input = { DomainName: domainName, ApiMappingId: id, ApiId: apiId, Stage: stage };
      return toMapping(await http.send(new UpdateApiMappingCommand(input), { abortSignal }));
    },
  };
}

function toMapping({ ApiMappingId, ApiId, Stage }: Partial<ApiMapping>): Mapping {
  return { id: ApiMappingId ?? '', apiId: ApiId ?? '', stage: Stage ?? '' };
}

/** What a manifest is refused with whose domain is not there. */
export function noDomain(domainName: string): VerdigrisError {
  return new VerdigrisError(
    'ConfigInvalidError',
    `there is no custom domain ${domainName} in this account and region; make it, with its certificate and DNS record, before the first release`,
  );
}
