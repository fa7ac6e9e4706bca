import type { Grant } from '../../release/access.ts';
import type { ApiToken, Ledger } from '../ledger.ts';
import { holdsName, nameTaken } from '../token-rules.ts';
import type { SqliteDatabase } from './database.ts';

type TokenRow = Omit<ApiToken, 'grants'> & { grantsJson: string };

function toToken({ grantsJson, ...row }: TokenRow): ApiToken {
  return { ...row, grants: JSON.parse(grantsJson) as Grant[] };
}

function readToken(database: SqliteDatabase, id: string): ApiToken | null {
  const row = database.get<TokenRow>('SELECT * FROM apiTokens WHERE id = :id', { id });
  return row ? toToken(row) : null;
}

/** @throws ReleaseStateError when another token has the name at the time of this one's creation. */
function refuseTakenName(database: SqliteDatabase, { name, createdAt }: ApiToken): void {
  const namesakes = database.all<TokenRow>(
    'SELECT * FROM apiTokens WHERE name = :name AND revokedAt IS NULL',
    { name },
  );
  const holder = namesakes.find((namesake) => holdsName(namesake, createdAt));
  if (holder) throw nameTaken(name, holder.id);
}

function insertToken(database: SqliteDatabase, { grants, ...row }: ApiToken): void {
  database.run(
    `INSERT INTO apiTokens
       (id, name, hash, grantsJson, createdBy, createdAt, expiresAt, revokedAt, revokedBy)
     VALUES (:id, :name, :hash, :grantsJson, :createdBy, :createdAt, :expiresAt, :revokedAt, :revokedBy)`,
    { ...row, grantsJson: JSON.stringify(grants) },
  );
}

/** Keys of machines to the API. Revoked ones stay, since events name them. */
export function createTokens(database: SqliteDatabase) {
  return {
    putToken: async (token) =>
      database.transaction(() => {
        if (readToken(database, token.id)) return;
        refuseTakenName(database, token);
        insertToken(database, token);
      }),
    getToken: async (id) => readToken(database, id),
    listTokens: async () =>
      database
        .all<TokenRow>('SELECT * FROM apiTokens ORDER BY createdAt DESC, id DESC')
        .map(toToken),
    revokeToken: async (id, by, at) =>
      database.transaction(() => {
        database.run(
          `UPDATE apiTokens SET revokedAt = :at, revokedBy = :by
           WHERE id = :id AND revokedAt IS NULL`,
          { id, by, at },
        );
        return readToken(database, id);
      }),
  } satisfies Partial<Ledger>;
}
