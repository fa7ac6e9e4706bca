import type { JsonObject } from '../release/json.ts';
import type { ExecutionStore, StoredExecution } from './execution-store.ts';

/**
 * The part of an opened SQLite file that the store needs. The platform passes the ledger's, whose
 * schema has the table `executions`: one file, one version, one thing to copy or delete.
 */
export interface ExecutionDatabase {
  /** The number of rows that changed. */
  run(sql: string, params: Record<string, string | null>): number;
  get<Row>(sql: string, params: Record<string, string | null>): Row | undefined;
  all<Row>(sql: string): Row[];
}

type ExecutionRow = Omit<StoredExecution, 'input'> & { inputJson: string };

function toExecution({ inputJson, ...row }: ExecutionRow): StoredExecution {
  return { ...row, input: JSON.parse(inputJson) as JsonObject };
}

/** Executions in the ledger's SQLite file. Whoever opened the file closes it. */
export function createSqliteExecutionStore({
  database,
}: {
  database: ExecutionDatabase;
}): ExecutionStore {
  return {
    async create({ input, ...row }) {
      const changes = database.run(
        `INSERT INTO executions (machine, name, status, inputJson, error, cause, startedAt)
         VALUES (:machine, :name, :status, :inputJson, :error, :cause, :startedAt)
         ON CONFLICT (machine, name) DO NOTHING`,
        { ...row, inputJson: JSON.stringify(input) },
      );
      return { isNew: changes > 0 };
    },
    async end(machine, name, status, error, cause) {
      database.run(
        `UPDATE executions SET status = :status, error = :error, cause = :cause
         WHERE machine = :machine AND name = :name AND status = 'running'`,
        { machine, name, status, error, cause },
      );
    },
    async get(machine, name) {
      const row = database.get<ExecutionRow>(
        'SELECT * FROM executions WHERE machine = :machine AND name = :name',
        { machine, name },
      );
      return row ? toExecution(row) : null;
    },
    running: async () =>
      database
        .all<ExecutionRow>(
          `SELECT * FROM executions WHERE status = 'running' ORDER BY startedAt, rowid`,
        )
        .map(toExecution),
  };
}
