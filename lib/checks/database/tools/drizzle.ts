import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  type AppliedMigration,
  type MigrationFile,
  type MigrationTool,
  quotedTable,
  readAll,
  type Standing,
} from '../tool.ts';

const journal = z.object({
  entries: z.array(z.object({ tag: z.string().min(1), when: z.number() })),
});

/**
 * Drizzle's migrations: those of its journal, in that order. The database remembers each by the hash of
 * its file and the journal's time (`drizzle-orm`, migrator.ts).
 */
export const drizzleTool: MigrationTool = {
  defaults: {
    directory: 'drizzle',
    table: { schema: 'drizzle', name: '__drizzle_migrations' },
    column: 'hash',
  },
  async readFiles(folder, directory) {
    const file = `${directory}/meta/_journal.json`;
    const text = await folder.read(file);
    if (text === null) return [];
    const { entries } = parseJournal(text, file);
    const files = await readAll(
      folder,
      directory,
      entries.map(({ tag }) => `${tag}.sql`),
    );
    return files.map(({ text: sql }, i) => ({
      id: String(entries[i]?.when),
      name: entries[i]?.tag ?? '',
      sql,
      unread: [],
      checksum: createHash('sha256').update(sql).digest('hex'),
      isRepeatable: false,
    }));
  },
  async readApplied(query, { table }) {
    const rows = await query(
      `SELECT hash, created_at FROM ${quotedTable(table)} ORDER BY created_at`,
    );
    return rows.map(({ hash, created_at }) => ({
      id: String(created_at),
      checksum: String(hash),
      isFailed: false,
      coversOlder: false,
    }));
  },
  compare: compareJournal,
};

function parseJournal(text: string, file: string): z.output<typeof journal> {
  try {
    return journal.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${file} is no journal of Drizzle: it needs entries with a tag and a time`, {
      cause: error,
    });
  }
}

function compareJournal(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): Standing {
  const times = new Set(applied.map(({ id }) => id));
  const hashes = new Set(applied.map(({ checksum }) => checksum));
  const isApplied = ({ id, checksum }: MigrationFile) => times.has(id) || hashes.has(checksum);
  const newest = Math.max(...applied.map(({ id }) => Number(id)));
  const pending = files.filter((file) => !isApplied(file));
  const isKnown = ({ id, checksum }: AppliedMigration) =>
    files.some((file) => file.id === id || file.checksum === checksum);
  return {
    pending,
    failed: [],
    changed: files
      .filter(({ id, checksum }) => times.has(id) && !hashes.has(checksum))
      .map(({ name }) => name),
    strangers: applied
      .filter((one) => !isKnown(one))
      .map(({ checksum }) => `hash ${checksum?.slice(0, 12)}`),
    notes: pending
      .filter(({ id }) => Number(id) < newest)
      .map(
        ({ name }) =>
          `${name} is older than the newest that is applied: Drizzle leaves it out for ever`,
      ),
  };
}
