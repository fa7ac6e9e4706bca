import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createWorkplace, type Workplace } from '../../scripts/demo/storefront.ts';
import {
  type RunningConductor,
  releaseIs,
  runScript,
  startConductor,
} from '../support/local-conductor.ts';

let place: Workplace;
let conductor: RunningConductor;

beforeAll(async () => {
  place = await createWorkplace();
  conductor = await startConductor(place);
});

afterAll(async () => {
  await conductor.stop();
  place.remove();
});

const verdigris = (...args: string[]) =>
  runScript('cli/main.ts', args, {
    cwd: place.directory,
    env: { VERDIGRIS_URL: conductor.url },
  });

/** A second place whose config differs; `up` is expected to fail there. */
async function failedUp(config: object, manifest?: (shipped: object) => object) {
  const other = await createWorkplace();
  try {
    const shipped = parse(readFileSync(other.configPath, 'utf8'));
    writeFileSync(other.configPath, stringify({ ...shipped, ...config }));
    if (manifest) {
      const file = path.join(other.directory, 'storefront.yml');
      writeFileSync(file, stringify(manifest(parse(readFileSync(file, 'utf8')))));
    }
    return await runScript('cli/main.ts', ['up'], { cwd: other.directory });
  } finally {
    other.remove();
  }
}

