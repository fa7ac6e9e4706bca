import type { Ledger } from './ledger.ts';
import { createApprovals } from './sqlite/approvals.ts';
import { createBudgets } from './sqlite/budgets.ts';
import type { SqliteDatabase } from './sqlite/database.ts';
import { createEndings } from './sqlite/endings.ts';
import { createEvents } from './sqlite/events.ts';
import { createLocks } from './sqlite/locks.ts';
import { createManifests } from './sqlite/manifests.ts';
import { createQuietedAlarms } from './sqlite/quieted-alarms.ts';
import { createReceipts } from './sqlite/receipts.ts';
import { createReleases } from './sqlite/releases.ts';
import { createReportedAlarms } from './sqlite/reported-alarms.ts';
import { createTokens } from './sqlite/tokens.ts';
import { createWatches } from './sqlite/watches.ts';

/**
 * The ledger of the local platform, in one SQLite file. The platform opens the file with
 * `openSqliteDatabase`, because the embedded engine keeps its executions in it too; `close` closes
 * it for both. Calls are short and synchronous inside, so nothing comes between their statements.
 */
export function createSqliteLedger({ database }: { database: SqliteDatabase }): Ledger {
  return {
    ...createManifests(database),
    ...createLocks(database),
    ...createReleases(database),
    ...createEndings(database),
    ...createEvents(database),
    ...createWatches(database),
    ...createApprovals(database),
    ...createBudgets(database),
    ...createTokens(database),
    ...createReceipts(database),
    ...createReportedAlarms(database),
    ...createQuietedAlarms(database),
    close: async () => database.close(),
  };
}
