import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { ReleaseStatus } from '../../lib/http/api.ts';
import { freePort } from '../../scripts/free-port.ts';
import { type HealthyServer, listenHealthily } from '../support/healthy-server.ts';
import {
  type RunningConductor,
  releaseIs,
  runScript,
  startConductor,
} from '../support/local-conductor.ts';

const example = path.join(import.meta.dirname, '../../examples/prebuilt/storefront.yml');

let place: { directory: string; configPath: string };
let storefrontUrl: string;
let conductor: RunningConductor;
const servers: HealthyServer[] = [];

/** The example's own manifest, on free ports and with a shorter window. */
beforeAll(async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-prebuilt-'));
  place = { directory, configPath: path.join(directory, 'verdigris.yml') };
  const port = await freePort();
  storefrontUrl = `http://127.0.0.1:${port}`;
  const shipped = parse(readFileSync(example, 'utf8'));
  const manifest = {
    ...shipped,
    router: { ...shipped.router, port },
    watch: { window: '300ms', interval: '100ms' },
    notify: [],
  };
  writeFileSync(path.join(directory, 'storefront.yml'), stringify(manifest));
  const config = { api: { port: await freePort() }, services: ['storefront.yml'] };
  writeFileSync(place.configPath, stringify(config));
  conductor = await startConductor(place);
});

afterAll(async () => {
  await conductor.stop();
  for (const server of servers) await server.close();
  rmSync(place.directory, { recursive: true, force: true });
});

/** Somebody else's process, which runs already. */
async function startVersion(name: string): Promise<HealthyServer> {
  const server = await listenHealthily(name);
  servers.push(server);
  return server;
}

async function release(version: string, address: string): Promise<ReleaseStatus> {
  const environment = { id: `storefront-${version}`, address };
  const artifact = { uri: `storefront:${version}`, version, environment };
  const { releaseId } = await conductor.api.startRelease({ service: 'storefront', artifact });
  return releaseIs(conductor, releaseId, (it) => it.outcome !== null);
}

const whoAnswers = async () => (await fetch(storefrontUrl)).text();

describe('processes that somebody else runs, behind the proxy of this machine', () => {
  it('are released one over the other, and go back', async () => {
    const first = await startVersion('v1');
    expect(await release('v1', first.address)).toMatchObject({ outcome: 'completed' });
    expect(await whoAnswers()).toBe('v1');

    const second = await startVersion('v2');
    const { outcome, releaseId } = await release('v2', second.address);
    expect(outcome).toBe('completed');
    expect(await whoAnswers()).toBe('v2');

    await conductor.api.rollback(releaseId, {});
    const undone = await releaseIs(conductor, releaseId, (it) => it.outcome === 'rolled-back');
    expect(undone).toMatchObject({ traffic: { 'storefront-v1': 100 } });
    expect(await whoAnswers()).toBe('v1');
  });

  it('stay where they are when the conductor starts again, and are the next blue', async () => {
    const before = await whoAnswers();
    await conductor.kill();
    conductor = await startConductor(place);
    expect(await whoAnswers()).toBe(before);

    const third = await startVersion('v3');
    expect(await release('v3', third.address)).toMatchObject({
      outcome: 'completed',
      blue: { id: 'storefront-v1' },
    });
    expect(await whoAnswers()).toBe('v3');
  });

  it('are released by the command line too', async () => {
    const { address } = await startVersion('v4');
    const args = ['--artifact', 'storefront:v4', '--version', 'v4', '--watch'];
    const handed = ['--environment-id', 'storefront-v4', '--address', address];
    const { code } = await runScript('cli/main.ts', ['release', 'storefront', ...args, ...handed], {
      cwd: place.directory,
      env: { VERDIGRIS_URL: conductor.url },
    });
    expect(code).toBe(0);
    expect(await whoAnswers()).toBe('v4');
  });

  it('get no traffic when they are not up', async () => {
    const gone = await listenHealthily('v5');
    await gone.close();
    const { outcome, reason } = await release('v5', gone.address);
    expect(outcome).toBe('discarded');
    expect(reason).toContain('ECONNREFUSED');
    expect(await whoAnswers()).toBe('v4');
  });
});
