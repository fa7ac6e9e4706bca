import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteDatabase } from '../../lib/ledger/sqlite/database.ts';
import { createSqliteLedger } from '../../lib/ledger/sqlite.ts';
import { createMemoryLedger } from '../support/fakes/ledger.ts';
import { ledgerContract } from './ledger.contract.ts';

ledgerContract('memory', async () => {
  const ledger = createMemoryLedger();
  return { ledger, rival: ledger, dispose: async () => {} };
});

ledgerContract('sqlite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'verdigris-ledger-'));
  const path = join(directory, 'ledger.db');
  const open = () => createSqliteLedger({ database: openSqliteDatabase(path) });
  const [ledger, rival] = [open(), open()];
  const dispose = async () => {
    await Promise.all([ledger.close(), rival.close()]);
    await rm(directory, { recursive: true });
  };
  return { ledger, rival, dispose };
});
