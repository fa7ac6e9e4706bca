import { isIP } from 'node:net';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { type Answer, describeTarget, plainName, type Target } from './record-set.ts';
import type { RecordType, Settings } from './settings.ts';
import { sideOf, type ZoneView } from './view.ts';

/**
 * What a side's records have to answer: what the environment says itself, and where it says nothing, what
 * its records say or the marker kept of them.
 * @throws RequestInvalidError when nothing is known for any of the types.
 */
export function answersOf(
  view: ZoneView,
  id: string,
  environments: readonly EnvironmentRef[],
  settings: Settings,
): Answer[] {
  const known = knownAnswers(view, id);
  const environment = environments.find((candidate) => candidate.id === id);
  const answers = settings.types.flatMap((type): Answer[] => {
    const kept = known.find((answer) => answer.type === type);
    const target = environment ? targetFrom(environment, type, settings) : null;
    if (!target) return kept ? [kept] : [];
    const healthCheckId = kept?.healthCheckId ?? environment?.attributes.healthCheckId ?? null;
    const ttlSeconds = kept?.ttlSeconds ?? null;
    return [{ type, ttlSeconds, target: asWritten(target, kept), healthCheckId }];
  });
  if (answers.length > 0) return answers;
  throw new VerdigrisError(
    'RequestInvalidError',
    `${id} does not say where it can be reached; it needs ${neededAttributes(settings.types)}`,
  );
}

/** A side's answers as its records have them, or as the marker kept them. */
export function knownAnswers(view: ZoneView, id: string): Answer[] {
  const sets = view.sets.filter((set) => sideOf(view, set) === id);
  if (sets.length > 0) return sets;
  return view.marker?.value?.parked.find((side) => side.id === id)?.answers ?? [];
}

/**
 * Where an environment can be reached with records of this type, as its attributes say; null where they
 * say nothing that fits: `dnsName` with `hostedZoneId` is an alias, `dnsName` alone the value of a
 * CNAME, `ipAddresses` the values of A and AAAA.
 */
function targetFrom(
  { attributes }: EnvironmentRef,
  type: RecordType,
  { evaluateTargetHealth }: Settings,
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

/** A load balancer keeps the name by which its alias was written, `dualstack.` included. */
function asWritten(target: Target, kept: Answer | undefined): Target {
  if (!kept || !('zoneId' in target) || !('zoneId' in kept.target)) return target;
  const [name, keptName] = [target, kept.target].map((it) => describeTarget(it)[0]);
  return name === keptName ? { ...target, dnsName: kept.target.dnsName } : target;
}

function neededAttributes(types: readonly RecordType[]): string {
  return types.includes('CNAME')
    ? 'dnsName'
    : `dnsName with hostedZoneId, or ipAddresses for ${types.join(' and ')}`;
}
