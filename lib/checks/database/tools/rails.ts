import path from 'node:path';
import { compareById, type MigrationTool, quotedTable, readAll } from '../tool.ts';
import { translateMigration } from './rails/translate.ts';

/**
 * Migrations of Rails. What they do is read from the calls of its schema language that stand on a line of
 * their own, and from `execute` with SQL as it is; what else there is could not be read, and is said so.
 */
export const railsTool: MigrationTool = {
  defaults: {
    directory: 'db/migrate',
    table: { schema: null, name: 'schema_migrations' },
    column: 'version',
  },
  structureFile: 'db/structure.sql',
  async readFiles(folder, directory) {
    const names = await folder.list(directory);
    const wanted = names.filter((name) => /^\d+_.*\.rb$/.test(path.posix.basename(name)));
    const facts = { checksum: null, isRepeatable: false };
    return (await readAll(folder, directory, wanted)).map(({ name, text }) => {
      const file = path.posix.basename(name, '.rb');
      const { sql, unread } = translateMigration(text);
      return { id: file.split('_')[0] ?? '', name: file, sql, unread, ...facts };
    });
  },
  async readApplied(query, { table }) {
    const rows = await query(`SELECT version FROM ${quotedTable(table)} ORDER BY version`);
    const facts = { checksum: null, isFailed: false, coversOlder: false };
    return rows.map(({ version }) => ({ id: String(version), ...facts }));
  },
  compare: compareById,
};
