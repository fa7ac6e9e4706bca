import type { BudgetTally } from '../../release/budget-tally.ts';
import type { Ledger } from '../ledger.ts';
import { fromText, toText } from './items.ts';
import { keys } from './keys.ts';
import type { Table } from './table.ts';

/** What is remembered for error budgets. */
export function createBudgets(table: Table) {
  return {
    async getBudget(service) {
      return fromText<BudgetTally>((await table.get(keys.budget(service)))?.body);
    },

    async putBudget(tally) {
      const { service, revision } = tally;
      const body = toText(`the error budget of ${service}`, tally);
      const item = { ...keys.budget(service), revision, body };
      return revision === 1
        ? table.write({ kind: 'put', item, if: 'attribute_not_exists(#pk)' })
        : table.write({
            kind: 'put',
            item,
            if: '#revision = :seen',
            values: { seen: revision - 1 },
          });
    },
  } satisfies Partial<Ledger>;
}
