import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteDatabase } from '../../../lib/ledger/sqlite/database.ts';
import { applicationId, migrations, schemaVersion } from '../../../lib/ledger/sqlite/schema.ts';
import { createSqliteLedger } from '../../../lib/ledger/sqlite.ts';
import {
  eventOf,
  releaseOf,
  tallyOf,
  timeAt,
  tokenOf,
  watchOf,
} from '../../contract/ledger-samples.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verdigris-ledger-'));
  path = join(directory, 'ledger.db');
});
afterEach(() => rm(directory, { recursive: true }));

/** What `work` throws; undefined when it doesn't. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Changes a file as another program would. */
function alter(sql: string): void {
  const connection = new DatabaseSync(path);
  connection.exec(sql);
  connection.close();
}

describe('opening a ledger file', () => {
  it('makes the directories that are missing, and a file that only its owner reads', async () => {
    path = join(directory, 'a', 'b', 'ledger.db');
    const database = openSqliteDatabase(path);
    await createSqliteLedger({ database }).appendEvent(eventOf('rel-1#a'));
    const modes = await Promise.all(
      [path, `${path}-wal`].map(async (file) => (await stat(file)).mode & 0o777),
    );
    database.close();
    expect(modes).toEqual([0o600, 0o600]);
  });

  it('finds everything again, and says only once that the schema is new', async () => {
    const said: string[] = [];
    const note = (message: string) => void said.push(message);
    const log = { info: note, warn: note, error: note };
    const first = createSqliteLedger({ database: openSqliteDatabase(path, { log }) });
    await first.createRelease(releaseOf('rel-1'));
    await first.close();
    const second = createSqliteLedger({ database: openSqliteDatabase(path, { log }) });
    const record = await second.getRelease('rel-1');
    await second.close();
    expect(record).toEqual(releaseOf('rel-1'));
    expect(said).toEqual(['the ledger has a new schema']);
  });

  it('keeps a ledger in memory apart from every other', async () => {
    const [one, other] = [openSqliteDatabase(':memory:'), openSqliteDatabase(':memory:')];
    await createSqliteLedger({ database: one }).createRelease(releaseOf('rel-1'));
    expect(await createSqliteLedger({ database: one }).getRelease('rel-1')).not.toBeNull();
    expect(await createSqliteLedger({ database: other }).getRelease('rel-1')).toBeNull();
    one.close();
    other.close();
  });

  it('uses a write-ahead log', () => {
    const database = openSqliteDatabase(path);
    const mode = database.get<object>('PRAGMA journal_mode');
    database.close();
    expect(mode).toMatchObject({ journal_mode: 'wal' });
  });
});

describe('a file of version 1', () => {
  it('is migrated with what waits, whose turn nobody knows', async () => {
    const [first = ''] = migrations;
    alter(`${first}
      INSERT INTO watches VALUES ('rel-1', 'storefront', '["5xx"]', 'old', '${timeAt(9)}');
      INSERT INTO watchedAlarms VALUES ('5xx', 'rel-1');
      INSERT INTO approvals VALUES ('rel-1', 1, 'old', '${timeAt(0)}', '${timeAt(9)}', 'open', '[]');
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = 1`);
    const ledger = createSqliteLedger({ database: openSqliteDatabase(path) });
    const watch = { ...watchOf('rel-1', ['5xx'], 'old', null), expiresAt: timeAt(9) };
    expect(await ledger.watchesOf('5xx')).toEqual([watch]);
    expect(await ledger.getApproval('rel-1')).toMatchObject({ token: 'old', turn: null });
    await ledger.putWatch(watchOf('rel-1', ['5xx'], 'new', 'turn-1'));
    expect(await ledger.getWatch('rel-1')).toMatchObject({ token: 'new', turn: 'turn-1' });
    await ledger.close();
  });
});

describe('a file of version 2', () => {
  it('is migrated with what it has, and takes what came later', async () => {
    alter(`${migrations.slice(0, 2).join('')}
      INSERT INTO freezes VALUES ('*', 'sale', 'ada', '${timeAt(0)}');
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = 2`);
    const ledger = createSqliteLedger({ database: openSqliteDatabase(path) });
    expect(await ledger.listFreezes()).toMatchObject([{ scope: '*' }]);
    await ledger.putToken(tokenOf('tok-1'));
    expect(await ledger.listTokens()).toEqual([tokenOf('tok-1')]);
    expect(await ledger.putBudget(tallyOf('storefront', 1))).toBe(true);
    await ledger.close();
  });
});

