import type {
  AlterDomainStmt,
  CreateFunctionStmt,
  CreatePolicyStmt,
  CreateTableAsStmt,
  CreateTrigStmt,
  DoStmt,
  GrantStmt,
  Node,
  RangeVar,
  RuleStmt,
  SelectStmt,
  ViewStmt,
} from 'libpg-query';
import { messageOf } from '../../release/errors.ts';
import type { Change, Reading } from './changes.ts';
import { stringsOf, tableOf, tableText } from './names.ts';
import type { SqlParser } from './parser.ts';
import { readAlterTable } from './read-alter-table.ts';
import {
  addRelation,
  readCreateTable,
  readDrop,
  readEnum,
  readIndex,
  readMove,
  readRename,
  readTruncate,
} from './read-statements.ts';
import { copyShape, type Shape } from './shape.ts';
import {
  columnsText,
  type MaybeRequired,
  noteUnread,
  type ReadingState,
  type Turn,
} from './turn.ts';

/** Reads migrations one after the other. */
export interface MigrationReader {
  /** One of those that were there before: it says what there was. */
  replay(sql: string): void;
  /** One of those that are judged. */
  read(migration: string, sql: string): void;
  /** What the database is like after those so far. */
  shape(): Shape;
  /** What those that are judged come to, together. */
  finish(): Reading;
}

/**
 * A reader that begins with what `before` knows. `isWhole` says that nothing is missing from it.
 */
export function createMigrationReader(
  parser: SqlParser,
  before: Shape,
  { isWhole }: { isWhole: boolean },
): MigrationReader {
  const state: ReadingState = {
    parser,
    shape: copyShape(before),
    isWhole,
    functions: new Set(),
    found: { changes: [], unread: [], rewrites: [] },
    maybeRequired: [],
  };
  return {
    replay: (sql) => {
      state.isWhole = readText(sql, { ...state, migration: '', isNew: false }) && state.isWhole;
    },
    read: (migration, sql) => {
      readText(sql, { ...state, migration, isNew: true });
    },
    shape: () => copyShape(state.shape),
    finish: () => conclude(state),
  };
}

/** Whether all of it could be read. */
function readText(sql: string, turn: Turn): boolean {
  try {
    for (const { node, text } of turn.parser.parse(sql)) readStatement(node, text, turn);
    return true;
  } catch (error) {
    noteUnread(turn, `could not be read: ${messageOf(error)}`);
    return false;
  }
}

/** Statements that take nothing from anybody, whatever they say. */
const harmless: readonly string[] = [
  'AlterDefaultPrivilegesStmt',
  'AlterExtensionStmt',
  'AlterPublicationStmt',
  'AlterSeqStmt',
  'AlterStatsStmt',
  'ClusterStmt',
  'CommentStmt',
  'CompositeTypeStmt',
  'ConstraintsSetStmt',
  'CopyStmt',
  'CreateCastStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateExtensionStmt',
  'CreatePublicationStmt',
  'CreateRangeStmt',
  'CreateRoleStmt',
  'CreateSchemaStmt',
  'CreateSeqStmt',
  'CreateStatsStmt',
  'DefineStmt',
  'DeleteStmt',
  'DiscardStmt',
  'ExplainStmt',
  'InsertStmt',
  'LockStmt',
  'MergeStmt',
  'NotifyStmt',
  'RefreshMatViewStmt',
  'ReindexStmt',
  'SecLabelStmt',
  'TransactionStmt',
  'UpdateStmt',
  'VacuumStmt',
  'VariableSetStmt',
  'VariableShowStmt',
];

const handlers = {
  AlterTableStmt: readAlterTable,
  CreateStmt: readCreateTable,
  DropStmt: readDrop,
  RenameStmt: readRename,
  AlterObjectSchemaStmt: readMove,
  TruncateStmt: readTruncate,
  IndexStmt: readIndex,
  AlterEnumStmt: readEnum,
  ViewStmt: ({ view }: ViewStmt, turn: Turn) => addRelation(view, true, turn),
  CreateTableAsStmt: ({ into, objtype }: CreateTableAsStmt, turn: Turn) =>
    addRelation(into?.rel, objtype === 'OBJECT_MATVIEW', turn),
  SelectStmt: ({ intoClause }: SelectStmt, turn: Turn) => {
    if (intoClause) addRelation(intoClause.rel, false, turn);
  },
  CreateFunctionStmt: readFunction,
  CreateTrigStmt: ({ relation }: CreateTrigStmt, turn: Turn) =>
    noteUnlessNew(relation, 'a trigger', turn),
  RuleStmt: ({ relation }: RuleStmt, turn: Turn) => noteUnlessNew(relation, 'a rule', turn),
  CreatePolicyStmt: ({ table }: CreatePolicyStmt, turn: Turn) =>
    noteUnlessNew(table, 'a policy', turn),
  AlterDomainStmt: readDomain,
  GrantStmt: ({ is_grant }: GrantStmt, turn: Turn) => {
    if (!is_grant) noteUnread(turn, 'revokes privileges, which is not judged');
  },
};

