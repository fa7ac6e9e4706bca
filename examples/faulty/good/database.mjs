/** PostgreSQL, where DATABASE_URL says that there is one. */
import pg from 'pg';
import { config } from './config.mjs';
import { logError } from './logging.mjs';

const pool = config.databaseUrl
  ? new pg.Pool({
      connectionString: config.databaseUrl,
      application_name: config.environment,
      max: 5,
      connectionTimeoutMillis: 3000,
      idleTimeoutMillis: 10_000,
    })
  : null;
// A connection that breaks while nobody uses it is replaced by the next query.
pool?.on('error', (error) => logError('a database connection broke', error));

export const hasDatabase = pool !== null;

/** Rows of a query. */
export async function query(text, values = []) {
  const { rows } = await pool.query(text, values);
  return rows;
}

export const closeDatabase = () => pool?.end();
