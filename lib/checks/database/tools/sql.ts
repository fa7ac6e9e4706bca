import path from 'node:path';
import {
  type AppliedMigration,
  type MigrationFile,
  type MigrationTool,
  quoted,
  quotedTable,
  readAll,
  type Standing,
} from '../tool.ts';

/** From such a line on, a file says how to undo it (dbmate, goose, sql-migrate). */
const downMarker = /^--\s*(?:migrate:down|\+goose\s+down|\+migrate\s+down)\b/im;

/**
 * Files of SQL, sorted by their names. The database remembers them by the file's name, by that name
 * without `.sql` or `.up.sql`, or by what stands before the first `_`, `-` or `.` of it.
 */
export const sqlTool: MigrationTool = {
  defaults: {
    directory: 'migrations',
    table: { schema: null, name: 'schema_migrations' },
    column: 'version',
  },
  async readFiles(folder, directory) {
    const names = await folder.list(directory);
    const wanted = names.filter((name) => /\.sql$/i.test(name) && !/\.down\.sql$/i.test(name));
    return (await readAll(folder, directory, wanted)).map(({ name, text }) => ({
      id: stemOf(name),
      name: stemOf(name),
      sql: text.split(downMarker)[0] ?? '',
      unread: [],
      checksum: null,
      isRepeatable: false,
    }));
  },
  async readApplied(query, { table, column }) {
    const from = quotedTable(table);
    const rows = await query(`SELECT to_jsonb(it) AS row FROM ${from} AS it`);
    return rows.map(({ row }) => {
      const { [column]: version, dirty } = row as Record<string, unknown>;
      if (version === undefined)
        throw new Error(`${from} has no column ${quoted(column)}; name one in migrations.column`);
      // golang-migrate keeps one row: the last version, and whether that failed.
      const coversOlder = typeof dirty === 'boolean';
      return { id: String(version), checksum: null, isFailed: dirty === true, coversOlder };
    });
  },
  compare: compareVersions,
};

/** `sub/0001_products.up.sql` → `0001_products` */
function stemOf(file: string): string {
  return path.posix.basename(file).replace(/(?:\.up)?\.sql$/i, '');
}

function compareVersions(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): Standing {
  const isApplied = ({ name }: MigrationFile) =>
    applied.some(({ id, coversOlder }) => isMeant(name, id) || (coversOlder && isUpTo(name, id)));
  const isKnown = ({ id }: AppliedMigration) => files.some(({ name }) => isMeant(name, id));
  return {
    pending: files.filter((file) => !isApplied(file)),
    failed: applied.filter(({ isFailed }) => isFailed).map(({ id }) => id),
    changed: [],
    strangers: applied.filter((one) => !isKnown(one)).map(({ id }) => id),
    notes: [],
  };
}

function versionOf(name: string): string {
  return name.split(/[_.-]/)[0] ?? '';
}

function isMeant(name: string, id: string): boolean {
  const stem = stemOf(id);
  return stem === name || isSameVersion(stem, versionOf(name));
}

/** `0007` is `7`. */
function isSameVersion(a: string, b: string): boolean {
  return a === b || (/^\d+$/.test(a) && /^\d+$/.test(b) && BigInt(a) === BigInt(b));
}

function isUpTo(name: string, latest: string): boolean {
  const version = versionOf(name);
  return /^\d+$/.test(version) && /^\d+$/.test(latest) && BigInt(version) <= BigInt(latest);
}
