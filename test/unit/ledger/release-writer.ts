import { writeSync } from 'node:fs';
import { openSqliteDatabase } from '../../../lib/ledger/sqlite/database.ts';
import { createSqliteLedger } from '../../../lib/ledger/sqlite.ts';
import { endingOf, releaseOf } from '../../contract/ledger-samples.ts';

/**
 * Runs as a process of its own: begins and ends releases until it is killed, and says the id of
 * each on standard output once the ledger has acknowledged its end.
 */
const ledger = createSqliteLedger({ database: openSqliteDatabase(process.argv[2] ?? ':memory:') });
for (let n = 1; ; n++) {
  const { record } = await ledger.createRelease(releaseOf(`rel-${n}`));
  const { epoch } = await ledger.acquireLock(record.service, record.releaseId);
  await ledger.endRelease(record.releaseId, endingOf(record, 'completed', epoch), [null]);
  writeSync(1, `${record.releaseId}\n`);
}
