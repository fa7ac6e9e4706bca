import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';

/**
 * Applies the files of a folder, `0001_name.sql` and so on, that a database does not have yet, in the order
 * of their names, each in a transaction of its own. The table `schema_migrations` keeps the names without
 * `.sql`. Gives the names of those that were applied.
 * @throws Error of the database; what was applied before stays.
 */
export async function migrate(databaseUrl: string, folder: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('CREATE TABLE IF NOT EXISTS schema_migrations (version text PRIMARY KEY)');
    const { rows } = await client.query<{ version: string }>(
      'SELECT version FROM schema_migrations',
    );
    const known = new Set(rows.map(({ version }) => version));
    const wanted = versionsIn(folder).filter((version) => !known.has(version));
    for (const version of wanted) await apply(client, folder, version);
    return wanted;
  } finally {
    await client.end();
  }
}

function versionsIn(folder: string): string[] {
  return globSync('*.sql', { cwd: folder })
    .map((file) => path.basename(file, '.sql'))
    .toSorted();
}

async function apply(client: Client, folder: string, version: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(readFileSync(path.join(folder, `${version}.sql`), 'utf8'));
    await client.query('INSERT INTO schema_migrations (version) VALUES ($1)', [version]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
