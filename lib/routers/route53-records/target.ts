import { isIP } from 'node:net';
import type { EnvironmentRef } from '../../release/document.ts';
import { plainName, type Target } from './record-set.ts';
import type { RecordType, Settings } from './settings.ts';

/**
 * Where an environment can be reached with records of this type, as its attributes say; null where they
 * say nothing that fits: `dnsName` with `hostedZoneId` is an alias, `dnsName` alone the value of a
 * CNAME, `ipAddresses` the values of A and AAAA.
 */
export function targetFrom(
  { attributes }: EnvironmentRef,
  type: RecordType,
  { evaluateTargetHealth }: Pick<Settings, 'evaluateTargetHealth'>,
): Target | null {
  const { dnsName, hostedZoneId, ipAddresses = '' } = attributes;
  if (type === 'CNAME') return dnsName ? { values: [plainName(dnsName)] } : null;
  if (dnsName && hostedZoneId) {
    const evaluatesHealth = evaluateTargetHealth;
    return { zoneId: hostedZoneId, dnsName: plainName(dnsName), evaluatesHealth };
  }
  const family = type === 'A' ? 4 : 6;
  const addresses = ipAddresses.split(',').map((address) => address.trim());
  const values = addresses.filter((address) => isIP(address) === family).sort();
  return values.length > 0 ? { values } : null;
}

/** What an environment would have to say for these types. */
export function neededAttributes(types: readonly RecordType[]): string {
  return types.includes('CNAME')
    ? 'dnsName'
    : `dnsName with hostedZoneId, or ipAddresses for ${types.join(' and ')}`;
}
