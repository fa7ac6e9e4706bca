import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createWorkplace, type Workplace } from '../../scripts/demo/storefront.ts';
import { type RunningConductor, releaseIs, startConductor } from '../support/local-conductor.ts';
import { githubHeaders, webhookSecret } from '../support/webhooks.ts';
import { githubRelease } from '../unit/http/webhooks/payloads.ts';

let place: Workplace;
let conductor: RunningConductor;

beforeEach(async () => {
  place = await createWorkplace();
  const file = path.join(place.directory, 'storefront.yml');
  const manifest = parse(readFileSync(file, 'utf8'));
  const webhooks = [
    {
      kind: 'github',
      secret: 'github-web',
      repository: 'acme/storefront',
      event: 'release',
      artifact: { uri: '{tag}', version: '{tag}' },
    },
    { kind: 'artifact', secret: 'ci' },
  ];
  const watch = { window: '1s', interval: '1s' };
  writeFileSync(file, stringify({ ...manifest, watch, webhooks }));
  const secrets = stringify({ 'github-web': webhookSecret, ci: webhookSecret });
  writeFileSync(path.join(place.directory, 'secrets.yml'), secrets, { mode: 0o600 });
  conductor = await startConductor(place);
});

afterEach(async () => {
  await conductor.stop();
  place.remove();
});

async function deliver(payload: object) {
  const body = JSON.stringify(payload);
  const headers = githubHeaders('release', body);
  const answer = await fetch(`${conductor.url}/webhooks/github`, { method: 'POST', body, headers });
  return { status: answer.status, body: (await answer.json()) as Answer };
}

interface Answer {
  releases: { service: string; releaseId: string }[];
  reason: string | null;
}

const releases = async () => (await conductor.api.releases({})).releases;

async function liveVersion(): Promise<string> {
  const answer = await fetch(`${place.storefrontUrl}/healthz`);
  return ((await answer.json()) as { version: string }).version;
}

describe('a delivery to a running conductor', () => {
  it('releases what it brings exactly once, though twenty copies come at once and more later', async () => {
    const payload = githubRelease({ tag_name: 'v1' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(payload)));

    const [first] = answers;
    expect(first?.status).toBe(202);
    expect(answers).toEqual(answers.map(() => first));
    const releaseId = first?.body.releases[0]?.releaseId ?? '';
    const status = await releaseIs(conductor, releaseId, (it) => it.outcome !== null);
    expect(status).toMatchObject({ outcome: 'completed', requestedBy: 'github:octocat' });
    expect(await liveVersion()).toBe('v1');
    expect(await deliver(payload)).toEqual(first);
    expect(await releases()).toHaveLength(1);
  });

  it('is refused with the release that is in its way, once and for good', async () => {
    const one = await deliver(githubRelease({ tag_name: 'v1' }));
    const other = await deliver(githubRelease({ tag_name: 'v2' }));
    expect(other).toMatchObject({
      status: 409,
      body: { error: { name: 'ReleaseInProgressError' } },
    });
    const releaseId = one.body.releases[0]?.releaseId ?? '';
    await releaseIs(conductor, releaseId, (it) => it.outcome !== null);

    expect(await deliver(githubRelease({ tag_name: 'v2' }))).toEqual(other);
    expect(await releases()).toMatchObject([
      { outcome: 'refused', requestedBy: 'github:octocat', version: 'v2' },
      { outcome: 'completed' },
    ]);
  });

  it('of an artifact that is not there is taken once it is', async () => {
    const early = await deliver(githubRelease({ tag_name: 'v9' }));
    expect(early).toMatchObject({ status: 400, body: { error: { name: 'ArtifactInvalidError' } } });
    expect(await releases()).toEqual([]);
    cpSync(place.artifact('v1'), place.artifact('v9'), { recursive: true });

    expect((await deliver(githubRelease({ tag_name: 'v9' }))).status).toBe(202);
    expect(await releases()).toHaveLength(1);
  });
});

describe('the lines of docs/webhooks.md', () => {
  it('release an artifact, and are refused when the same signature is sent again', async () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../docs/webhooks.md'), 'utf8');
    const lines = /```sh\n(BODY=[\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(lines).toContain('openssl');
    const script = lines
      .replace('s3://builds/storefront/v2.zip', place.artifact('v1'))
      .replace('"version":"v2"', '"version":"v1"');
    const env = {
      PATH: process.env.PATH ?? '',
      SECRET: webhookSecret,
      JOB_ID: 'job-7',
      VERDIGRIS_URL: conductor.url,
    };
    const run = (text: string) => promisify(execFile)('sh', ['-euc', text], { env });

    const { stdout } = await run(script);
    const [release] = (JSON.parse(stdout) as Answer).releases;
    const status = await releaseIs(
      conductor,
      release?.releaseId ?? '',
      (it) => it.outcome !== null,
    );
    expect(status).toMatchObject({ outcome: 'completed', requestedBy: 'artifact:ci' });
    const twice = `${script}\n${script.split('\n').slice(2).join('\n')}`;
    await expect(run(twice.replaceAll('$JOB_ID', 'job-8'))).rejects.toMatchObject({
      stdout: expect.stringContaining('DeliveryReplayedError'),
    });
  });
});
