import type { Origin } from '@aws-sdk/client-cloudfront';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { withoutChange } from './distribution.ts';

/** Where an environment answers. */
export interface OriginPlace {
  domainName: string;
  /** Put before every path, such as `/2.0.0`; undefined where the environment does not say. */
  originPath: string | undefined;
  /** Of its address, where that names one. */
  port: { protocol: string; number: number } | undefined;
}

/** Where an environment says that it answers, or null. */
export function placeOf({ attributes, address }: EnvironmentRef): OriginPlace | null {
  const { originDomainName, dnsName, originPath } = attributes;
  const domainName = originDomainName ?? dnsName;
  if (domainName !== undefined) return { domainName, originPath, port: undefined };
  if (address === null) return null;
  const { hostname, pathname, protocol, port } = new URL(address);
  return {
    domainName: hostname,
    originPath: originPath ?? (pathname.replace(/\/+$/, '') || undefined),
    port: port === '' ? undefined : { protocol, number: Number(port) },
  };
}

/** The error for an environment that a distribution cannot lead to. */
export function noPlace({ id }: EnvironmentRef): VerdigrisError {
  return new VerdigrisError(
    'RequestInvalidError',
    `nobody says where environment ${id} answers: it needs an address, or the attribute originDomainName or dnsName`,
  );
}

/**
 * An environment as an origin, with the settings of the one that is live: protocol policy, headers,
 * time-outs, shield and access control.
 * @throws RequestInvalidError where it does not say where it is, or the live origin is one of a VPC.
 */
export function makeOrigin(environment: EnvironmentRef, live: Origin): Origin {
  const place = placeOf(environment);
  if (!place) throw noPlace(environment);
  const { domainName, originPath, port } = place;
  const { CustomOriginConfig: custom, ...copied } = withoutChange(live);
  return {
    ...copied,
    ...vpcOriginOf(environment, live),
    ...(custom ? { CustomOriginConfig: port ? { ...custom, ...portOf(port) } : custom } : {}),
    Id: environment.id,
    DomainName: domainName,
    OriginPath: originPath ?? live.OriginPath ?? '',
  };
}

function portOf({ protocol, number }: { protocol: string; number: number }) {
  return protocol === 'https:' ? { HTTPSPort: number } : { HTTPPort: number };
}

/** A VPC origin leads to one load balancer, whatever the domain name says: a copy would be blue again. */
function vpcOriginOf({ id, attributes }: EnvironmentRef, { Id, VpcOriginConfig: config }: Origin) {
  if (!config) return {};
  const VpcOriginId = attributes.vpcOriginId;
  if (VpcOriginId !== undefined) return { VpcOriginConfig: { ...config, VpcOriginId } };
  throw new VerdigrisError(
    'RequestInvalidError',
    `origin ${Id} is a VPC origin, which leads to one load balancer; environment ${id} needs one of its own, named by the attribute vpcOriginId`,
  );
}
