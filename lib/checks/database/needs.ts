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

/** What one statement has to do with a change. */
function needOf({ kind, table, columns }: Change, use: StatementUse): Need {
  if (!table) {
    const isNamed = use.objects.some((name) => columns.includes(name));
    const isInSchema = use.tables.some(({ schema }) => schema !== null && columns.includes(schema));
    return isNamed || isInSchema ? 'needed' : 'not-needed';
  }
  const isThis = (name: TableName) => isSameTable(name, table);
  const isAbout = ({ tables, column }: ColumnUse) =>
    tables.some(isThis) && columns.includes(column);
  const inserts = use.inserts.filter((insert) => isThis(insert.table));
  switch (kind) {
    case 'drops-table':
    case 'renames-table':
    case 'empties-table':
    case 'hides-rows':
      return use.tables.some(isThis) || inserts.length > 0 ? 'needed' : 'not-needed';
    case 'drops-column':
    case 'renames-column':
    case 'retypes-column':
      if (use.columns.some(isAbout)) return certainty(use.columns.filter(isAbout));
      if (inserts.some((insert) => insert.columns === null)) return 'needed';
      return use.wholes.some(isThis) ? 'maybe' : 'not-needed';
    case 'narrows-column':
      if (use.writes.some(isAbout)) return 'needed';
      return inserts.some((insert) => insert.columns === null) ? 'needed' : 'not-needed';
    case 'requires-column':
    case 'drops-default':
      return leavingOut(kind, columns, inserts);
    default: {
      const isWritten = inserts.length > 0 || use.writes.some(isAbout);
      return isWritten ? 'maybe' : 'not-needed';
    }
  }
}

/** A column that may be another table's is a perhaps. */
function certainty(uses: readonly ColumnUse[]): Need {
  return uses.some(({ tables }) => tables.length === 1) ? 'needed' : 'maybe';
}

function leavingOut(
  kind: ChangeKind,
  columns: readonly string[],
  inserts: StatementUse['inserts'],
): Need {
  const isLeftOut = inserts.some(
    (insert) => insert.columns && columns.some((column) => !insert.columns?.includes(column)),
  );
  if (isLeftOut) return kind === 'requires-column' ? 'needed' : 'maybe';
  return inserts.some((insert) => insert.columns === null) ? 'maybe' : 'not-needed';
}
