import path from 'node:path';
import { crc32 } from 'node:zlib';
import {
  type AppliedMigration,
  type MigrationFile,
  type MigrationTool,
  quotedTable,
  readAll,
  type Standing,
} from '../tool.ts';

/** `V1_1__add_name.sql`, `R__views.sql` (documentation.red-gate.com/fd/migrations). */
const pattern = /^(?:V(?<version>\d[\d._]*)|(?<repeatable>R))__(?<description>.+)\.(?<ending>\w+)$/;

/**
 * Flyway's migrations: versioned ones in the order of their versions, then repeatable ones, which are
 * applied again when they change. Undo and baseline migrations are left out.
 */
export const flywayTool: MigrationTool = {
  defaults: {
    directory: 'db/migration',
    table: { schema: null, name: 'flyway_schema_history' },
    column: 'version',
  },
  async readFiles(folder, directory) {
    const names = await folder.list(directory);
    const wanted = names.filter((name) => pattern.test(path.posix.basename(name)));
    const files = (await readAll(folder, directory, wanted)).map(migrationOf);
    return files.sort(inOrder);
  },
  async readApplied(query, { table }) {
    const rows = await query(
      `SELECT version, description, type, checksum, success FROM ${quotedTable(table)} ORDER BY installed_rank`,
    );
    return foldHistory(rows as unknown as HistoryRow[]);
  },
  compare: compareHistory,
};

interface HistoryRow {
  version: string | null;
  description: string;
  type: string;
  checksum: number | null;
  success: boolean;
}

function migrationOf({ name, text }: { name: string; text: string }): MigrationFile {
  const file = path.posix.basename(name);
  const { version, description = '', ending } = pattern.exec(file)?.groups ?? {};
  const isSql = ending?.toLowerCase() === 'sql';
  return {
    id: version === undefined ? repeatableId(description) : versionId(version),
    name: file,
    sql: isSql ? text : null,
    unread: isSql ? [] : [`is written in ${ending}: could not be read`],
    checksum: isSql ? checksumOf(text) : null,
    isRepeatable: version === undefined,
  };
}

/** `1_1` and `1.1.0` are the same version. */
function versionId(version: string): string {
  const parts = version.split(/[._]/).map((part) => String(Number(part)));
  while (parts.length > 1 && parts.at(-1) === '0') parts.pop();
  return parts.join('.');
}

function repeatableId(description: string): string {
  return `R ${description.replaceAll('_', ' ')}`;
}

function isRepeatable(id: string): boolean {
  return id.startsWith('R ');
}

function inOrder(a: MigrationFile, b: MigrationFile): number {
  if (isRepeatable(a.id) !== isRepeatable(b.id)) return isRepeatable(a.id) ? 1 : -1;
  return isRepeatable(a.id) ? a.id.localeCompare(b.id) : compareVersionIds(a.id, b.id);
}

function compareVersionIds(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** CRC32 over the lines without their ends, as a signed number (ChecksumCalculator of Flyway). */
function checksumOf(text: string): string {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  let checksum = 0;
  for (const line of lines) checksum = crc32(line, checksum);
  return String(checksum | 0);
}

/** The history from the first row to the last: what was undone or deleted is not applied. */
function foldHistory(rows: readonly HistoryRow[]): AppliedMigration[] {
  const applied = new Map<string, AppliedMigration>();
  for (const { version, description, type, checksum, success } of rows) {
    if (type === 'SCHEMA') continue;
    const id = version === null ? repeatableId(description) : versionId(version);
    if (type.startsWith('UNDO') || type === 'DELETE') applied.delete(id);
    else {
      const coversOlder = type.includes('BASELINE');
      const sum = coversOlder || checksum === null ? null : String(checksum);
      applied.set(id, { id, checksum: sum, isFailed: !success, coversOlder });
    }
  }
  return [...applied.values()];
}

function compareHistory(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): Standing {
  const known = new Map(applied.map((one) => [one.id, one]));
  const since = applied.find(({ coversOlder }) => coversOlder)?.id;
  const isBefore = (id: string) =>
    since !== undefined && !isRepeatable(id) && compareVersionIds(id, since) <= 0;
  const isOther = ({ id, checksum }: MigrationFile) => {
    const sum = known.get(id)?.checksum ?? null;
    return sum !== null && checksum !== null && sum !== checksum;
  };
  const isPending = (file: MigrationFile) =>
    !isBefore(file.id) && (!known.has(file.id) || (isRepeatable(file.id) && isOther(file)));
  const ids = new Set(files.map(({ id }) => id));
  const pending = files.filter(isPending);
  return {
    pending,
    failed: applied.filter(({ isFailed }) => isFailed).map(({ id }) => id),
    changed: files
      .filter((file) => !isRepeatable(file.id) && isOther(file))
      .map(({ name }) => name),
    strangers: applied
      .filter(({ id, coversOlder }) => !ids.has(id) && !coversOlder)
      .map(({ id }) => id),
    notes: outOfOrder(pending, applied),
  };
}

/** Flyway leaves out what is older than the newest that is applied, unless `outOfOrder` is on. */
function outOfOrder(
  pending: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): string[] {
  const versions = applied.map(({ id }) => id).filter((id) => !isRepeatable(id));
  const newest = versions.toSorted(compareVersionIds).at(-1);
  if (newest === undefined) return [];
  return pending
    .filter(({ id }) => !isRepeatable(id) && compareVersionIds(id, newest) < 0)
    .map(
      ({ name }) =>
        `${name} is older than ${newest}, which is applied: Flyway leaves it out unless outOfOrder is on`,
    );
}
