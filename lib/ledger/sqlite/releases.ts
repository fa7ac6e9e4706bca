import type { Artifact } from '../../release/artifact.ts';
import type { Outcome, ReleaseDocument } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Ledger, ReleaseRecord } from '../ledger.ts';
import type { SqliteDatabase } from './database.ts';

type ReleaseRow = Omit<ReleaseRecord, 'artifact' | 'document'> & {
  artifactJson: string;
  documentJson: string;
};

const columns =
  'releaseId, service, artifactJson, requestedBy, requestedAt, phase, outcome, reason, endedAt, documentJson';

function toRecord({ artifactJson, documentJson, ...row }: ReleaseRow): ReleaseRecord {
  return {
    ...row,
    artifact: JSON.parse(artifactJson) as Artifact,
    document: JSON.parse(documentJson) as ReleaseDocument,
  };
}

/** The release, or null. */
export function readRelease(database: SqliteDatabase, releaseId: string): ReleaseRecord | null {
  const row = database.get<ReleaseRow>(
    `SELECT ${columns} FROM releases WHERE releaseId = :releaseId`,
    { releaseId },
  );
  return row ? toRecord(row) : null;
}

/**
 * The release.
 * @throws ReleaseUnknownError
 */
export function knownRelease(database: SqliteDatabase, releaseId: string): ReleaseRecord {
  const record = readRelease(database, releaseId);
  if (record) return record;
  throw new VerdigrisError('ReleaseUnknownError', `there is no release ${releaseId}`);
}

/** How a release ended; null while it runs, and for one that is not there. */
export function outcomeOf(database: SqliteDatabase, releaseId: string): Outcome | null {
  const row = database.get<{ outcome: Outcome | null }>(
    'SELECT outcome FROM releases WHERE releaseId = :releaseId',
    { releaseId },
  );
  return row?.outcome ?? null;
}

/** Writes what changes when a release ends or is opened again. */
export function updateRelease(database: SqliteDatabase, record: ReleaseRecord): void {
  const { releaseId, phase, outcome, reason, endedAt, document } = record;
  database.run(
    `UPDATE releases SET phase = :phase, outcome = :outcome, reason = :reason, endedAt = :endedAt,
       documentJson = :documentJson WHERE releaseId = :releaseId`,
    { releaseId, phase, outcome, reason, endedAt, documentJson: JSON.stringify(document) },
  );
}

function insertRelease(database: SqliteDatabase, record: ReleaseRecord): boolean {
  const { artifact, document, ...row } = record;
  const changes = database.run(
    `INSERT INTO releases (${columns})
     VALUES (:releaseId, :service, :artifactJson, :requestedBy, :requestedAt, :phase, :outcome,
       :reason, :endedAt, :documentJson)
     ON CONFLICT (releaseId) DO NOTHING`,
    { ...row, artifactJson: JSON.stringify(artifact), documentJson: JSON.stringify(document) },
  );
  return changes > 0;
}

/** Two statements rather than one with an OR, so that each walks its own index. */
function selectReleases(database: SqliteDatabase, service: string | undefined, limit: number) {
  const where = service === undefined ? '' : 'WHERE service = :service';
  const params = service === undefined ? { limit } : { service, limit };
  return database.all<ReleaseRow>(
    `SELECT ${columns} FROM releases ${where} ORDER BY requestedAt DESC, seq DESC LIMIT :limit`,
    params,
  );
}

/** Releases from request to the last saved document. */
export function createReleases(database: SqliteDatabase) {
  return {
    createRelease: async (record) =>
      database.transaction(() => {
        const isNew = insertRelease(database, record);
        return { record: knownRelease(database, record.releaseId), isNew };
      }),
    getRelease: async (releaseId) => readRelease(database, releaseId),
    listReleases: async ({ service, limit }) =>
      selectReleases(database, service, limit).map(toRecord),
    async saveDocument(document) {
      database.run(
        `UPDATE releases SET documentJson = :documentJson, phase = :phase
         WHERE releaseId = :releaseId AND outcome IS NULL
           AND (json_extract(documentJson, '$.epoch') < :epoch
             OR json_extract(documentJson, '$.epoch') = :epoch
             AND json_extract(documentJson, '$.phaseSince') <= :phaseSince)`,
        {
          phaseSince: document.phaseSince,
          releaseId: document.releaseId,
          phase: document.phase,
          epoch: document.epoch,
          documentJson: JSON.stringify(document),
        },
      );
    },
  } satisfies Partial<Ledger>;
}
