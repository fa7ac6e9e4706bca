import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { ApiClient } from '../../../cli/api-client.ts';
import type { ReleaseStatus } from '../../../lib/http/api.ts';
import {
  createWorkplace,
  startTraffic,
  type Traffic,
  type Workplace,
} from '../../demo/storefront.ts';
import { type ConductorProcess, startConductor } from '../kill/conductor-process.ts';

/** The service that everything is about. */
export const service = 'storefront';
/** With which the sender of webhooks signs. */
export const secret = 'a-secret-of-the-benchmark-0123456789';

const visitsPerSecond = 50;
/** One caller may ask as often as they like: what is measured is not when they are told to wait. */
const requestsPerSecond = 100_000;

/** A conductor with a release that runs, and visitors of what it releases. */
export interface Stage {
  place: Workplace;
  conductor: ConductorProcess;
  api: ApiClient;
  url: string;
  token: string;
  /** The release that is being watched. */
  releaseId: string;
  traffic: Traffic;
}

/** Releases v1, begins to release v2, and lets visitors in. */
export async function openStage(): Promise<Stage> {
  const place = await createWorkplace();
  const manifest = writeFiles(place, '1s');
  const conductor = startConductor(place);
  try {
    const api = await conductor.ready;
    await begin(api, place, 'v1', ({ outcome }) => outcome === 'completed');
    await api.applyManifest(service, { ...manifest, watch: { window: '30m' } });
    const releaseId = await begin(api, place, 'v2', ({ phase }) => phase === 'watching');
    const traffic = startTraffic(place.storefrontUrl, visitsPerSecond);
    return { place, conductor, api, ...addressOf(place), releaseId, traffic };
  } catch (error) {
    await conductor.kill();
    place.remove();
    throw error;
  }
}

/** Ends everything, and what the visitors saw. */
export async function closeStage({ place, conductor, traffic }: Stage) {
  const visits = await traffic.stop();
  await conductor.stop();
  place.remove();
  return visits;
}

/** A manifest that lets webhooks in, and the secret that they are signed with. */
function writeFiles(
  { directory, configPath, manifest }: Workplace,
  window: string,
): Record<string, unknown> {
  const config = parse(readFileSync(configPath, 'utf8'));
  const changed = {
    ...manifest,
    checks: [],
    signals: undefined,
    watch: { window, interval: '1s' },
    retain: '1s',
    webhooks: [{ kind: 'artifact', secret: 'ci' }],
  };
  writeFileSync(join(directory, `${service}.yml`), stringify(changed));
  writeFileSync(configPath, stringify({ ...config, api: { ...config.api, requestsPerSecond } }));
  writeFileSync(join(directory, 'secrets.yml'), stringify({ ci: secret }), { mode: 0o600 });
  return JSON.parse(JSON.stringify(changed));
}

function addressOf({ configPath, directory }: Workplace): { url: string; token: string } {
  const { api } = parse(readFileSync(configPath, 'utf8')) as { api: { port: number } };
  const token = readFileSync(join(directory, '.verdigris/token'), 'utf8').trim();
  return { url: `http://127.0.0.1:${api.port}`, token };
}

async function begin(
  api: ApiClient,
  place: Workplace,
  version: string,
  isThere: (status: ReleaseStatus) => boolean,
): Promise<string> {
  const artifact = { uri: place.artifact(version), version };
  const { releaseId } = await api.startRelease({ service, artifact });
  await until(api, releaseId, isThere);
  return releaseId;
}

/** Looks until a release is as wanted. @throws Error when it ends before that. */
export async function until(
  api: ApiClient,
  releaseId: string,
  isThere: (status: ReleaseStatus) => boolean,
): Promise<void> {
  for (;;) {
    const status = await api.release(releaseId);
    if (isThere(status)) return;
    if (status.outcome !== null) throw new Error(`${releaseId} ended as ${status.outcome}`);
    await sleep(50);
  }
}

/** How many releases are on record, by version. The conductor may go on meanwhile. */
export function countReleases({ directory }: Workplace): Map<string, number> {
  const database = new DatabaseSync(join(directory, '.verdigris/ledger.sqlite'), {
    readOnly: true,
  });
  try {
    const rows = database
      .prepare(
        `SELECT json_extract(artifactJson, '$.version') AS version, count(*) AS count
         FROM releases GROUP BY version`,
      )
      .all();
    return new Map(rows.map(({ version, count }) => [String(version), Number(count)]));
  } finally {
    database.close();
  }
}
