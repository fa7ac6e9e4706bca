import { databaseSchema } from './database/config.ts';
import type { CheckKind } from './index.ts';

/** Whether the database fits both versions: its migrations, its replicas, and what blue still needs. */
export const databaseKind: CheckKind = {
  kind: 'database',
  schema: databaseSchema,
  async create(config, deps) {
    const { createDatabaseCheck } = await import('./database/check.ts');
    return createDatabaseCheck(databaseSchema.parse(config), deps);
  },
};
