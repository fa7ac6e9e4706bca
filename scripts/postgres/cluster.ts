import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Client } from 'pg';
import { messageOf } from '../../lib/release/errors.ts';
import { freePort } from '../free-port.ts';
import { endKept, isOver, type KeptServer, launchKept } from '../kept-server.ts';
import { type PostgresPrograms, preparePostgres } from './programs.ts';

export { whyNoPostgres } from './programs.ts';

/** A PostgreSQL server of our own, for as long as somebody needs it. */
export interface Cluster {
  /** Of 127.0.0.1. */
  port: number;
  /** `postgres://…` of a database; that of the superuser if no name is given. */
  urlOf(database?: string): string;
  /** Makes an empty database and gives its address. */
  createDatabase(name: string): Promise<string>;
  /** The same for an ordinary role that owns it: its address is that role's. */
  createOwnedDatabase(name: string): Promise<string>;
  /** Ends the server, whoever is still connected, and removes its files. May be called again. */
  stop(): Promise<void>;
}

const superuser = 'postgres';
const readyWithinMs = 30_000;
/** Another program may take the free port before the server does. */
const attempts = 3;

/** It is thrown away: nothing has to survive a crash, and nobody else needs to reach it. */
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=32MB',
  'max_connections=100',
];

/**
 * Starts an empty server on a free port of 127.0.0.1, with a random password, in a temporary folder. It
 * ends with this process, however that ends.
 * @param further - settings besides those that every such server has, such as `wal_level=logical`
 * @throws PostgresMissingError where there is none; Error with what the server said when it does not start.
 */
export async function startCluster(further: readonly string[] = []): Promise<Cluster> {
  const programs = preparePostgres();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(programs, further);
    } catch (error) {
      if (attempt >= attempts || !/Address already in use/.test(messageOf(error))) throw error;
    }
  }
}

async function startOnce(programs: PostgresPrograms, further: readonly string[]): Promise<Cluster> {
  const port = await freePort();
  // From here to the keeper's start nothing waits, so that nobody can leave the folder behind.
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-postgres-'));
  const owner = ownerOfServer();
  const password = randomBytes(16).toString('hex');
  try {
    if (owner) chownSync(directory, owner.uid, owner.gid);
    initialise(programs, directory, password, owner);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  const server = launch(programs, directory, [`port=${port}`, ...further], owner);
  const urlOf = (database = superuser) =>
    `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;
  const stop = () => endKept(server);
  try {
    await untilReady(server, urlOf());
  } catch (error) {
    await stop();
    throw error;
  }
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
  return {
    port,
    urlOf,
    async createDatabase(name) {
      await run(urlOf(), `CREATE DATABASE ${quoted(name)}`);
      return urlOf(name);
    },
    async createOwnedDatabase(name) {
      const owner = `${name}-owner`;
      await run(urlOf(), `CREATE ROLE ${quoted(owner)} LOGIN PASSWORD '${password}'`);
      await run(urlOf(), `CREATE DATABASE ${quoted(name)} OWNER ${quoted(owner)}`);
      return Object.assign(new URL(urlOf(name)), { username: owner }).href;
    },
    stop,
  };
}

export interface Owner {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root, so root runs it as somebody who may do little. */
export function ownerOfServer(): Owner | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name]).stdout.toString());
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither "postgres" nor "nobody"');
}

function initialise(
  { initdb, env }: PostgresPrograms,
  directory: string,
  password: string,
  owner: Owner | null,
): void {
  const passwordFile = path.join(directory, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner) chownSync(passwordFile, owner.uid, owner.gid);
  const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const names = ['--username', superuser, '--pwfile', passwordFile];
  const options = { env, cwd: directory, ...owner, stdio: 'pipe' as const };
  execFileSync(initdb, ['--pgdata', dataIn(directory), ...flags, ...names], options);
  rmSync(passwordFile);
}

export const dataIn = (directory: string) => path.join(directory, 'data');

export function launch(
  { postgres, env }: PostgresPrograms,
  directory: string,
  further: readonly string[],
  owner: Owner | null,
): KeptServer {
  const flags = [...settings, ...further].flatMap((it) => ['-c', it]);
  const command = [postgres, '-D', dataIn(directory), ...flags];
  return launchKept({ directory, command, env, owner });
}

export async function untilReady(server: KeptServer, url: string): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    if (isOver(server)) throw new Error(`PostgreSQL ended at once: ${server.said()}`);
    try {
      return await run(url, 'SELECT 1');
    } catch (error) {
      if (performance.now() > deadline)
        throw new Error(`PostgreSQL gives no answer: ${messageOf(error)}; ${server.said()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs statements over a connection of their own. */
async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // Somebody may end the server meanwhile; whoever waits for the answer learns of it.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}
