import type { AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef } from 'libpg-query';
import { columnTypeOf, compareTypes, isSerial, typeText } from './column-type.ts';
import {
  checkedAsNotNull,
  columnsOfConstraint,
  constraintKinds,
  constraintsOf,
} from './constraints.ts';
import { stringsOf, type TableName, tableOf, tableText } from './names.ts';
import type { ColumnFacts, TableFacts } from './shape.ts';
import {
  columnFactsOf,
  columnsText,
  noteChange,
  noteUnread,
  type Turn,
  tableFactsOf,
} from './turn.ts';

/** Commands that take nothing from anybody. */
const harmless: readonly AlterTableType[] = [
  'AT_DropConstraint',
  'AT_ValidateConstraint',
  'AT_AlterConstraint',
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetAccessMethod',
  'AT_SetTableSpace',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ReplicaIdentity',
  'AT_SetIdentity',
  'AT_SetExpression',
  'AT_DisableRowSecurity',
  'AT_NoForceRowSecurity',
  'AT_DetachPartitionFinalize',
];

type Handler = (command: AlterTableCmd, table: TableFacts, turn: Turn) => void;

const handlers: Partial<Record<AlterTableType, Handler>> = {
  AT_AddColumn: addColumn,
  AT_DropColumn: dropColumn,
  AT_AlterColumnType: alterType,
  AT_SetNotNull: ({ name = '' }, table, turn) => requireColumn(name, table, turn),
  AT_DropNotNull: ({ name = '' }, table) => {
    columnFactsOf(table, name).isNotNull = false;
  },
  AT_ColumnDefault: setDefault,
  AT_AddIdentity: ({ name = '' }, table) => {
    Object.assign(columnFactsOf(table, name), { isNotNull: true, hasDefault: true });
  },
  AT_DropIdentity: ({ name = '' }, table, turn) => dropDefault(name, table, turn),
  AT_DropExpression: ({ name = '' }, table, turn) => dropDefault(name, table, turn),
  AT_AddConstraint: addConstraint,
  AT_EnableRowSecurity: hideRows,
  AT_ForceRowSecurity: hideRows,
  AT_AttachPartition: attachPartition,
};

/** `ALTER TABLE`, and what else alters like it. */
export function readAlterTable(statement: AlterTableStmt, turn: Turn): void {
  const { relation, cmds = [], objtype = 'OBJECT_TABLE' } = statement;
  if (['OBJECT_INDEX', 'OBJECT_SEQUENCE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'].includes(objtype))
    return;
  const name = tableOf(relation);
  if (objtype === 'OBJECT_TYPE') {
    noteUnread(turn, `alters the type ${tableText(name)}`);
    return;
  }
  const table = tableFactsOf(turn, name);
  for (const command of cmds) {
    if ('AlterTableCmd' in command) readCommand(command.AlterTableCmd, table, turn);
  }
}

function readCommand(command: AlterTableCmd, table: TableFacts, turn: Turn): void {
  const { subtype } = command;
  const handler = subtype && handlers[subtype];
  if (handler) handler(command, table, turn);
  else if (!subtype || !harmless.includes(subtype)) {
    if (!table.isNew)
      noteUnread(turn, `${tableText(table.name)}: ${spoken(subtype)} is not judged`);
  }
}

/** `AT_DetachPartition` → `detach partition`. */
function spoken(subtype: string | undefined): string {
  const words = (subtype ?? 'a command').replace(/^AT_/, '').replace(/(?!^)[A-Z]/g, ' $&');
  return words.toLowerCase();
}

/** What a definition says of its column. */
export function factsOfColumn(definition: ColumnDef, isNew: boolean): ColumnFacts {
  const kinds = constraintKinds(definition.constraints);
  const fills = ['CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED'] as const;
  const requires = ['CONSTR_NOTNULL', 'CONSTR_PRIMARY', 'CONSTR_IDENTITY'] as const;
  const serial = isSerial(definition.typeName);
  return {
    type: columnTypeOf(definition.typeName),
    isNotNull: serial || requires.some((kind) => kinds.includes(kind)),
    hasDefault: serial || fills.some((kind) => kinds.includes(kind)),
    isNew,
  };
}

function addColumn({ def, missing_ok }: AlterTableCmd, table: TableFacts, turn: Turn): void {
  if (!def || !('ColumnDef' in def)) return;
  const column = def.ColumnDef.colname ?? '';
  if (missing_ok && table.columns.has(column)) return;
  const facts = factsOfColumn(def.ColumnDef, turn.isNew);
  table.columns.set(column, facts);
  noteMaybeRequired(column, table, facts, turn, false);
}

