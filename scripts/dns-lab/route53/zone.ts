/** What stands in a zone for a name: one answer, or one of several by weight. */
export interface RecordSet {
  /** Lower case, with the dot at its end. */
  name: string;
  type: string;
  /** Both are null for a name with one answer, and neither for weighted ones. */
  setIdentifier: string | null;
  weight: number | null;
  /** Seconds. */
  ttl: number;
  values: readonly string[];
}

/** One line of a change batch. */
export interface Change {
  action: 'CREATE' | 'DELETE' | 'UPSERT';
  record: RecordSet;
}

/** A batch that Route 53 refuses as a whole, with everything that is wrong with it. */
export class InvalidChangeBatch extends Error {
  override name = 'InvalidChangeBatch';

  constructor(problems: readonly string[]) {
    super(`[${problems.join(', ')}]`);
  }
}

function isSameSet(a: RecordSet, b: RecordSet): boolean {
  return a.name === b.name && a.type === b.type && a.setIdentifier === b.setIdentifier;
}

function isGroupOf(a: RecordSet, b: RecordSet): boolean {
  return a.name === b.name && a.type === b.type;
}

function isEqual(a: RecordSet, b: RecordSet): boolean {
  const valuesOf = ({ values }: RecordSet) => values.toSorted().join('\n');
  return a.ttl === b.ttl && a.weight === b.weight && valuesOf(a) === valuesOf(b);
}

function describe({ name, type, setIdentifier }: RecordSet): string {
  const identifier = setIdentifier === null ? '' : `, set identifier='${setIdentifier}'`;
  return `resource record set [name='${name}', type='${type}'${identifier}]`;
}

/**
 * Applies a change batch as Route 53 does: all of it or nothing. DELETE needs every value as it stands,
 * CREATE a set that does not exist, and a name is weighted or not. Weighted sets of a name share one
 * TTL: the last one given counts for all.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
 * @throws InvalidChangeBatch
 */
export function applyBatch(records: readonly RecordSet[], batch: readonly Change[]): RecordSet[] {
  const problems: string[] = [];
  let zone = [...records];
  for (const change of batch) {
    const problem = problemWith(change, zone);
    if (problem === null) zone = applied(change, zone);
    else problems.push(problem);
  }
  if (problems.length > 0) throw new InvalidChangeBatch(problems);
  return zone;
}

function problemWith({ action, record }: Change, zone: readonly RecordSet[]): string | null {
  const present = zone.find((it) => isSameSet(it, record));
  if (action === 'DELETE') {
    if (!present) return `Tried to delete ${describe(record)} but it was not found`;
    if (isEqual(present, record)) return null;
    return `Tried to delete ${describe(record)} but the values provided do not match the current values`;
  }
  if (action === 'CREATE' && present) {
    return `Tried to create ${describe(record)} but it already exists`;
  }
  const clash = zone.find(
    (it) => isGroupOf(it, record) && (it.weight === null) !== (record.weight === null),
  );
  return clash
    ? `RRSet with DNS name ${record.name}, type ${record.type} cannot be created as other RRSets exist with the same name and type`
    : null;
}

function applied({ action, record }: Change, zone: readonly RecordSet[]): RecordSet[] {
  const others = zone.filter((it) => !isSameSet(it, record));
  if (action === 'DELETE') return others;
  return [...others.map((it) => (isGroupOf(it, record) ? { ...it, ttl: record.ttl } : it)), record];
}
