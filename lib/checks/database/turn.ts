import type { Change, ChangeKind, Reading } from './changes.ts';
import { type TableName, tableText } from './names.ts';
import type { SqlParser } from './parser.ts';
import type { ColumnFacts, Shape, TableFacts } from './shape.ts';

/** What reading goes by, and what it has found so far. */
export interface ReadingState {
  parser: SqlParser;
  /** As the statements leave it. */
  shape: Shape;
  /** Everything that there was before is in the shape. */
  isWhole: boolean;
  /** Names of functions that there are. */
  functions: Set<string>;
  found: Reading;
  /** Columns that may have to be filled by who does not know them: the end decides. */
  maybeRequired: MaybeRequired[];
}

/** A column that a migration made harder to leave out. */
export interface MaybeRequired {
  migration: string;
  table: TableFacts;
  column: string;
  facts: ColumnFacts;
  /** Its default was dropped. */
  isDefaultDropped: boolean;
}

/** One migration's turn. */
export interface Turn extends ReadingState {
  migration: string;
  /** It is one of those that are judged; the others only say what there was before. */
  isNew: boolean;
}

/** Notes a change, unless it is about what came with the migrations that are judged. */
export function noteChange(
  { isNew, migration, shape, found }: Turn,
  change: { kind: ChangeKind; table: TableName | null; columns?: string[]; text: string },
): void {
  if (!isNew) return;
  const { kind, table, columns = [], text } = change;
  const facts = table && shape.find(table);
  if (facts?.isNew) return;
  const areAllNew =
    columns.length > 0 && columns.every((column) => facts?.columns.get(column)?.isNew);
  if (areAllNew) return;
  const noted: Change = { kind, migration, table, columns, text };
  found.changes.push(noted);
}

/** Notes what cannot be told. */
export function noteUnread({ isNew, migration, found }: Turn, reason: string): void {
  if (isNew) found.unread.push({ migration, reason });
}

/** A table's facts; of one that nobody has heard of, facts that say so. */
export function tableFactsOf({ shape }: Turn, name: TableName): TableFacts {
  const known = shape.find(name);
  if (known) return known;
  const unknown = { name, columns: new Map(), isWhole: false, isNew: false, isView: false };
  shape.add(unknown);
  return unknown;
}

/** The same for a column. */
export function columnFactsOf(table: TableFacts, column: string): ColumnFacts {
  const known = table.columns.get(column);
  if (known) return known;
  const unknown = { type: null, isNotNull: false, hasDefault: false, isNew: false };
  table.columns.set(column, unknown);
  return unknown;
}

/** `products.name`, or `products (a, b)`. */
export function columnsText(table: TableName, columns: readonly string[]): string {
  const [first, ...others] = columns;
  const name = tableText(table);
  if (first === undefined) return name;
  return others.length === 0 ? `${name}.${first}` : `${name} (${columns.join(', ')})`;
}