function dropColumn({ name = '', missing_ok }: AlterTableCmd, table: TableFacts, turn: Turn): void {
  const isThere = table.columns.has(name) || !table.isWhole;
  if (missing_ok && !isThere) return;
  const text = `drops ${columnsText(table.name, [name])}`;
  noteChange(turn, { kind: 'drops-column', table: table.name, columns: [name], text });
  table.columns.delete(name);
}

function alterType({ name = '', def }: AlterTableCmd, table: TableFacts, turn: Turn): void {
  if (!def || !('ColumnDef' in def)) return;
  const facts = columnFactsOf(table, name);
  const from = facts.type;
  const to = columnTypeOf(def.ColumnDef.typeName);
  facts.type = to;
  const change = compareTypes(from, to);
  const what = `${columnsText(table.name, [name])} from ${typeText(from)} to ${typeText(to)}`;
  const about = { table: table.name, columns: [name] };
  if (change === 'narrower')
    noteChange(turn, { kind: 'narrows-column', ...about, text: `narrows ${what}` });
  if (change === 'other')
    noteChange(turn, { kind: 'retypes-column', ...about, text: `changes ${what}` });
  if (change === 'rewrites' && turn.isNew && !table.isNew && !facts.isNew)
    turn.found.rewrites.push({ migration: turn.migration, text: `widens ${what}` });
}

function setDefault({ name = '', def }: AlterTableCmd, table: TableFacts, turn: Turn): void {
  if (def) columnFactsOf(table, name).hasDefault = true;
  else dropDefault(name, table, turn);
}

function dropDefault(name: string, table: TableFacts, turn: Turn): void {
  const facts = columnFactsOf(table, name);
  facts.hasDefault = false;
  noteMaybeRequired(name, table, facts, turn, true);
}

function requireColumn(name: string, table: TableFacts, turn: Turn): void {
  const facts = columnFactsOf(table, name);
  if (facts.isNotNull) return;
  facts.isNotNull = true;
  noteMaybeRequired(name, table, facts, turn, false);
}

function noteMaybeRequired(
  column: string,
  table: TableFacts,
  facts: ColumnFacts,
  { isNew, migration, maybeRequired }: Turn,
  isDefaultDropped: boolean,
): void {
  if (isNew && !table.isNew)
    maybeRequired.push({ migration, table, column, facts, isDefaultDropped });
}

function addConstraint({ def }: AlterTableCmd, table: TableFacts, turn: Turn): void {
  for (const constraint of constraintsOf(def ? [def] : [])) {
    const required = checkedAsNotNull(constraint);
    if (required !== null) requireColumn(required, table, turn);
    else if (constraint.contype === 'CONSTR_NOTNULL')
      for (const key of stringsOf(constraint.keys)) requireColumn(key, table, turn);
    else noteConstraint(constraint, table.name, turn);
    if (constraint.contype === 'CONSTR_PRIMARY')
      for (const key of stringsOf(constraint.keys)) requireColumn(key, table, turn);
  }
}

function noteConstraint(
  constraint: Parameters<typeof columnsOfConstraint>[0],
  table: TableName,
  turn: Turn,
): void {
  const columns = columnsOfConstraint(constraint);
  const on = columnsText(table, columns);
  switch (constraint.contype) {
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
      noteChange(turn, { kind: 'adds-unique', table, columns, text: `makes ${on} unique` });
      break;
    case 'CONSTR_CHECK':
      noteChange(turn, { kind: 'adds-check', table, columns, text: `adds a check on ${on}` });
      break;
    case 'CONSTR_FOREIGN': {
      const text = `adds a foreign key on ${on}`;
      noteChange(turn, { kind: 'adds-foreign-key', table, columns, text });
      break;
    }
    case 'CONSTR_EXCLUSION': {
      const text = `adds an exclusion constraint on ${on}`;
      noteChange(turn, { kind: 'adds-exclusion', table, columns, text });
      break;
    }
    default:
      noteUnread(turn, `${tableText(table)}: a constraint is not judged`);
  }
}

function hideRows(_: AlterTableCmd, { name }: TableFacts, turn: Turn): void {
  const text = `hides rows of ${tableText(name)} by row security`;
  noteChange(turn, { kind: 'hides-rows', table: name, text });
}

/** A table that was not there before has no rows that a partition's bounds could refuse. */
function attachPartition({ def }: AlterTableCmd, table: TableFacts, turn: Turn): void {
  if (!def || !('PartitionCmd' in def)) return;
  const partition = tableOf(def.PartitionCmd.name);
  if (turn.shape.find(partition)?.isNew) return;
  noteUnread(turn, `${tableText(table.name)}: the attached ${tableText(partition)} is not judged`);
}