type Handler = (statement: unknown, turn: Turn) => void;

function readStatement(node: Node, text: string, turn: Turn): void {
  const [[name, statement] = ['', {}]] = Object.entries(node);
  const handler = (handlers as unknown as Partial<Record<string, Handler>>)[name];
  if ('DoStmt' in node) readBlock(node.DoStmt, text, turn);
  else if (handler) handler(statement, turn);
  else if (!harmless.includes(name)) noteUnread(turn, `${beginningOf(text)} is not judged`);
}

/** `CREATE INDEX a ON b…`, short enough for a line. */
function beginningOf(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

function readFunction({ funcname, replace }: CreateFunctionStmt, turn: Turn): void {
  const name = stringsOf(funcname).at(-1) ?? '';
  const mayBeThere = turn.functions.has(name) || !turn.isWhole;
  if (replace && mayBeThere) noteUnread(turn, `replaces the function ${name}, which is not judged`);
  turn.functions.add(name);
}

function noteUnlessNew(relation: RangeVar | undefined, what: string, turn: Turn): void {
  const table = tableOf(relation);
  if (turn.shape.find(table)?.isNew) return;
  noteUnread(turn, `${what} on ${tableText(table)} is not judged`);
}

/** `O` sets NOT NULL, `C` adds a constraint (parsenodes.h, AlterDomainStmt). */
function readDomain({ subtype, typeName }: AlterDomainStmt, turn: Turn): void {
  if (subtype !== 'O' && subtype !== 'C') return;
  noteUnread(turn, `narrows the type ${stringsOf(typeName).join('.')}, which is not judged`);
}

/** A block of PL/pgSQL, as far as its statements stand in it. */
function readBlock({ args = [] }: DoStmt, text: string, turn: Turn): void {
  const languages = args.flatMap((arg) =>
    'DefElem' in arg && arg.DefElem.defname === 'language' && arg.DefElem.arg
      ? stringsOf([arg.DefElem.arg])
      : [],
  );
  if (languages.some((language) => language !== 'plpgsql')) {
    noteUnread(turn, `a block of ${languages.join()} could not be read`);
    return;
  }
  const { statements, hasDynamicSql } = turn.parser.readBlock(text);
  for (const statement of statements) readText(statement, turn);
  if (hasDynamicSql)
    noteUnread(turn, 'a DO block runs SQL that it puts together: could not be read');
}

/** What only the last statement decides: what has a default after all, and what is a view now. */
function conclude({ shape, found, maybeRequired }: ReadingState): Reading {
  const required = requiredOf(maybeRequired, shape);
  const changes: Change[] = [];
  const unread = [...found.unread];
  for (const change of [...found.changes, ...required]) {
    const { table, kind, migration, text } = change;
    const isReplaced = kind === 'drops-table' || kind === 'renames-table';
    if (isReplaced && table && shape.find(table)?.isView)
      unread.push({ migration, reason: `${text}; what the view in its place shows is not judged` });
    else changes.push(change);
  }
  return { changes, unread, rewrites: found.rewrites };
}

function requiredOf(maybe: readonly MaybeRequired[], shape: Shape): Change[] {
  const told = new Set<object>();
  return maybe.flatMap(({ migration, table, column, facts, isDefaultDropped }): Change[] => {
    const isThere = shape.all().includes(table) && [...table.columns.values()].includes(facts);
    if (!isThere || facts.hasDefault || told.has(facts)) return [];
    told.add(facts);
    const on = columnsText(table.name, [column]);
    const about = { migration, table: table.name, columns: [column] };
    if (facts.isNotNull)
      return [{ kind: 'requires-column', ...about, text: `requires ${on}, without a default` }];
    return isDefaultDropped && !facts.isNew
      ? [{ kind: 'drops-default', ...about, text: `drops the default of ${on}` }]
      : [];
  });
}
