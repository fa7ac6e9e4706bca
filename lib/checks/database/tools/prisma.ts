import { createHash } from 'node:crypto';
import { compareById, type MigrationTool, quotedTable, readAll } from '../tool.ts';

/** Prisma's migrations: a folder each, with a `migration.sql` in it. */
export const prismaTool: MigrationTool = {
  defaults: {
    directory: 'prisma/migrations',
    table: { schema: null, name: '_prisma_migrations' },
    column: 'migration_name',
  },
  async readFiles(folder, directory) {
    const names = await folder.list(directory);
    const wanted = names.filter((name) => /^[^/]+\/migration\.sql$/.test(name));
    return (await readAll(folder, directory, wanted)).map(({ name, text }) => {
      const [id = ''] = name.split('/');
      return { id, name: id, sql: text, unread: [], checksum: sha256Of(text), isRepeatable: false };
    });
  },
  async readApplied(query, { table }) {
    const rows = await query(
      `SELECT migration_name, checksum, finished_at IS NULL AS is_failed FROM ${quotedTable(table)}
        WHERE rolled_back_at IS NULL ORDER BY started_at`,
    );
    return rows.map(({ migration_name, checksum, is_failed }) => ({
      id: String(migration_name),
      checksum: String(checksum),
      isFailed: is_failed === true,
      coversOlder: false,
    }));
  },
  compare: compareById,
};

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
