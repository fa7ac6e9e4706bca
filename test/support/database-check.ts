import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import type { CheckContext, CheckVerdict } from '../../lib/checks/check.ts';
import { createArtifactFiles } from '../../lib/checks/files/artifact.ts';
import { createCheck } from '../../lib/checks/index.ts';
import { type Cluster, startCluster } from '../../scripts/postgres/cluster.ts';
import { realTimers } from '../unit/environments/process-harness.ts';
import { checkContext } from './check-context.ts';

/** Files of a version by their names. */
export type VersionFiles = Record<string, string>;

/** One address for every secret, or one for each. */
export type SecretUrls = string | Record<string, string>;

/** A check of kind `database` on a PostgreSQL of its own. */
export interface DatabaseStage {
  /** Runs statements on a database. */
  run(url: string, sql: string): Promise<Record<string, unknown>[]>;
  /** Makes a database in which these statements have run, and gives its address. */
  database(sql?: string): Promise<string>;
  /** The same by an ordinary role that owns it. */
  ownedDatabase(sql?: string): Promise<string>;
  /** A context in which versions have these files; without blue's there is none. */
  versions(
    green: VersionFiles,
    blue?: VersionFiles | null,
    differs?: Partial<CheckContext>,
  ): CheckContext;
  /** Asks a check with these keys of the manifest, whose connection is the secret `shop-db`. */
  ask(url: SecretUrls, keys: object, context: CheckContext): Promise<CheckVerdict>;
  /** The same before green is provisioned; its files are the artifact's. */
  askBefore(url: string, keys: object, context: CheckContext): Promise<CheckVerdict>;
  stop(): Promise<void>;
}

/** @param given A server that is stopped with it; one of its own if absent. */
export async function openDatabaseStage(given?: Cluster): Promise<DatabaseStage> {
  const cluster = given ?? (await startCluster());
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-database-'));
  let made = 0;

  async function run(url: string, sql: string) {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows ?? [];
    } finally {
      await client.end();
    }
  }

  function write(files: VersionFiles): string {
    made += 1;
    const home = path.join(directory, String(made));
    mkdirSync(path.join(home, 'app'), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(home, 'app', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return home;
  }

  const checkOf = (keys: object) => {
    const config = { kind: 'database', connection: { secret: 'shop-db' }, ...keys };
    return createCheck(config, { timers: realTimers, files: createArtifactFiles(directory) });
  };
  const knowing = (secrets: SecretUrls, context: CheckContext): CheckContext => ({
    ...context,
    secret: async (name) => (typeof secrets === 'string' ? secrets : (secrets[name] ?? '')),
  });
  const settled = (answer: Awaited<ReturnType<Awaited<ReturnType<typeof checkOf>>['run']>>) => {
    if (answer.verdict === 'pending') throw new Error(`no verdict: ${answer.summary}`);
    return answer;
  };

  return {
    run,
    async database(sql = '') {
      made += 1;
      const url = await cluster.createDatabase(`db${made}`);
      if (sql !== '') await run(url, sql);
      return url;
    },
    async ownedDatabase(sql = '') {
      made += 1;
      const url = await cluster.createOwnedDatabase(`db${made}`);
      if (sql !== '') await run(url, sql);
      return url;
    },
    versions(green, blue = null, differs = {}) {
      const ref = (id: string, files: VersionFiles) => ({
        ...{ id, kind: 'process', version: id, address: null },
        attributes: { directory: write(files) },
      });
      const greenRef = ref('shop-2', green);
      const uri = path.join(greenRef.attributes.directory, 'app');
      return checkContext({
        artifact: { uri, version: '2' },
        green: greenRef,
        blue: blue && ref('shop-1', blue),
        ...differs,
      });
    },
    ask: async (url, keys, context) =>
      settled(await (await checkOf(keys)).run(knowing(url, context))),
    async askBefore(url, keys, context) {
      const answer = await (await checkOf(keys)).preflight?.(knowing(url, context));
      if (!answer) throw new Error('the check has no preflight');
      return settled(answer);
    },
    async stop() {
      rmSync(directory, { recursive: true, force: true });
      await cluster.stop();
    },
  };
}
