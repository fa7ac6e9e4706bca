import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { sdkError } from '../sdk-client.ts';

/**
 * What one batch makes of a zone's records: each change is looked at with those before it, and one that
 * is refused leaves all as it was.
 * @throws InvalidChangeBatch or InvalidInput, in Route 53's words.
 */
export function applyBatch(
  records: readonly ResourceRecordSet[],
  changes: readonly Change[],
): ResourceRecordSet[] {
  return changes.reduce<ResourceRecordSet[]>(
    (before, { Action, ResourceRecordSet: set }) => {
      const wanted = normalize(set as ResourceRecordSet);
      throwIfMalformed(wanted);
      if (Action === 'DELETE') return deleteSet(before, wanted);
      const rest = Action === 'UPSERT' ? before.filter((it) => !isSame(it, wanted)) : before;
      throwIfConflicting(rest, wanted);
      return [...rest, wanted];
    },
    [...records],
  );
}

/** As Route 53 stores it: names in lower case with a dot at their end. */
function normalize(set: ResourceRecordSet): ResourceRecordSet {
  const alias = set.AliasTarget;
  return {
    ...set,
    Name: dotted(set.Name ?? ''),
    ...(alias ? { AliasTarget: { ...alias, DNSName: dotted(alias.DNSName ?? '') } } : {}),
  };
}

/** A name as Route 53 gives it. */
export function dotted(name: string): string {
  return `${name.toLowerCase().replace(/\.$/, '')}.`;
}

function isSame(a: ResourceRecordSet, b: ResourceRecordSet): boolean {
  return a.Name === b.Name && a.Type === b.Type && a.SetIdentifier === b.SetIdentifier;
}

function deleteSet(records: ResourceRecordSet[], wanted: ResourceRecordSet): ResourceRecordSet[] {
  const found = records.find((record) => isSame(record, wanted));
  const said = `Tried to delete resource record set [${nameOf(wanted)}]`;
  if (!found) throw invalid(`${said} but it was not found`);
  if (valuesOf(found) !== valuesOf(wanted)) {
    throw invalid(`${said} but the values provided do not match the current values`);
  }
  return records.filter((record) => record !== found);
}

function throwIfConflicting(records: ResourceRecordSet[], wanted: ResourceRecordSet): void {
  if (records.some((record) => isSame(record, wanted))) {
    throw invalid(`Tried to create resource record set [${nameOf(wanted)}] but it already exists`);
  }
  const named = records.filter(({ Name }) => Name === wanted.Name);
  const group = named.filter(({ Type }) => Type === wanted.Type);
  const refuse = (why: string) =>
    invalid(`RRSet with DNS name ${wanted.Name}, type ${wanted.Type} cannot be created as ${why}`);
  if (group.some(({ SetIdentifier }) => !SetIdentifier !== !wanted.SetIdentifier)) {
    throw refuse('other RRSets exist with the same name and type');
  }
  if (named.some(({ Type }) => (Type === 'CNAME') !== (wanted.Type === 'CNAME'))) {
    throw refuse('a conflicting RRSet of type CNAME exists with the same DNS name');
  }
  const timed = group.find(({ TTL }) => TTL !== undefined);
  if (wanted.TTL !== undefined && timed && timed.TTL !== wanted.TTL) {
    throw refuse('weighted sets must contain the same TTL');
  }
}

function throwIfMalformed(set: ResourceRecordSet): void {
  const hasValues = set.TTL !== undefined && (set.ResourceRecords?.length ?? 0) > 0;
  if (hasValues === (set.AliasTarget !== undefined)) {
    throw sdkError(
      'InvalidInput',
      'Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]',
    );
  }
  const isWeighted = set.Weight !== undefined;
  if (isWeighted && !(Number(set.Weight) >= 0 && Number(set.Weight) <= 255)) {
    throw sdkError('InvalidInput', 'Invalid request: weight must be between 0 and 255');
  }
  if ((set.SetIdentifier?.length ?? 0) > 128) {
    throw sdkError('InvalidInput', 'Invalid request: SetIdentifier is longer than 128');
  }
  if (set.Type === 'TXT') throwIfBadText(set);
}

function throwIfBadText({ ResourceRecords = [] }: ResourceRecordSet): void {
  for (const { Value = '' } of ResourceRecords) {
    const strings = Value.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
    const isWhole = strings.join(' ') === Value && strings.every((string) => string.length <= 257);
    if (isWhole && Value.length <= 4000) continue;
    throw invalid(`Invalid Resource Record: 'FATAL problem: InvalidCharacterString in "${Value}"'`);
  }
}

/** Everything a DELETE has to say right; the order of values does not matter. */
function valuesOf({ ResourceRecords = [], ...rest }: ResourceRecordSet): string {
  const values = ResourceRecords.map(({ Value }) => Value).sort();
  const facts = Object.entries(rest).filter(([, value]) => value !== undefined);
  return JSON.stringify([facts.sort(([a], [b]) => (a < b ? -1 : 1)), values]);
}

function nameOf({ Name, Type, SetIdentifier }: ResourceRecordSet): string {
  const set = SetIdentifier ? `, set-identifier='${SetIdentifier}'` : '';
  return `name='${Name}', type='${Type}'${set}`;
}

const invalid = (message: string) => sdkError('InvalidChangeBatch', `[${message}]`);
