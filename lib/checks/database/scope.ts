import type { TableName } from './names.ts';
import type { Shape } from './shape.ts';

/** What a part of a statement can name. */
export interface Relation {
  alias: string;
  /** Null where its columns are not a table's. */
  table: TableName | null;
  /** Its columns are found by its name only. */
  isHidden?: boolean;
}

/** What names in a part of a statement can mean; what is not found there is looked for around it. */
export interface Scope {
  relations: Relation[];
  /** Names of WITH queries, which hide tables of that name. */
  queries: Set<string>;
  /** Names of results, which ORDER BY and GROUP BY may mean. */
  results: Set<string>;
  outer: Scope | null;
}

/** A part of a statement within another, or the whole of one. */
export function createScope(outer: Scope | null): Scope {
  return { relations: [], queries: new Set(outer?.queries), results: new Set(), outer };
}

/** The tables that go by this name; null where there is none, not even around. */
export function tablesOf(alias: string, scope: Scope | null): TableName[] | null {
  if (!scope) return null;
  const found = scope.relations.filter((relation) => relation.alias === alias);
  if (found.length === 0) return tablesOf(alias, scope.outer);
  return found.flatMap(({ table }) => table ?? []);
}

/**
 * The tables that a column without a qualifier may be of, in the innermost part that has any; of `*`, which
 * is null, all of that part.
 */
export function unqualified(column: string | null, scope: Scope | null, shape: Shape): TableName[] {
  if (!scope) return [];
  const visible = scope.relations.filter(({ isHidden }) => !isHidden);
  const tables = visible.flatMap(({ table }) => table ?? []);
  if (column === null) return tables;
  const known = tables.filter((table) => shape.find(table)?.columns.has(column));
  if (known.length > 0) return known;
  const possible = tables.filter((table) => !shape.find(table)?.isWhole);
  const others = unqualified(column, scope.outer, shape);
  return [...possible, ...others];
}
