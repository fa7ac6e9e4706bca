import type { Folder } from '../check-files.ts';
import type { TableName } from './names.ts';
import type { Query } from './session.ts';

/** One migration as a tool keeps it. */
export interface MigrationFile {
  /** By which the database remembers it, and by which blue's and green's are compared. */
  id: string;
  /** For people. */
  name: string;
  /** What it does, as SQL; null where that is not written in SQL. */
  sql: string | null;
  /** What of it could not be read as SQL. */
  unread: string[];
  /** As the tool would write it into its table; null where it writes none. */
  checksum: string | null;
  /** It is applied again when it says something else. */
  isRepeatable: boolean;
}

/** One migration as the database remembers it. */
export interface AppliedMigration {
  id: string;
  checksum: string | null;
  isFailed: boolean;
  /** Everything older counts as applied with it. */
  coversOlder: boolean;
}

/** What the files come to beside what the database remembers. Names are for people. */
export interface Standing {
  pending: MigrationFile[];
  /** Begun, and not finished. */
  failed: string[];
  /** Applied, and changed since. */
  changed: string[];
  /** Applied, and there is no file. */
  strangers: string[];
  /** What else has to be said. */
  notes: string[];
}

/** Where a tool keeps what it has applied. */
export interface HistoryTable {
  table: TableName;
  /** Of the tool `sql` only: the column of the version. */
  column: string;
}

/** How one tool keeps its migrations. */
export interface MigrationTool {
  /** Where its migrations are, and where the database remembers them, unless the manifest says otherwise. */
  defaults: { directory: string; table: TableName; column: string };
  /** A file that says what all of them come to, where the tool can write one. */
  structureFile?: string;
  /** In the order in which they are applied. @throws Error when they cannot be read. */
  readFiles(folder: Folder, directory: string): Promise<MigrationFile[]>;
  /** What the database remembers. @throws DatabaseError of `pg`. */
  readApplied(query: Query, history: HistoryTable): Promise<AppliedMigration[]>;
  compare(files: readonly MigrationFile[], applied: readonly AppliedMigration[]): Standing;
}

/** How most tools compare: by id, and by checksum where there is one on both sides. */
export function compareById(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): Standing {
  const known = new Map(applied.map((one) => [one.id, one]));
  const ids = new Set(files.map(({ id }) => id));
  const isChanged = ({ id, checksum }: MigrationFile) => {
    const other = known.get(id)?.checksum ?? null;
    return checksum !== null && other !== null && checksum !== other;
  };
  const nameOf = (id: string) => files.find((file) => file.id === id)?.name ?? id;
  return {
    pending: files.filter(({ id }) => !known.has(id)),
    failed: applied.filter(({ isFailed }) => isFailed).map(({ id }) => nameOf(id)),
    changed: files.filter(isChanged).map(({ name }) => name),
    strangers: applied.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    notes: [],
  };
}

/** Reads the files of a folder whose names are wanted; at most 16 at once. */
export async function readAll(
  folder: Folder,
  directory: string,
  names: readonly string[],
): Promise<{ name: string; text: string }[]> {
  const found: { name: string; text: string }[] = [];
  for (let start = 0; start < names.length; start += atOnce) {
    const some = names.slice(start, start + atOnce).map(async (name) => {
      const text = await folder.read(directory === '' ? name : `${directory}/${name}`);
      return { name, text: text ?? '' };
    });
    found.push(...(await Promise.all(some)));
  }
  return found;
}

const atOnce = 16;

/** A table's name for a statement, quoted. */
export function quotedTable({ schema, name }: TableName): string {
  return schema === null ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

/** An identifier for a statement. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
