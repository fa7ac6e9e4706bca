import type {
  AlterEnumStmt,
  AlterObjectSchemaStmt,
  CreateStmt,
  DropStmt,
  IndexStmt,
  Node,
  ObjectType,
  RangeVar,
  RenameStmt,
  TruncateStmt,
} from 'libpg-query';
import { columnsIn, constraintsOf } from './constraints.ts';
import { stringsOf, type TableName, tableOf, tableOfParts, tableText } from './names.ts';
import { factsOfColumn } from './read-alter-table.ts';
import type { ColumnFacts } from './shape.ts';
import { columnsText, noteChange, noteUnread, type Turn, tableFactsOf } from './turn.ts';

/** What a statement asks for as it asks for a table. */
const tableLike: readonly ObjectType[] = [
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_FOREIGN_TABLE',
];

/** Whose name no statement of a program says. */
const unnamed: readonly ObjectType[] = [
  'OBJECT_INDEX',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_STATISTIC_EXT',
];

/** What statements may name besides tables. */
const named: Partial<Record<ObjectType, string>> = {
  OBJECT_FUNCTION: 'function',
  OBJECT_PROCEDURE: 'procedure',
  OBJECT_ROUTINE: 'function',
  OBJECT_AGGREGATE: 'aggregate',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'type',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_SCHEMA: 'schema',
  OBJECT_EXTENSION: 'extension',
};

/** `CREATE TABLE` */
export function readCreateTable(statement: CreateStmt, turn: Turn): void {
  const { relation, tableElts = [], if_not_exists } = statement;
  const name = tableOf(relation);
  if (if_not_exists && turn.shape.find(name)) return;
  const columns = new Map<string, ColumnFacts>();
  for (const element of tableElts) {
    if (!('ColumnDef' in element)) continue;
    const { colname = '' } = element.ColumnDef;
    columns.set(colname, factsOfColumn(element.ColumnDef, turn.isNew));
  }
  for (const { contype, keys } of constraintsOf(tableElts)) {
    if (contype !== 'CONSTR_PRIMARY') continue;
    for (const key of stringsOf(keys)) Object.assign(columns.get(key) ?? {}, { isNotNull: true });
  }
  const hasMore =
    statement.inhRelations ||
    statement.ofTypename ||
    tableElts.some((it) => 'TableLikeClause' in it);
  turn.shape.add({ name, columns, isWhole: !hasMore, isNew: turn.isNew, isView: false });
}

/** `CREATE VIEW`, `CREATE TABLE … AS`: something of that name is there. */
export function addRelation(relation: RangeVar | undefined, isView: boolean, turn: Turn): void {
  const name = tableOf(relation);
  if (turn.shape.find(name)) return;
  turn.shape.add({ name, columns: new Map(), isWhole: false, isNew: turn.isNew, isView });
}

/** `DROP …` */
export function readDrop({ objects = [], removeType, missing_ok }: DropStmt, turn: Turn): void {
  for (const object of objects) {
    const parts = partsOf(object);
    if (removeType && tableLike.includes(removeType))
      dropTable(tableOfParts(parts), missing_ok ?? false, removeType, turn);
    else if (removeType && named[removeType])
      dropObject(`drops the ${named[removeType]}`, parts, turn);
    else if (!removeType || !unnamed.includes(removeType))
      noteUnread(turn, `drops ${parts.join('.')}, which is not judged`);
  }
}

function dropTable(name: TableName, isMissingOk: boolean, type: ObjectType, turn: Turn): void {
  const isThere = turn.shape.find(name) !== undefined || !turn.isWhole;
  if (isMissingOk && !isThere) return;
  const what = type === 'OBJECT_TABLE' ? '' : 'the view ';
  noteChange(turn, { kind: 'drops-table', table: name, text: `drops ${what}${tableText(name)}` });
  turn.shape.remove(name);
}

function dropObject(what: string, parts: readonly string[], turn: Turn): void {
  const text = `${what} ${parts.join('.')}`;
  noteChange(turn, { kind: 'drops-object', table: null, columns: parts.slice(-1), text });
}

/** The parts of a name, however the statement holds it. */
function partsOf(object: Node): string[] {
  if ('List' in object) return stringsOf(object.List.items);
  if ('ObjectWithArgs' in object) return stringsOf(object.ObjectWithArgs.objname);
  if ('TypeName' in object) return stringsOf(object.TypeName.names);
  return stringsOf([object]);
}

/** `ALTER … RENAME` */
export function readRename(statement: RenameStmt, turn: Turn): void {
  const { renameType, relation, subname = '', newname = '', object } = statement;
  if (renameType && unnamed.includes(renameType)) return;
  if (renameType === 'OBJECT_COLUMN') renameColumn(tableOf(relation), subname, newname, turn);
  else if (renameType && tableLike.includes(renameType))
    renameTable(tableOf(relation), { name: newname }, `renames`, turn);
  else if (renameType && named[renameType]) {
    const parts = object ? partsOf(object) : [subname || tableOf(relation).name];
    dropObject(`renames the ${named[renameType]}`, parts, turn);
  } else
    noteUnread(turn, `renames ${subname || tableText(tableOf(relation))}, which is not judged`);
}

/** `ALTER … SET SCHEMA` */
export function readMove(
  { objectType, relation, object, newschema }: AlterObjectSchemaStmt,
  turn: Turn,
): void {
  const schema = newschema ?? null;
  if (relation && objectType && tableLike.includes(objectType))
    renameTable(tableOf(relation), { schema }, 'moves', turn);
  else {
    const parts = object ? partsOf(object) : [tableOf(relation).name];
    dropObject('moves', parts, turn);
  }
}

function renameTable(from: TableName, to: Partial<TableName>, verb: string, turn: Turn): void {
  const table = tableFactsOf(turn, from);
  const name = { ...table.name, ...to };
  const text = `${verb} ${tableText(from)} to ${tableText(name)}`;
  noteChange(turn, { kind: 'renames-table', table: from, text });
  turn.shape.remove(from);
  turn.shape.add(Object.assign(table, { name }));
}

function renameColumn(from: TableName, column: string, to: string, turn: Turn): void {
  const table = tableFactsOf(turn, from);
  const text = `renames ${columnsText(from, [column])} to ${to}`;
  noteChange(turn, { kind: 'renames-column', table: from, columns: [column], text });
  const facts = table.columns.get(column);
  table.columns.delete(column);
  if (facts) table.columns.set(to, facts);
}

/** `TRUNCATE` */
export function readTruncate({ relations = [] }: TruncateStmt, turn: Turn): void {
  for (const relation of relations) {
    if (!('RangeVar' in relation)) continue;
    const table = tableOf(relation.RangeVar);
    noteChange(turn, { kind: 'empties-table', table, text: `empties ${tableText(table)}` });
  }
}

/** `CREATE INDEX`, of which only a unique one can refuse anything. */
export function readIndex({ relation, unique, indexParams }: IndexStmt, turn: Turn): void {
  if (!unique) return;
  const table = tableOf(relation);
  const columns = [...new Set(columnsIn(indexParams))];
  const text = `makes ${columnsText(table, columns)} unique`;
  noteChange(turn, { kind: 'adds-unique', table, columns, text });
}

/** `ALTER TYPE … RENAME VALUE`; one that is added takes nothing away. */
export function readEnum({ typeName, oldVal }: AlterEnumStmt, turn: Turn): void {
  if (oldVal) dropObject(`renames the value ${oldVal} of the type`, stringsOf(typeName), turn);
}
