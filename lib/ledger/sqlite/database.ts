import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { type Logger, silentLogger } from '../../release/logger.ts';
import { isBusy, isNotADatabase, namedFailure, unavailable } from './failures.ts';
import { applicationId, migrations, schemaVersion } from './schema.ts';

/** Named values of a statement. */
export type Params = Record<string, SQLInputValue>;

/**
 * An opened ledger file. Statements are prepared once and kept. Every method throws
 * LedgerUnavailableError when file, disk or a rival process stand in the way.
 */
export interface SqliteDatabase {
  path: string;
  /** The number of rows that changed. */
  run(sql: string, params?: Params): number;
  /** The first row, or undefined. */
  get<Row>(sql: string, params?: Params): Row | undefined;
  all<Row>(sql: string, params?: Params): Row[];
  /** All that `work` does, or nothing. Holds the write lock from the start. Can't be nested. */
  transaction<T>(work: () => T): T;
  /** Closing a closed one has no effect. */
  close(): void;
}

/** How a file is opened. */
export interface OpenOptions {
  log?: Logger;
  /**
   * How long a statement waits for a rival process, in milliseconds. It blocks the event loop, and
   * with it the proxy, so it is short; the caller repeats what failed.
   */
  busyTimeoutMs?: number;
}

/**
 * Opens a ledger file, or creates it with mode 0600, since it holds task tokens. Missing directories
 * are made. `:memory:` lives as long as it is open. A file of an older version is migrated.
 * @throws LedgerVersionError when the file is of a newer version, or no ledger at all; it is left as it is.
 * @throws LedgerUnavailableError when it can't be read or written.
 */
export function openSqliteDatabase(
  path: string,
  { log = silentLogger, busyTimeoutMs = 1000 }: OpenOptions = {},
): SqliteDatabase {
  if (path !== ':memory:') prepareFile(path);
  const connection = connect(path, busyTimeoutMs);
  try {
    refuseForeignFiles(connection, path);
    configure(connection, path, log);
    migrate(connection, path, log);
  } catch (error) {
    connection.close();
    if (isNotADatabase(error)) throw refused(path, 'is no SQLite database', error);
    throw namedFailure(error, path);
  }
  return createDatabase(connection, path);
}

/** Gives the file system's own reason where SQLite would only say that it is unable to open. */
function prepareFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    const reason = `cannot be opened (${messageOf(error)}); it needs a directory that can be written`;
    throw unavailable(path, reason, error);
  }
}

function connect(path: string, busyTimeoutMs: number): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: busyTimeoutMs });
  } catch (error) {
    throw namedFailure(error, path);
  }
}

function pragma(connection: DatabaseSync, name: string): unknown {
  return Object.values(connection.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

function refused(path: string, reason: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError(
    'LedgerVersionError',
    `ledger ${path} ${reason}; name another file, or remove this one if nobody needs it`,
    { cause, details: { path } },
  );
}

/** Looks before anything is written: a file that isn't ours must not even change its journal. */
function refuseForeignFiles(connection: DatabaseSync, path: string): void {
  // In this order: another process that creates the ledger now writes tables and owner together.
  const { tables } = connection.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {};
  const owner = pragma(connection, 'application_id');
  if (owner !== applicationId && (owner !== 0 || tables !== 0)) {
    throw refused(path, 'is a SQLite database of another program');
  }
  const found = Number(pragma(connection, 'user_version'));
  if (found > schemaVersion) {
    throw new VerdigrisError(
      'LedgerVersionError',
      `ledger ${path} has version ${found}; this Verdigris reads up to ${schemaVersion}: use a newer Verdigris or another file`,
      { details: { path, found, supported: schemaVersion } },
    );
  }
}

/**
 * WAL with synchronous NORMAL: a commit is in the operating system's hands when it returns, so it
 * outlives kill -9 of the conductor. Only a power cut can take the last commits, and leaves the file
 * whole; FULL would put a disk flush into the event loop that also serves the proxy. See
 * docs/ledger.md for the figures.
 */
function configure(connection: DatabaseSync, path: string, log: Logger): void {
  const mode = enterWal(connection);
  if (mode !== 'wal' && mode !== 'memory') {
    log.warn('the ledger cannot use a write-ahead log here', { path, mode });
  }
  connection.exec('PRAGMA synchronous = NORMAL');
}

/**
 * SQLite does not wait for a rival that changes the journal's mode in the same moment; it says busy
 * at once. A transaction does wait, so it stands between the attempts.
 */
function enterWal(connection: DatabaseSync, attempts = 5): unknown {
  try {
    return pragma(connection, 'journal_mode = WAL');
  } catch (error) {
    if (attempts <= 1 || !isBusy(error)) throw error;
    inTransaction(connection, () => {});
    return enterWal(connection, attempts - 1);
  }
}

function migrate(connection: DatabaseSync, path: string, log: Logger): void {
  if (pragma(connection, 'user_version') === schemaVersion) return;
  inTransaction(connection, () => {
    // Read again under the write lock: another process may have been faster.
    const from = Number(pragma(connection, 'user_version'));
    for (const sql of migrations.slice(from)) connection.exec(sql);
    connection.exec(`PRAGMA application_id = ${applicationId}`);
    connection.exec(`PRAGMA user_version = ${schemaVersion}`);
    log.info('the ledger has a new schema', { path, from, to: schemaVersion });
  });
}

function inTransaction<T>(connection: DatabaseSync, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself after some errors, such as a full disk.
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function createDatabase(connection: DatabaseSync, path: string): SqliteDatabase {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? connection.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const named = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw namedFailure(error, path);
    }
  };
  return {
    path,
    run: (sql, params = {}) => named(() => Number(statement(sql).run(params).changes)),
    get: <Row>(sql: string, params: Params = {}) =>
      named(() => statement(sql).get(params) as Row | undefined),
    all: <Row>(sql: string, params: Params = {}) =>
      named(() => statement(sql).all(params) as Row[]),
    transaction: (work) => named(() => inTransaction(connection, work)),
    close: () => {
      if (connection.isOpen) connection.close();
    },
  };
}
