import type {
  ColumnRef,
  CommonTableExpr,
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  Node,
  RangeVar,
  SelectStmt,
  UpdateStmt,
} from 'libpg-query';
import { stringsOf, type TableName, tableOf } from './names.ts';
import type { SqlParser, Statement } from './parser.ts';
import { createScope, type Scope, tablesOf, unqualified } from './scope.ts';
import type { Shape } from './shape.ts';

/** What one statement asks of the database. */
export interface StatementUse {
  /** As it was written. */
  text: string;
  /** Where it is known from: `blueNeeds`, `queries`, `pg_stat_statements`, a probe. */
  source: string;
  tables: TableName[];
  /** Columns by name, also those it writes. */
  columns: ColumnUse[];
  /** Tables of which it takes whatever columns there are. */
  wholes: TableName[];
  /** Rows that it adds; columns are null where it names none. */
  inserts: { table: TableName; columns: string[] | null }[];
  /** Columns that it gives a value. */
  writes: ColumnUse[];
  /** Functions and types, by their last names. */
  objects: string[];
}

/** A column of one of these tables: which, the statement does not say. */
export interface ColumnUse {
  tables: TableName[];
  column: string;
}

/** Statements that programs run; the others change the database itself. */
const running = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'];

/** Whether it is one of those. */
export function isRunning({ node }: Statement): boolean {
  return running.includes(Object.keys(node)[0] ?? '');
}

/**
 * What the statements of a text use, those that change the database itself left out. `shape` is what
 * tells which table an unqualified column belongs to, where several may.
 * @throws Error as `parse` does.
 */
export function usesOf(
  sql: string,
  source: string,
  parser: SqlParser,
  shape: Shape,
): StatementUse[] {
  return parser
    .parse(sql)
    .filter(isRunning)
    .map(({ node, text }) => useOf(node, text, source, shape));
}

interface Walk {
  use: StatementUse;
  shape: Shape;
}

function useOf(node: Node, text: string, source: string, shape: Shape): StatementUse {
  const use: StatementUse = {
    ...{ text, source, tables: [], columns: [], wholes: [] },
    ...{ inserts: [], writes: [], objects: [] },
  };
  walk(node, createScope(null), { use, shape });
  return use;
}

type Visitor = (value: never, scope: Scope, walking: Walk) => void;

const visitors: Record<string, Visitor> = {
  SelectStmt: select,
  InsertStmt: insert,
  UpdateStmt: update,
  DeleteStmt: remove,
  MergeStmt: merge,
  ColumnRef: columnRef,
  FuncCall: ({ funcname, ...rest }: { funcname?: Node[] }, scope, walking) => {
    walking.use.objects.push(...stringsOf(funcname).slice(-1));
    walk(rest, scope, walking);
  },
  TypeName: ({ names }: { names?: Node[] }, _, { use }) => {
    use.objects.push(...stringsOf(names).slice(-1));
  },
  // Relations are taken in where they stand.
  RangeVar: () => {},
};

/** Goes through whatever the parser gives, and stops at what has a meaning here. */
function walk(value: unknown, scope: Scope, walking: Walk): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    // A type stands without its name in some places.
    const visitor = visitors[key === 'typeName' ? 'TypeName' : key];
    if (visitor) visitor(inner as never, scope, walking);
    else walk(inner, scope, walking);
  }
}

function select(statement: SelectStmt, outer: Scope, walking: Walk): void {
  const { withClause, fromClause, larg, rarg, sortClause, groupClause, ...rest } = statement;
  const scope = createScope(outer);
  takeQueries(withClause, scope, walking);
  if (larg) select(larg, scope, walking);
  if (rarg) select(rarg, scope, walking);
  takeFrom(fromClause, scope, walking);
  walk(rest, scope, walking);
  for (const target of statement.targetList ?? [])
    if ('ResTarget' in target && target.ResTarget.name) scope.results.add(target.ResTarget.name);
  walk([sortClause, groupClause], scope, walking);
}

function insert(statement: InsertStmt, outer: Scope, walking: Walk): void {
  const { relation, cols, selectStmt, withClause, onConflictClause, returningClause } = statement;
  const scope = createScope(outer);
  takeQueries(withClause, scope, walking);
  const table = tableOf(relation);
  const columns = cols ? targetNames(cols) : null;
  walking.use.inserts.push({ table, columns });
  writeColumns(table, columns ?? [], walking);
  walk(selectStmt, scope, walking);
  takeRelation(relation, scope, walking);
  scope.relations.push({ alias: 'excluded', table, isHidden: true });
  writeColumns(table, targetNames(onConflictClause?.targetList), walking);
  const named = (onConflictClause?.infer?.indexElems ?? []).flatMap((element) =>
    'IndexElem' in element ? (element.IndexElem.name ?? []) : [],
  );
  readColumns(table, named, walking);
  walk([onConflictClause, returningClause], scope, walking);
}

function update(statement: UpdateStmt, outer: Scope, walking: Walk): void {
  const { relation, fromClause, withClause, targetList, ...rest } = statement;
  const scope = createScope(outer);
  takeQueries(withClause, scope, walking);
  takeRelation(relation, scope, walking);
  takeFrom(fromClause, scope, walking);
  writeColumns(tableOf(relation), targetNames(targetList), walking);
  walk([targetList, rest], scope, walking);
}

