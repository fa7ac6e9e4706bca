import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startCluster, whyNoPostgres } from '../../../scripts/postgres/cluster.ts';
import { findPostgres } from '../../../scripts/postgres/programs.ts';

const script = path.join(import.meta.dirname, '../../../scripts/postgres/cluster.ts');
const reason = whyNoPostgres();
if (reason) console.warn(`Clusters of PostgreSQL are left out: ${reason}`);

afterEach(() => {
  vi.unstubAllEnvs();
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Where the server keeps its files. */
async function folderOf(url: string): Promise<string> {
  const [row] = (await ask(url, 'SHOW data_directory')) as { data_directory: string }[];
  return path.dirname(row?.data_directory ?? '');
}

describe.skipIf(reason)('a cluster of PostgreSQL', () => {
  it('has databases of its own and leaves nothing behind', async () => {
    const cluster = await startCluster();
    const url = await cluster.createDatabase('shop "1"');
    const folder = await folderOf(url);
    expect(await ask(url, 'SELECT current_database() AS name')).toEqual([{ name: 'shop "1"' }]);
    const forgetful = new Client({ connectionString: url });
    forgetful.on('error', () => {});
    await forgetful.connect();
    await cluster.stop();
    await cluster.stop();
    expect(existsSync(folder)).toBe(false);
    await expect(ask(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('lets nobody in without the password', async () => {
    const cluster = await startCluster();
    const stranger = cluster.urlOf().replace(/:[0-9a-f]{32}@/, ':guess@');
    await expect(ask(stranger, 'SELECT 1')).rejects.toThrow('password authentication failed');
    await cluster.stop();
  });

  it('ends with the process that started it, even when that is killed', async () => {
    const code = `import { startCluster } from ${JSON.stringify(script)};
      console.log((await startCluster()).urlOf());`;
    const owner = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(owner.stdout.setEncoding('utf8'), 'data');
    const folder = await folderOf(line.trim());
    expect(existsSync(folder)).toBe(true);
    owner.kill('SIGKILL');
    await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false);
    await expect(ask(line.trim(), 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the programs of PostgreSQL', () => {
  it('may be named, and a wrong name is told', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verdigris-empty-'));
    vi.stubEnv('VERDIGRIS_POSTGRES', folder);
    expect(whyNoPostgres()).toBe(
      `VERDIGRIS_POSTGRES is ${folder}, which has no postgres and initdb`,
    );
    rmSync(folder, { recursive: true });
  });

  it.skipIf(reason)('are found where they are named', () => {
    const folder = path.dirname(findPostgres()?.postgres ?? '');
    vi.stubEnv('VERDIGRIS_POSTGRES', folder);
    expect(findPostgres()?.initdb).toBe(path.join(folder, 'initdb'));
  });
});
