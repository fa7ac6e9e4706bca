import type { TableName } from './names.ts';

/** What a migration takes from who knows the database as it was before. */
export type ChangeKind =
  /** A table or view is gone, or has another name. */
  | 'drops-table'
  | 'renames-table'
  /** Its rows are gone. */
  | 'empties-table'
  /** Rows are hidden. */
  | 'hides-rows'
  | 'drops-column'
  | 'renames-column'
  /** Not every old value fits any more. */
  | 'narrows-column'
  /** Of a type that says nothing about whether old values fit. */
  | 'retypes-column'
  /** A row without a value for it is refused. */
  | 'requires-column'
  /** A row without a value for it gets none. */
  | 'drops-default'
  /** Rows that were accepted may be refused. */
  | 'adds-unique'
  | 'adds-check'
  | 'adds-foreign-key'
  | 'adds-exclusion'
  /** A function, a type, a schema, a value of an enum. */
  | 'drops-object';

/** One such change. */
export interface Change {
  kind: ChangeKind;
  /** Of which migration, by its name. */
  migration: string;
  /** Null where it is about no table. */
  table: TableName | null;
  columns: string[];
  /** In words, to follow the migration's name: `drops products.name`. */
  text: string;
}

/** What could not be read, or says too little about what it does. */
export interface Unread {
  migration: string;
  reason: string;
}

/** A change of type that loses nothing, but writes the table anew. */
export interface Rewrite {
  migration: string;
  text: string;
}

/** What came of reading migrations. */
export interface Reading {
  changes: Change[];
  unread: Unread[];
  rewrites: Rewrite[];
}
