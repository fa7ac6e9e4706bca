import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteDatabase } from '../../../lib/ledger/sqlite/database.ts';
import { createSqliteLedger } from '../../../lib/ledger/sqlite.ts';

let directory: string;
let path: string;
let children: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verdigris-ledger-'));
  path = join(directory, 'ledger.db');
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

/** A process of its own that runs a file of this folder, and the lines it says. */
function start(file: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return { child, lines: createInterface({ input: child.stdout }), ended: once(child, 'close') };
}

describe('a ledger whose process is killed', () => {
  it('has everything that was acknowledged, and nothing by halves', async () => {
    const { child, lines, ended } = start('release-writer.ts');
    const acknowledged: string[] = [];
    for await (const line of lines) {
      acknowledged.push(line);
      if (acknowledged.length === 200) child.kill('SIGKILL');
    }
    expect(await ended).toEqual([null, 'SIGKILL']);

    const database = openSqliteDatabase(path);
    const ledger = createSqliteLedger({ database });
    const releases = await ledger.listReleases({ limit: 1_000_000 });
    const completed = releases.filter(({ outcome }) => outcome === 'completed');
    const unfinished = releases.filter(({ outcome }) => outcome === null);
    const endedIds = completed.map(({ releaseId }) => releaseId);
    const events = await ledger.listServiceEvents('storefront', 1_000_000);
    const lock = await ledger.getLock('storefront');
    const integrity = database.get<object>('PRAGMA integrity_check');
    await ledger.close();

    expect(integrity).toMatchObject({ integrity_check: 'ok' });
    expect(acknowledged.filter((id) => !endedIds.includes(id))).toEqual([]);
    expect(events.map(({ releaseId }) => releaseId).sort()).toEqual([...endedIds].sort());
    expect(unfinished.length).toBeLessThanOrEqual(1);
    expect([undefined, unfinished[0]?.releaseId]).toContain(lock?.releaseId);
  });

  it('is written on by the next process', async () => {
    const { child, lines, ended } = start('release-writer.ts');
    for await (const _ of lines) child.kill('SIGKILL');
    await ended;
    const ledger = createSqliteLedger({ database: openSqliteDatabase(path) });
    const before = await ledger.getLock('storefront');
    const lock = await ledger.raiseEpoch('storefront', before?.releaseId ?? 'rel-next');
    await ledger.close();
    expect(lock.epoch).toBeGreaterThan(before?.epoch ?? 0);
  });
});

describe('a ledger that two processes create and use at once', () => {
  it('gives every epoch to one of them', async () => {
    const times = 100;
    const takers = ['rel-1', 'rel-2'].map((id) => start('lock-taker.ts', id, String(times)));
    const epochs = await Promise.all(
      takers.map(async ({ lines }) => {
        const said: number[] = [];
        for await (const line of lines) said.push(Number(line));
        return said;
      }),
    );
    const exits = await Promise.all(takers.map(({ ended }) => ended));

    const database = openSqliteDatabase(path);
    const integrity = database.get<object>('PRAGMA integrity_check');
    database.close();
    expect(exits).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(integrity).toMatchObject({ integrity_check: 'ok' });
    const sorted = epochs.flat().sort((a, b) => a - b);
    expect(sorted).toEqual(Array.from({ length: 2 * times }, (_, i) => i + 1));
  });
});
