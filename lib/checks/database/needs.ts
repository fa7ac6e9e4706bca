import type { Change, ChangeKind } from './changes.ts';
import { isSameTable, type TableName, tableOfParts } from './names.ts';
import type { ColumnUse, StatementUse } from './uses.ts';

/** What is known of what blue asks of the database. */
export interface BlueKnowledge {
  /** What the manifest says it needs; null where it says nothing. */
  named: NamedNeed[] | null;
  /** Statements that are blue's for certain. */
  certain: StatementUse[];
  /** Statements that may be those of an earlier version. */
  possible: StatementUse[];
  /** Statements that could be told from nowhere leave all of blue's needs open. */
  isSilent: boolean;
}

/** A table, or one column of it. */
export interface NamedNeed {
  table: TableName;
  /** Null for all of its columns. */
  column: string | null;
  /** As the manifest has it. */
  text: string;
}

/** Whether blue needs what a change takes away: for certain, perhaps, not, or nothing says. */
export type Need = 'needed' | 'maybe' | 'not-needed' | 'unknown';

/** A change, and what blue has to do with it. */
export interface JudgedChange {
  change: Change;
  need: Need;
  /** What says so: `blueNeeds`, or a statement. Empty where nothing does. */
  because: string;
}

/** `products.name` as the table and the column, `shop.products.name` with its schema, `products` as all. */
export function namedNeed(text: string): NamedNeed {
  const parts = text.split('.');
  if (parts.length === 1) return { table: tableOfParts(parts), column: null, text };
  return { table: tableOfParts(parts.slice(0, -1)), column: parts.at(-1) ?? null, text };
}

/** What blue has to do with a change. */
export function judgeChange(change: Change, blue: BlueKnowledge): JudgedChange {
  const found = [
    ...(blue.named ?? []).map((need) => ofName(change, need)),
    ...blue.certain.map((use) => ofStatement(change, use)),
    ...blue.possible.map((use) => atMostMaybe(ofStatement(change, use))),
  ];
  const strongest =
    found.find(({ need }) => need === 'needed') ?? found.find(({ need }) => need === 'maybe');
  if (strongest) return { change, ...strongest };
  const need = blue.isSilent && blue.named === null ? 'unknown' : 'not-needed';
  return { change, need, because: '' };
}

interface Found {
  need: Need;
  because: string;
}

function atMostMaybe(found: Found): Found {
  return found.need === 'needed' ? { ...found, need: 'maybe' } : found;
}

/** Changes that leave nothing of a table as blue knows it. */
const ofTable: readonly ChangeKind[] = [
  'drops-table',
  'renames-table',
  'empties-table',
  'hides-rows',
];
const ofColumn: readonly ChangeKind[] = [
  'drops-column',
  'renames-column',
  'narrows-column',
  'retypes-column',
];

function ofName(
  { kind, table, columns }: Change,
  { table: needed, column, text }: NamedNeed,
): Found {
  const because = `blueNeeds has ${text}`;
  const none: Found = { need: 'not-needed', because: '' };
  if (!table) return columns.includes(needed.name) ? { need: 'needed', because } : none;
  if (!isSameTable(table, needed)) return none;
  if (ofTable.includes(kind)) return { need: 'needed', because };
  const isNamed = column === null || columns.includes(column);
  if (!isNamed) return none;
  return { need: ofColumn.includes(kind) ? 'needed' : 'maybe', because };
}

function ofStatement(change: Change, use: StatementUse): Found {
  return { need: needOf(change, use), because: `${use.source}: ${use.text}` };
}

/** What a statement does with what a change is about. */
interface Touch {
  use: StatementUse;
  isThis(table: TableName): boolean;
  isAbout(use: ColumnUse): boolean;
  columns: readonly string[];
  /** Rows that it adds to the table. */
  inserts: StatementUse['inserts'];
}

/** What one statement has to do with a change. */
function needOf({ kind, table, columns }: Change, use: StatementUse): Need {
  if (!table) return needsObject(columns, use);
  const isThis = (name: TableName) => isSameTable(name, table);
  return rules[kind]({
    ...{ use, columns, isThis },
    isAbout: ({ tables, column }) => tables.some(isThis) && columns.includes(column),
    inserts: use.inserts.filter((insert) => isThis(insert.table)),
  });
}

const needsTable = ({ use, isThis }: Touch): Need =>
  use.tables.some(isThis) ? 'needed' : 'not-needed';

function needsColumn({ use, isThis, isAbout, inserts }: Touch): Need {
  const named = use.columns.filter(isAbout);
  if (named.length > 0) return certainty(named);
  if (inserts.some((insert) => insert.columns === null)) return 'needed';
  return use.wholes.some(isThis) ? 'maybe' : 'not-needed';
}

function writesColumn({ use, isAbout, inserts }: Touch): Need {
  const isWritten = use.writes.some(isAbout) || inserts.some((insert) => insert.columns === null);
  return isWritten ? 'needed' : 'not-needed';
}

function mayBreak({ use, isAbout, inserts }: Touch): Need {
  return inserts.length > 0 || use.writes.some(isAbout) ? 'maybe' : 'not-needed';
}

function leavesOut({ columns, inserts }: Touch): Need {
  const isLeftOut = inserts.some(
    (insert) => insert.columns && columns.some((column) => !insert.columns?.includes(column)),
  );
  if (isLeftOut) return 'needed';
  return inserts.some((insert) => insert.columns === null) ? 'maybe' : 'not-needed';
}

/** Without a table: by the last part of a name. */
function needsObject(columns: readonly string[], use: StatementUse): Need {
  const isNamed = use.objects.some((name) => columns.includes(name));
  const isInSchema = use.tables.some(({ schema }) => schema !== null && columns.includes(schema));
  return isNamed || isInSchema ? 'needed' : 'not-needed';
}

const rules: Record<ChangeKind, (touch: Touch) => Need> = {
  'drops-table': needsTable,
  'renames-table': needsTable,
  'empties-table': needsTable,
  'hides-rows': needsTable,
  'drops-column': needsColumn,
  'renames-column': needsColumn,
  'retypes-column': needsColumn,
  'narrows-column': writesColumn,
  'requires-column': leavesOut,
  // The row is taken, but has no value where it had one before.
  'drops-default': (touch) => (leavesOut(touch) === 'not-needed' ? 'not-needed' : 'maybe'),
  'adds-unique': mayBreak,
  'adds-check': mayBreak,
  'adds-foreign-key': mayBreak,
  'adds-exclusion': mayBreak,
  'drops-object': ({ columns, use }) => needsObject(columns, use),
};

/** A column that may be another table's is a perhaps. */
function certainty(uses: readonly ColumnUse[]): Need {
  return uses.some(({ tables }) => tables.length === 1) ? 'needed' : 'maybe';
}
