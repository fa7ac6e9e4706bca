import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../free-port.ts';
import { endKept } from '../kept-server.ts';
import { type Cluster, dataIn, launch, ownerOfServer, untilReady } from './cluster.ts';
import { preparePostgres } from './programs.ts';

/** A server that follows another one. */
export interface Replica {
  /** The address of a database of it. */
  urlOf(database: string): string;
  stop(): Promise<void>;
}

/**
 * Starts a server that streams from a cluster, on a free port of 127.0.0.1.
 * @param further - settings of its own, such as `recovery_min_apply_delay=1min`
 * @throws Error with what the programs said
 */
export async function startReplica(
  cluster: Cluster,
  further: readonly string[] = [],
): Promise<Replica> {
  const programs = preparePostgres();
  const port = await freePort();
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-postgres-'));
  const owner = ownerOfServer();
  try {
    if (owner) chownSync(directory, owner.uid, owner.gid);
    const program = path.join(path.dirname(programs.initdb), 'pg_basebackup');
    const flags = ['--write-recovery-conf', '--checkpoint=fast', '--no-sync'];
    const from = ['--dbname', cluster.urlOf(), '--pgdata', dataIn(directory)];
    const options = { env: programs.env, cwd: directory, ...owner, stdio: 'pipe' as const };
    execFileSync(program, [...flags, ...from], options);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  const server = launch(programs, directory, [`port=${port}`, ...further], owner);
  const urlOf = (database: string) =>
    Object.assign(new URL(cluster.urlOf(database)), { port: String(port) }).href;
  const stop = () => endKept(server);
  try {
    await untilReady(server, urlOf('postgres'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { urlOf, stop };
}
