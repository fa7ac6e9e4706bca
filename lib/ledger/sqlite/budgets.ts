import type { BudgetTally } from '../../release/budget-tally.ts';
import type { Ledger } from '../ledger.ts';
import type { SqliteDatabase } from './database.ts';

/** What is remembered for error budgets. */
export function createBudgets(database: SqliteDatabase) {
  return {
    async getBudget(service) {
      const row = database.get<{ tallyJson: string }>(
        'SELECT tallyJson FROM budgets WHERE service = :service',
        { service },
      );
      return row ? (JSON.parse(row.tallyJson) as BudgetTally) : null;
    },
    async putBudget(tally) {
      const { service, revision } = tally;
      const tallyJson = JSON.stringify(tally);
      const columns = { service, revision, tallyJson };
      const sql =
        revision === 1
          ? `INSERT INTO budgets (service, revision, tallyJson)
             VALUES (:service, :revision, :tallyJson) ON CONFLICT (service) DO NOTHING`
          : `UPDATE budgets SET revision = :revision, tallyJson = :tallyJson
             WHERE service = :service AND revision = :revision - 1`;
      return database.run(sql, columns) > 0;
    },
  } satisfies Partial<Ledger>;
}