function remove(statement: DeleteStmt, outer: Scope, walking: Walk): void {
  const { relation, usingClause, withClause, ...rest } = statement;
  const scope = createScope(outer);
  takeQueries(withClause, scope, walking);
  takeRelation(relation, scope, walking);
  takeFrom(usingClause, scope, walking);
  walk(rest, scope, walking);
}

function merge(statement: MergeStmt, outer: Scope, walking: Walk): void {
  const { relation, sourceRelation, withClause, mergeWhenClauses = [], ...rest } = statement;
  const scope = createScope(outer);
  takeQueries(withClause, scope, walking);
  takeRelation(relation, scope, walking);
  takeFrom(sourceRelation ? [sourceRelation] : [], scope, walking);
  const table = tableOf(relation);
  for (const clause of mergeWhenClauses) {
    if (!('MergeWhenClause' in clause)) continue;
    const { commandType, targetList } = clause.MergeWhenClause;
    const names = targetNames(targetList);
    if (commandType === 'CMD_INSERT')
      walking.use.inserts.push({ table, columns: targetList ? names : null });
    writeColumns(table, names, walking);
  }
  walk([mergeWhenClauses, rest], scope, walking);
}

function targetNames(targets: readonly Node[] | undefined): string[] {
  return (targets ?? []).flatMap((target) =>
    'ResTarget' in target ? (target.ResTarget.name ?? []) : [],
  );
}

function writeColumns(table: TableName, columns: readonly string[], { use }: Walk): void {
  const written = columns.map((column) => ({ tables: [table], column }));
  use.writes.push(...written);
  use.columns.push(...written);
}

function readColumns(table: TableName, columns: readonly string[], { use }: Walk): void {
  use.columns.push(...columns.map((column) => ({ tables: [table], column })));
}

function takeQueries(
  withClause: { ctes?: Node[]; recursive?: boolean } | undefined,
  scope: Scope,
  walking: Walk,
): void {
  const queries = (withClause?.ctes ?? []).flatMap((cte): CommonTableExpr[] =>
    'CommonTableExpr' in cte ? [cte.CommonTableExpr] : [],
  );
  if (withClause?.recursive) for (const { ctename = '' } of queries) scope.queries.add(ctename);
  for (const { ctename = '', ctequery } of queries) {
    walk(ctequery, scope, walking);
    scope.queries.add(ctename);
  }
}

/** The relations of a FROM, and what stands between them. */
function takeFrom(items: readonly Node[] | undefined, scope: Scope, walking: Walk): void {
  for (const item of items ?? []) takeItem(item, scope, walking);
  // Conditions of joins and lateral queries see what was taken in.
  for (const item of items ?? []) walkItem(item, scope, walking);
}

function takeItem(item: Node, scope: Scope, walking: Walk): void {
  if ('RangeVar' in item) takeRelation(item.RangeVar, scope, walking);
  else if ('JoinExpr' in item) {
    const { larg, rarg, usingClause } = item.JoinExpr;
    for (const side of [larg, rarg]) if (side) takeItem(side, scope, walking);
    for (const column of stringsOf(usingClause)) {
      const tables = scope.relations.flatMap(({ table }) => table ?? []);
      walking.use.columns.push({ tables, column });
    }
  } else if ('RangeTableSample' in item) {
    if (item.RangeTableSample.relation) takeItem(item.RangeTableSample.relation, scope, walking);
  } else scope.relations.push({ alias: aliasOf(item), table: null });
}

/** The name of a subquery, a function or a list of values. */
function aliasOf(item: Node): string {
  const [inner] = Object.values(item) as { alias?: { aliasname?: string } }[];
  return inner?.alias?.aliasname ?? '';
}

function walkItem(item: Node, scope: Scope, walking: Walk): void {
  if ('RangeVar' in item) return;
  if ('JoinExpr' in item) {
    const { larg, rarg, quals } = item.JoinExpr;
    for (const side of [larg, rarg]) if (side) walkItem(side, scope, walking);
    walk(quals, scope, walking);
  } else walk(item, scope, walking);
}

function takeRelation(relation: RangeVar | undefined, scope: Scope, { use }: Walk): void {
  if (!relation) return;
  const table = tableOf(relation);
  const alias = relation.alias?.aliasname ?? table.name;
  const isQuery = table.schema === null && scope.queries.has(table.name);
  scope.relations.push({ alias, table: isQuery ? null : table });
  if (!isQuery) use.tables.push(table);
}

/** A name such as `name`, `p.name`, `shop.products.name`, `p.*` or `*`. */
function columnRef({ fields = [] }: ColumnRef, scope: Scope, walking: Walk): void {
  const isStar = fields.some((field) => 'A_Star' in field);
  const names = stringsOf(fields);
  const column = isStar ? null : (names.pop() ?? '');
  const qualifier = names.at(-1);
  if (column !== null && qualifier === undefined && scope.results.has(column)) return;
  const tables =
    qualifier === undefined
      ? unqualified(column, scope, walking.shape)
      : (tablesOf(qualifier, scope) ?? tablesOf(names[0] ?? '', scope) ?? []);
  if (column === null) walking.use.wholes.push(...tables);
  else if (tables.length > 0) walking.use.columns.push({ tables, column });
  // A table's own name as a value is the whole row, unless a column has it.
  const isRow = qualifier === undefined && !tables.some((table) => isKnown(table, column, walking));
  if (column !== null && isRow) walking.use.wholes.push(...(tablesOf(column, scope) ?? []));
}

function isKnown(table: TableName, column: string | null, { shape }: Walk): boolean {
  return column !== null && (shape.find(table)?.columns.has(column) ?? false);
}