describe('a file that this version cannot use', () => {
  it('is refused when it is of a newer version, and left as it is', async () => {
    openSqliteDatabase(path).close();
    alter('PRAGMA user_version = 99');
    const before = await readFile(path);
    const error = thrownBy(() => openSqliteDatabase(path));
    expect(error).toMatchObject({
      name: 'LedgerVersionError',
      details: { path, found: 99, supported: schemaVersion },
      message: expect.stringMatching(new RegExp(`${path} has version 99.*up to ${schemaVersion}`)),
    });
    expect(await readFile(path)).toEqual(before);
  });

  it.each([
    ['short text', 'service: storefront\n'],
    ['long text', 'service: storefront\n'.repeat(1000)],
  ])('is refused when it is %s, and left as it is', async (_, text) => {
    await writeFile(path, text);
    const error = thrownBy(() => openSqliteDatabase(path));
    expect(error).toMatchObject({
      name: 'LedgerVersionError',
      message: expect.stringContaining(`${path} is no SQLite database`),
    });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it("is refused when it is another program's database, and left as it is", async () => {
    alter('CREATE TABLE bookmarks (url TEXT)');
    const before = await readFile(path);
    const error = thrownBy(() => openSqliteDatabase(path));
    expect(error).toMatchObject({
      name: 'LedgerVersionError',
      message: expect.stringContaining('another program'),
    });
    expect(await readFile(path)).toEqual(before);
  });

  it.each([
    ['lies below a file', () => join(directory, 'file', 'ledger.db'), 'EEXIST|ENOTDIR'],
    ['is a directory', () => join(directory, 'folder'), 'EISDIR'],
  ])('is refused with the reason when it %s', async (_, where, reason) => {
    await writeFile(join(directory, 'file'), '');
    await mkdir(join(directory, 'folder'));
    const error = thrownBy(() => openSqliteDatabase(where()));
    expect(error).toMatchObject({
      name: 'LedgerUnavailableError',
      details: { path: where() },
      message: expect.stringMatching(new RegExp(reason)),
    });
  });
});

describe('a ledger in trouble', () => {
  it('is unavailable while another process writes, and available afterwards', async () => {
    const ledger = createSqliteLedger({
      database: openSqliteDatabase(path, { busyTimeoutMs: 1 }),
    });
    const rival = new DatabaseSync(path);
    rival.exec('BEGIN IMMEDIATE');
    const unavailable = { name: 'LedgerUnavailableError', isRetryable: true };
    await expect(ledger.appendEvent(eventOf('a'))).rejects.toMatchObject(unavailable);
    const taking = ledger.acquireLock('storefront', 'rel-1');
    await expect(taking).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining(path),
      cause: { errcode: 5 },
    });
    rival.exec('ROLLBACK');
    rival.close();
    expect(await ledger.acquireLock('storefront', 'rel-1')).toMatchObject({ epoch: 1 });
    await ledger.close();
  });

  it('is unavailable when the disk is full, and goes on when there is room again', async () => {
    const database = openSqliteDatabase(path);
    const ledger = createSqliteLedger({ database });
    database.get('PRAGMA max_page_count = 1');
    const large = eventOf('large', { summary: 'x'.repeat(100_000) });
    await expect(ledger.appendEvent(large)).rejects.toMatchObject({
      name: 'LedgerUnavailableError',
      message: expect.stringContaining('full'),
    });
    database.get('PRAGMA max_page_count = 100000');
    expect(await ledger.appendEvent(large)).toEqual({ isNew: true });
    await ledger.close();
  });

  it('does nothing by halves when the disk is full in the middle', async () => {
    const database = openSqliteDatabase(path);
    const ledger = createSqliteLedger({ database });
    const watch = { releaseId: 'rel-1', service: 's', token: null, turn: null, expiresAt: 'later' };
    await ledger.putWatch({ ...watch, alarms: ['5xx'] });
    database.get('PRAGMA max_page_count = 1');
    const alarms = Array.from({ length: 5000 }, (_, i) => `alarm-${i}`);
    const putting = ledger.putWatch({ ...watch, alarms });
    await expect(putting).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    expect(await ledger.getWatch('rel-1')).toEqual({ ...watch, alarms: ['5xx'] });
    expect(await ledger.watchesOf('5xx')).toHaveLength(1);
    await ledger.close();
  });

  it('takes back what a transaction wrote before it failed', () => {
    const database = openSqliteDatabase(path);
    const insert = `INSERT INTO locks (service, releaseId, epoch) VALUES (:service, NULL, 1)`;
    const reason = new Error('changed my mind');
    const failing = () =>
      database.transaction(() => {
        database.run(insert, { service: 'first' });
        throw reason;
      });
    expect(failing).toThrow(reason);
    database.transaction(() => database.run(insert, { service: 'second' }));
    const services = database.all<{ service: string }>('SELECT service FROM locks');
    database.close();
    expect(services.map(({ service }) => service)).toEqual(['second']);
  });

  it('is unavailable once it is closed', async () => {
    const ledger = createSqliteLedger({ database: openSqliteDatabase(path) });
    await ledger.getLock('storefront');
    await ledger.close();
    const closed = { name: 'LedgerUnavailableError', message: expect.stringContaining('closed') };
    await expect(ledger.getLock('storefront')).rejects.toMatchObject(closed);
    await expect(ledger.acquireLock('storefront', 'a')).rejects.toMatchObject(closed);
  });
});
