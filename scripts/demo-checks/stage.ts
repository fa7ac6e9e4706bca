import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createSession, type Session } from '../../cli/session.ts';
import { type LocalConductor, up } from '../../lib/platform/local.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { startTraffic, type Traffic } from '../demo/storefront.ts';
import { terminal } from '../demo/terminal.ts';
import { freePort } from '../free-port.ts';
import { startCluster, whyNoPostgres } from '../postgres/cluster.ts';
import { buildVersion, faultyDirectory } from './build.ts';
import type { Closing } from './closing.ts';
import { assembleManifest, type Facts, type ShopManifest, secretName } from './manifest.ts';
import { migrate } from './migrate.ts';

/** A conductor with a database, and what releases of the shop need. */
export interface Stage {
  session: Session;
  conductor: LocalConductor;
  /** Of the shop, behind the proxy. */
  storefrontUrl: string;
  /** Why there is no PostgreSQL, or null. */
  whyNoDatabase: string | null;
  /** The manifest with short windows, and what differs. */
  manifest(differs?: JsonObject): ShopManifest;
  /** Builds a version and gives its folder; null is the good one. */
  artifact(overlay: string | null): Promise<string>;
  startTraffic(requestsPerSecond: number): Traffic;
}

/** As short as it can be: what is shown are checks, which come before. */
const shortWindows: JsonObject = {
  router: { drain: '500ms' },
  watch: { window: '300ms', interval: '100ms', compare: null },
  retain: '1s',
  notify: [],
};

/**
 * Opens a stage in the system's temporary folder, on free ports of 127.0.0.1.
 * @param closing - ends everything that was started, and removes the files
 */
export async function openStage({ isJson }: { isJson: boolean }, closing: Closing): Promise<Stage> {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-checks-'));
  closing.add(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const whyNoDatabase = whyNoPostgres();
  const database = whyNoDatabase === null ? await openDatabase(closing) : noDatabase;
  const facts = { ...database, ...randomSecrets() };
  const port = await freePort();
  const conductor = await up({ configPath: writeConfig(directory, await freePort(), facts) });
  closing.add(() => conductor.close());
  const connection = { url: conductor.url, token: conductor.token, json: isJson };
  const built = new Map<string | null, string>();
  return {
    session: await createSession(connection, terminal()),
    conductor,
    storefrontUrl: `http://127.0.0.1:${port}`,
    whyNoDatabase,
    manifest: (differs = {}) =>
      assembleManifest(facts, [{ router: { port } }, shortWindows, differs]),
    async artifact(overlay) {
      const folder = built.get(overlay) ?? path.join(directory, 'artifacts', overlay ?? 'good');
      if (!built.has(overlay)) await buildVersion(overlay, folder);
      built.set(overlay, folder);
      return folder;
    },
    startTraffic(requestsPerSecond) {
      const traffic = startTraffic(`http://127.0.0.1:${port}`, requestsPerSecond);
      closing.add(() => traffic.stop());
      return traffic;
    },
  };
}

const noDatabase = { DATABASE_URL: null, DATABASE_HOST: null, DATABASE_PORT: null };

/** A database with the tables of the good shop. */
async function openDatabase(closing: Closing) {
  const cluster = await startCluster();
  closing.add(() => cluster.stop());
  const url = await cluster.createOwnedDatabase('storefront');
  await migrate(url, path.join(faultyDirectory, 'good/migrations'));
  return { DATABASE_URL: url, DATABASE_HOST: '127.0.0.1', DATABASE_PORT: cluster.port };
}

function randomSecrets() {
  const secret = () => randomBytes(24).toString('hex');
  return { SESSION_SECRET: secret(), PAYMENTS_KEY: secret(), PROBE_TOKEN: secret() };
}

/** Checks may name the secrets instead: `DATABASE_URL` is `database-url` there. */
function writeConfig(directory: string, apiPort: number, facts: Facts): string {
  const names = ['DATABASE_URL', 'SESSION_SECRET', 'PAYMENTS_KEY', 'PROBE_TOKEN'];
  const known = names.filter((name) => typeof facts[name] === 'string');
  const secrets = known.map((name) => [secretName(name), facts[name]]);
  const secretsFile = path.join(directory, 'secrets.yml');
  writeFileSync(secretsFile, stringify(Object.fromEntries(secrets)), { mode: 0o600 });
  mkdirSync(path.join(directory, 'artifacts'));
  const configPath = path.join(directory, 'verdigris.yml');
  writeFileSync(configPath, stringify({ api: { port: apiPort } }));
  return configPath;
}
