import type { MappingPlace, StagePlace } from './schema.ts';

/** Where a path of a domain leads now. */
export interface Mapping extends StagePlace {
  /** By which the provider knows it. */
  id: string;
}

/** What has to be known of a custom domain before its mapping is changed. */
export interface DomainState {
  /** `AVAILABLE`, or what it is waiting for. */
  status: string;
  message: string;
  /** Routing rules come before mappings, or in their place (developerguide/set-routing-mode). */
  routingMode: string;
}

/** The mapping of one path of a custom domain, regional or edge-optimized. */
export interface DomainMapping {
  /** @throws one of ours. */
  find(): Promise<Mapping | null>;
  /** @throws ConfigInvalidError when there is no such domain. */
  domain(): Promise<DomainState>;
  /** Throws what the SDK throws, as `update` does. */
  create(target: StagePlace, signal: AbortSignal): Promise<Mapping>;
  update(mapping: Mapping, target: StagePlace, signal: AbortSignal): Promise<Mapping>;
  readonly operations: { create: string; update: string };
}

/** For messages: `api.shop.example/v1`. */
export function describePlace({ domainName, mappingKey }: MappingPlace): string {
  return mappingKey === '' ? domainName : `${domainName}/${mappingKey}`;
}
