import { writeSync } from 'node:fs';
import { openSqliteDatabase } from '../../../lib/ledger/sqlite/database.ts';
import { createSqliteLedger } from '../../../lib/ledger/sqlite.ts';
import { isNamed } from '../../../lib/release/errors.ts';

/** Runs as a process of its own: takes and frees a lock so many times, and says each epoch it got. */
const [, , path = ':memory:', releaseId = 'nobody', times = '1'] = process.argv;
const ledger = createSqliteLedger({ database: openSqliteDatabase(path) });
for (let taken = 0; taken < Number(times); ) {
  try {
    const { epoch } = await ledger.acquireLock('storefront', releaseId);
    await ledger.releaseLock('storefront', releaseId);
    writeSync(1, `${epoch}\n`);
    taken++;
  } catch (error) {
    if (!isNamed(error, 'ReleaseInProgressError', 'LedgerUnavailableError')) throw error;
  }
}
await ledger.close();
