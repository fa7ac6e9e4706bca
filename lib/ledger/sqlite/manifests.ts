import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../release/json.ts';
import type { Freeze, Ledger, ManifestRecord } from '../ledger.ts';
import type { SqliteDatabase } from './database.ts';

type ManifestRow = Omit<ManifestRecord, 'source'> & { sourceJson: string };

function toManifest({ sourceJson, ...row }: ManifestRow): ManifestRecord {
  return { ...row, source: JSON.parse(sourceJson) as JsonObject };
}

function readManifest(database: SqliteDatabase, service: string): ManifestRecord | null {
  const row = database.get<ManifestRow>('SELECT * FROM manifests WHERE service = :service', {
    service,
  });
  return row ? toManifest(row) : null;
}

/** What people told the conductor: manifests and freezes. */
export function createManifests(database: SqliteDatabase) {
  return {
    putManifest: async (service, source, by, at) =>
      database.transaction(() => {
        const before = readManifest(database, service);
        if (before && isDeepStrictEqual(before.source, source)) return before;
        const revision = (before?.revision ?? 0) + 1;
        database.run(
          `INSERT OR REPLACE INTO manifests (service, sourceJson, revision, updatedAt, updatedBy)
           VALUES (:service, :sourceJson, :revision, :at, :by)`,
          { service, sourceJson: JSON.stringify(source), revision, at, by },
        );
        return { service, source: structuredClone(source), revision, updatedAt: at, updatedBy: by };
      }),
    getManifest: async (service) => readManifest(database, service),
    listManifests: async () =>
      database.all<ManifestRow>('SELECT * FROM manifests ORDER BY service').map(toManifest),

    async putFreeze({ scope, reason, by, at }) {
      database.run(
        'INSERT OR REPLACE INTO freezes (scope, reason, "by", at) VALUES (:scope, :reason, :by, :at)',
        { scope, reason, by, at },
      );
    },
    addFreeze: async ({ scope, reason, by, at }) =>
      database.run(
        `INSERT INTO freezes (scope, reason, "by", at) VALUES (:scope, :reason, :by, :at)
         ON CONFLICT (scope) DO NOTHING`,
        { scope, reason, by, at },
      ) > 0,
    deleteFreeze: async (scope, by) =>
      database.run('DELETE FROM freezes WHERE scope = :scope AND (:by IS NULL OR "by" = :by)', {
        scope,
        by: by ?? null,
      }) > 0,
    listFreezes: async () =>
      database.all<Freeze>('SELECT * FROM freezes ORDER BY scope').map((row) => ({ ...row })),
  } satisfies Partial<Ledger>;
}
