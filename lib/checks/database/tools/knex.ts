import path from 'node:path';
import { compareById, type MigrationTool, quotedTable } from '../tool.ts';

const programs = /(?<!\.d)\.(?:[cm]?[jt]s)$/;

/**
 * Knex's migrations. They are programs: by their names it can be told whether they are applied, but not
 * what they do, not even where they run SQL as it is (`knex.raw`).
 */
export const knexTool: MigrationTool = {
  defaults: {
    directory: 'migrations',
    table: { schema: null, name: 'knex_migrations' },
    column: 'name',
  },
  async readFiles(folder, directory) {
    const names = (await folder.list(directory)).filter((name) => programs.test(name));
    return names
      .map((name) => path.posix.basename(name))
      .sort()
      .map((name) => ({
        id: name,
        name,
        sql: null,
        unread: ['is a program, not SQL: what it does could not be read'],
        checksum: null,
        isRepeatable: false,
      }));
  },
  async readApplied(query, { table }) {
    const rows = await query(`SELECT name FROM ${quotedTable(table)} ORDER BY id`);
    const facts = { checksum: null, isFailed: false, coversOlder: false };
    return rows.map(({ name }) => ({ id: String(name), ...facts }));
  },
  compare: compareById,
};
