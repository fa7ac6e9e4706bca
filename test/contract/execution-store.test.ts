import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteExecutionStore } from '../../lib/engine/sqlite-execution-store.ts';
import { openSqliteDatabase } from '../../lib/ledger/sqlite/database.ts';
import { createMemoryExecutionStore } from '../support/fakes/execution-store.ts';
import { executionStoreContract } from './execution-store.contract.ts';

executionStoreContract('memory', async () => {
  const store = createMemoryExecutionStore();
  return { store, rival: store, dispose: async () => {} };
});

executionStoreContract('sqlite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'verdigris-executions-'));
  const open = () => openSqliteDatabase(join(directory, 'ledger.db'));
  const databases = [open(), open()] as const;
  const [store, rival] = databases.map((database) => createSqliteExecutionStore({ database }));
  const dispose = async () => {
    for (const database of databases) database.close();
    await rm(directory, { recursive: true });
  };
  if (!store || !rival) throw new Error('two databases give two stores');
  return { store, rival, dispose };
});
