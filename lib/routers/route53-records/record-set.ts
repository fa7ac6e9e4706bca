import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { VerdigrisError } from '../../release/errors.ts';
import type { RecordType } from './settings.ts';

/** Where an answer leads: to an AWS resource by its name, or to what stands in the record. */
export type Target =
  | { zoneId: string; dnsName: string; evaluatesHealth: boolean }
  | { values: readonly string[] };

/** What Route 53 answers, whoever gets it. */
export interface Answer {
  type: RecordType;
  /** Null for an alias, which has the TTL of its target. */
  ttlSeconds: number | null;
  target: Target;
  healthCheckId: string | null;
}

/** A record set of the routed name. */
export interface RecordSet extends Answer {
  /** Null for a simple record, which has no place for an id. */
  setId: string | null;
  /** 0 to 255; null for a simple record. */
  weight: number | null;
  /** As Route 53 has it: a DELETE has to say exactly the same. */
  raw: ResourceRecordSet;
}

/** "Route 53 uses the value of TTL for the alias target"; for load balancers that is a minute. */
export const aliasTtlSeconds = 60;

/**
 * Resolvers count whole seconds, and what came late in one second they may give all through the last: an
 * answer with a TTL of 5 s was seen for 5.7 s (docs/dns.md).
 */
export const roundingSeconds = 1;

/** For how many seconds a resolver that keeps to TTLs may give this answer. */
export function keptSecondsOf({ ttlSeconds }: Answer): number {
  return (ttlSeconds ?? aliasTtlSeconds) + roundingSeconds;
}

/** A name as DNS compares it: lower case, no dot at the end. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/**
 * A record set as the API gives it.
 * @throws ConfigInvalidError where it is neither simple nor weighted: another policy is not ours to change.
 */
export function parseRecordSet(raw: ResourceRecordSet): RecordSet {
  throwIfForeignPolicy(raw);
  const { AliasTarget: alias, ResourceRecords: records = [] } = raw;
  return {
    type: raw.Type as RecordType,
    ttlSeconds: alias ? null : Number(raw.TTL ?? 0),
    target: alias
      ? {
          zoneId: alias.HostedZoneId ?? '',
          dnsName: plainName(alias.DNSName ?? ''),
          evaluatesHealth: alias.EvaluateTargetHealth ?? false,
        }
      : { values: records.map(({ Value = '' }) => plainName(Value)).sort() },
    healthCheckId: raw.HealthCheckId || null,
    setId: raw.SetIdentifier || null,
    weight: raw.Weight === undefined ? null : Number(raw.Weight),
    raw,
  };
}

function throwIfForeignPolicy(raw: ResourceRecordSet): void {
  const isOther =
    raw.Region || raw.GeoLocation || raw.Failover || raw.MultiValueAnswer || raw.CidrRoutingConfig;
  const isManaged = raw.GeoProximityLocation || raw.TrafficPolicyInstanceId;
  const isWhole = raw.SetIdentifier === undefined || raw.Weight !== undefined;
  if (!isOther && !isManaged && isWhole) return;
  throw new VerdigrisError(
    'ConfigInvalidError',
    `the ${raw.Type} records of ${raw.Name} have a routing policy of their own (latency, location, failover, multivalue or a traffic policy); this router changes simple and weighted records only`,
  );
}

/** A record set with this answer. @param side Its set identifier and weight; null for a simple record. */
export function createRecordSet(
  name: string,
  { type, ttlSeconds, target, healthCheckId }: Answer,
  side: { setId: string; weight: number } | null,
): RecordSet {
  const isAlias = 'zoneId' in target;
  const raw: ResourceRecordSet = {
    Name: `${name}.`,
    Type: type,
    ...(side ? { SetIdentifier: side.setId, Weight: side.weight } : {}),
    ...(isAlias
      ? {
          AliasTarget: {
            HostedZoneId: target.zoneId,
            DNSName: `${target.dnsName}.`,
            EvaluateTargetHealth: target.evaluatesHealth,
          },
        }
      : {
          TTL: ttlSeconds ?? aliasTtlSeconds,
          ResourceRecords: target.values.map((Value) => ({ Value })),
        }),
    ...(healthCheckId ? { HealthCheckId: healthCheckId } : {}),
  };
  return parseRecordSet(raw);
}

/** What makes one record set another, in a fixed order. */
export function factsOf(set: RecordSet): readonly unknown[] {
  const { target } = set;
  const leadsTo =
    'zoneId' in target
      ? [target.zoneId, target.dnsName, target.evaluatesHealth]
      : [set.ttlSeconds, ...target.values];
  return [set.type, set.setId, set.weight, set.healthCheckId, ...leadsTo];
}

/** Where a target leads, as people name it: the console writes `dualstack.` before load balancers. */
export function describeTarget(target: Target): string[] {
  return 'zoneId' in target ? [target.dnsName.replace(/^dualstack\./, '')] : [...target.values];
}
