import { messageOf } from '../../release/errors.ts';
import type { Transaction } from './session.ts';
import type { StatementUse } from './uses.ts';

/** A statement that the database does not understand as it is. */
export interface Unprepared {
  text: string;
  reason: string;
}

/**
 * What a missing or a doubtful name is called: undefined column, table, function and schema, ambiguous
 * column (errcodes-appendix.html). Others, such as a parameter of no known type, say nothing.
 */
const telling = ['42703', '42P01', '42883', '3F000', '42702'];

/** Has the database look up every name in statements, without running them. */
export async function prepareAll(
  uses: readonly StatementUse[],
  { query }: Transaction,
): Promise<Unprepared[]> {
  const found: Unprepared[] = [];
  for (const { text } of uses) {
    await query('SAVEPOINT lookup');
    try {
      await query(`PREPARE verdigris_lookup AS ${text}`);
      await query('DEALLOCATE verdigris_lookup');
    } catch (error) {
      const isTelling = telling.includes(String((error as { code?: unknown }).code));
      if (isTelling) found.push({ text, reason: messageOf(error) });
    }
    await query('ROLLBACK TO SAVEPOINT lookup');
  }
  return found;
}
