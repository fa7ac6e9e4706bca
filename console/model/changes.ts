/** One line of a diff, as it is shown. */
export interface DiffLine {
  path: string;
  kind: 'added' | 'removed' | 'changed';
  /** Null where there was nothing. */
  before: string | null;
  after: string | null;
}

/** A review's changes as lines: what is absent on one side was added or removed. */
export function diffLines(
  changes: readonly { path: string; before: unknown; after: unknown }[],
): DiffLine[] {
  return changes.map(({ path, before, after }) => ({
    path,
    kind: isAbsent(before) ? 'added' : isAbsent(after) ? 'removed' : 'changed',
    before: isAbsent(before) ? null : valueText(before),
    after: isAbsent(after) ? null : valueText(after),
  }));
}

/** A value in one line: texts without their quotes, everything else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A digest short enough for a table, long enough to be compared by eye. */
export function shortDigest(digest: string | null | undefined): string | null {
  if (!digest) return null;
  const [, hex = digest] = digest.split(':');
  return hex.slice(0, 12);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