describe('verdigris up with what it cannot use', () => {
  it('names a config that is not there', async () => {
    const { code, stderr } = await runScript('cli/main.ts', ['up', '--config', 'nowhere.yml']);
    expect(code).toBe(1);
    expect(stderr).toContain('nowhere.yml: does not exist');
  });

  it('names an unknown key with the nearest known one', async () => {
    const { code, stderr } = await failedUp({ servces: [] });
    expect(code).toBe(1);
    expect(stderr).toContain('servces: is not a known key; did you mean "services"?');
  });

  it('names the file and path of a manifest that is wrong', async () => {
    const { stderr } = await failedUp({}, (it) => ({ ...it, cutover: { steps: [5, 50] } }));
    expect(stderr).toContain('storefront.yml: cutover.steps: must end at 100');
  });

  it('names a port of the API that is in use', async () => {
    const port = Number(new URL(conductor.url).port);
    const { code, stderr } = await failedUp({ api: { port } });
    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port} is in use`);
  });

  it('refuses a data directory that another conductor uses', async () => {
    const { stderr } = await failedUp({ data: path.join(place.directory, '.verdigris') });
    expect(stderr).toContain('is in use by the conductor with process id');
  });

  it('leaves a ledger of a newer version alone', async () => {
    const other = await createWorkplace();
    mkdirSync(path.join(other.directory, '.verdigris'));
    const file = path.join(other.directory, '.verdigris/ledger.sqlite');
    const first = await startConductor(other);
    await first.stop();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const { code, stderr } = await runScript('cli/main.ts', ['up'], { cwd: other.directory });
    other.remove();
    expect(code).toBe(1);
    expect(stderr).toContain('LedgerVersionError');
    expect(stderr).toContain('99');
  });
});

describe('the API token', () => {
  it('is readable by its owner only', () => {
    const { mode } = statSync(path.join(place.directory, '.verdigris/token'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('is asked for', async () => {
    expect((await fetch(`${conductor.url}/api/services`)).status).toBe(401);
    const headers = { authorization: 'Bearer not-the-token' };
    expect((await fetch(`${conductor.url}/api/services`, { headers })).status).toBe(401);
  });
});

describe('artifacts that cannot be released', () => {
  async function refusedReason(uri: string, digest?: string): Promise<string> {
    const artifact = { uri, version: 'bad', ...(digest ? { digest } : {}) };
    const { releaseId } = await conductor.api.startRelease({ service: 'storefront', artifact });
    const status = await releaseIs(conductor, releaseId, (it) => it.outcome !== null);
    expect(status.outcome).toBe('discarded');
    return status.reason ?? '';
  }

  it('names one that is not there, and begins no release', async () => {
    const artifact = { uri: '/nowhere/at/all', version: 'bad' };
    const before = await conductor.api.releases({ service: 'storefront' });
    await expect(
      conductor.api.startRelease({ service: 'storefront', artifact }),
    ).rejects.toMatchObject({
      name: 'ArtifactInvalidError',
      message: expect.stringContaining('/nowhere/at/all is missing'),
    });
    expect(await conductor.api.releases({ service: 'storefront' })).toEqual(before);
  });

  it('names both digests when they differ', async () => {
    const wanted = `sha256:${createHash('sha256').update('else').digest('hex')}`;
    expect(await refusedReason(place.artifact('v1'), wanted)).toContain(wanted);
  });

  it('refuses a file that is no archive', async () => {
    const file = path.join(place.directory, 'v9.tgz');
    writeFileSync(file, 'this is no archive');
    expect(await refusedReason(file)).toContain('v9.tgz');
  });

  it('shows the last log lines of a process that dies at its start', async () => {
    const directory = path.join(place.directory, 'dies');
    mkdirSync(directory);
    writeFileSync(path.join(directory, 'server.mjs'), 'throw new Error("no database here")');
    expect(await refusedReason(directory)).toContain('no database here');
  });
});

describe('a service port that is in use', () => {
  async function squat() {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    return { squatter, port: (squatter.address() as AddressInfo).port };
  }

  it('keeps `up` from starting, and is named', async () => {
    const { squatter, port } = await squat();
    const ended = await failedUp({}, (it) => ({ ...it, router: { kind: 'local-proxy', port } }));
    squatter.close();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(String(port));
  });

  it('is told when the manifest is applied, and the old port goes on serving', async () => {
    const { squatter, port } = await squat();
    const router = { kind: 'local-proxy', port };
    const changed = conductor.api.applyManifest('storefront', { ...place.manifest, router });
    await expect(changed).rejects.toMatchObject({ name: 'PortInUseError' });
    squatter.close();
    const answer = await fetch(place.storefrontUrl);
    expect(answer.headers.get('content-type')).toContain('json');
    expect(answer.status).toBe(503);
  });
});

describe('a manifest for another platform', () => {
  it('is refused when it is applied, and the one that is there stays', async () => {
    const elsewhere = {
      service: 'storefront',
      environment: { kind: 'prebuilt' },
      router: { kind: 'api-gateway-mapping', domainName: 'api.example.com' },
    };

    const applied = conductor.api.applyManifest('storefront', elsewhere);

    await expect(applied).rejects.toMatchObject({ name: 'KindUnavailableError' });
    const answer = await fetch(place.storefrontUrl);
    expect(answer.status).toBe(503);
  });
});

describe('the command line', () => {
  it('exits with 0 for a completed release, 1 for a discarded one and 2 for a wrong call', async () => {
    const good = await verdigris(
      'release',
      'storefront',
      '--artifact',
      'v1',
      '--version',
      'v1',
      '--watch',
      '--json',
    );
    expect(JSON.parse(good.stdout)).toMatchObject({ outcome: 'completed', version: 'v1' });
    expect(good.code).toBe(0);
    const broken = await verdigris(
      'release',
      'storefront',
      '--artifact',
      'v5',
      '--version',
      'v5',
      '--watch',
    );
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('Discarded');
    expect((await verdigris('release', 'storefront')).code).toBe(2);
  }, 60_000);

  it('exits with 3 for a release that was rolled back', async () => {
    const started = await verdigris(
      'release',
      'storefront',
      '--artifact',
      'v2',
      '--version',
      'v2',
      '--json',
    );
    const { releaseId } = JSON.parse(started.stdout) as { releaseId: string };
    await releaseIs(conductor, releaseId, (it) => it.phase === 'watching');
    const [watched] = await Promise.all([
      verdigris('watch', releaseId),
      verdigris('rollback', releaseId, '--reason', 'test'),
    ]);
    expect(watched.code).toBe(3);
  }, 60_000);
});
