import { describe, expect, it } from 'vitest';
import { githubWebhook } from '../../../../lib/http/webhooks/kinds/github/receive.ts';
import type { WebhookConfig } from '../../../../lib/release/webhook.ts';
import { createWebhookApp, githubHeaders } from '../../../support/webhooks.ts';
import { digest, githubPackage, githubPing, githubRelease, githubRun, sha } from './payloads.ts';

const entry = (event: string, change: object = {}): WebhookConfig => ({
  kind: 'github',
  secret: 'github-web',
  repository: 'acme/storefront',
  event,
  artifact: { uri: 's3://builds/{tag}.zip', version: '{tag}' },
  ...change,
});

async function deliver(config: WebhookConfig, event: string, payload: object) {
  const intake = createWebhookApp({ storefront: [config] });
  const body = JSON.stringify(payload);
  const answer = await intake.post('/webhooks/github/storefront', body, githubHeaders(event, body));
  return { ...intake, answer, request: intake.asked()[0] };
}

describe('the signature of GitHub', () => {
  const body = new TextEncoder().encode('Hello, World!');
  const secret = "It's a Secret to Everybody";
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  const request = (given: string) => ({
    header: (name: string) => (name === 'x-hub-signature-256' ? given : undefined),
    query: () => undefined,
    body,
    nowMs: 0,
  });

  it('is right for the values of its documentation, and for no others', () => {
    expect(githubWebhook.isSigned(request(signature))).toBe(true);
    expect(githubWebhook.isSignedWith(request(signature), secret)).toBe(true);
    expect(githubWebhook.isSignedWith(request(signature), `${secret}.`)).toBe(false);
    const other = signature.replace('757', '756');
    expect(githubWebhook.isSignedWith(request(other), secret)).toBe(false);
  });

  it.each([
    '',
    'sha1=757107ea0eb2509fc211221cce984b8a37570b6d',
    signature.slice(0, -1),
    signature.toUpperCase(),
    `${signature} `,
    `${signature},${signature}`,
    signature.replace('sha256=', ''),
  ])('is not looked at as %j', (given) => {
    expect(githubWebhook.isSigned(request(given))).toBe(false);
  });
});

describe('a release on GitHub', () => {
  it('is released with what the manifest makes of its tag, under the name of who made it', async () => {
    const { answer, request } = await deliver(entry('release'), 'release', githubRelease());

    expect(answer).toEqual({
      status: 202,
      body: {
        releases: [{ service: 'storefront', releaseId: 'storefront-1' }],
        refused: [],
        reason: null,
      },
    });
    expect(request).toEqual({
      service: 'storefront',
      artifact: { uri: 's3://builds/v1.4.0.zip', version: 'v1.4.0' },
      by: 'github:octocat',
    });
  });

  it.each([
    ['a draft', githubRelease({ draft: true }), /is a draft/],
    ['an edit', githubRelease({}, 'edited'), /release edited: only published/],
    ['a pre-release', githubRelease({ prerelease: true }), /is a pre-release/],
    ['another tag', githubRelease({ tag_name: 'docs-1' }), /is for tags like v\*/],
    ['a tag that leads elsewhere', githubRelease({ tag_name: 'v1/../../x' }), /cannot stand in/],
    ['a tag with a query', githubRelease({ tag_name: 'v1?versionId=2' }), /cannot stand in/],
    ['another repository', { ...githubRelease(), repository: other }, /is for acme\/storefront/],
  ])('that is %s starts nothing, and says why', async (_what, payload, reason) => {
    const { answer, started } = await deliver(
      entry('release', { tagPattern: 'v*' }),
      'release',
      payload,
    );

    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ releases: [], reason: expect.stringMatching(reason) });
    expect(started()).toEqual([]);
  });

  it('that is a pre-release counts where the manifest says so', async () => {
    const payload = githubRelease({ prerelease: true, tag_name: 'v2.0.0-rc.1' });
    const { request } = await deliver(entry('release', { prereleases: true }), 'release', payload);

    expect(request).toMatchObject({ artifact: { version: 'v2.0.0-rc.1' } });
  });

  it('makes a version of a tag that is none', async () => {
    const { request } = await deliver(
      entry('release'),
      'release',
      githubRelease({ tag_name: 'web/v1.4.0' }),
    );

    expect(request).toMatchObject({
      artifact: { uri: 's3://builds/web/v1.4.0.zip', version: 'web-v1.4.0' },
    });
  });
});

const other = { full_name: 'acme/backoffice', name: 'backoffice', default_branch: 'main' };

describe('a package on GitHub', () => {
  const image = entry('registry_package', {
    artifact: { uri: 'ghcr.io/{repository}@{digest}', version: '{tag}', digest: '{digest}' },
  });

  it('is released by its digest', async () => {
    const { request } = await deliver(image, 'registry_package', githubPackage());

    expect(request).toMatchObject({
      artifact: { uri: `ghcr.io/acme/storefront@${digest}`, version: '1.4.0', digest },
      by: 'github:octocat',
    });
  });

  it.each([
    ['a part of an image', githubPackage({ tag: { name: '', digest } }), /image without a tag/],
    ['an update', githubPackage({}, 'updated'), /only published/],
  ])('that is %s starts nothing', async (_what, payload, reason) => {
    const { answer } = await deliver(image, 'registry_package', payload);

    expect(answer.body).toMatchObject({ releases: [], reason: expect.stringMatching(reason) });
  });

  it('of another name starts nothing where the manifest names one', async () => {
    const config = { ...image, package: 'storefront-worker' };
    const { answer } = await deliver(config, 'registry_package', githubPackage());

    expect(answer.body).toMatchObject({ reason: 'storefront: is for package storefront-worker' });
  });

  it('without a digest starts nothing where the manifest needs it', async () => {
    const metadata = { tag: { name: '1.4.0', digest: 'sha256:6c62fb' }, manifest: null };
    const payload = githubPackage(metadata);
    payload.registry_package.package_version.version = '57755791';
    const { answer } = await deliver(image, 'registry_package', payload);

    expect(answer.body).toMatchObject({ reason: 'storefront: has no digest' });
  });
});

describe('a workflow run on GitHub', () => {
  const run = entry('workflow_run', {
    workflow: 'build.yml',
    artifact: { uri: 's3://builds/{branch}/{sha}.zip', version: '{runNumber}-{shortSha}' },
  });

  it('that has succeeded on the default branch is released', async () => {
    const { request } = await deliver(run, 'workflow_run', githubRun());

    expect(request).toMatchObject({
      artifact: { uri: `s3://builds/main/${sha}.zip`, version: '562-da15608' },
    });
  });

  it.each([
    ['failed', githubRun({ conclusion: 'failure' }), /ended as failure/],
    ['only began', githubRun({ conclusion: null }, 'requested'), /only completed/],
    ['is of another branch', githubRun({ head_branch: 'try' }), /is for branch main/],
    ['is of another workflow', githubRun({ path: '.github/workflows/x.yml' }), /workflow build/],
    ['is a pull request', githubRun({ event: 'pull_request' }), /pull request, or of a fork/],
    [
      "runs a stranger's branch of that name",
      githubRun({ event: 'pull_request_target', head_repository: { full_name: 'eve/storefront' } }),
      /pull request, or of a fork/,
    ],
    [
      'is of a fork',
      githubRun({ head_repository: { full_name: 'eve/storefront' } }),
      /pull request, or of a fork/,
    ],
  ])('that %s starts nothing', async (_what, payload, reason) => {
    const { answer, started } = await deliver(run, 'workflow_run', payload);

    expect(answer.body).toMatchObject({ releases: [], reason: expect.stringMatching(reason) });
    expect(started()).toEqual([]);
  });

  it('is of the branches that the manifest names', async () => {
    const config = { ...run, branch: 'release/*' };
    const { request } = await deliver(
      config,
      'workflow_run',
      githubRun({ head_branch: 'release/1.4' }),
    );

    expect(request).toMatchObject({ artifact: { uri: `s3://builds/release/1.4/${sha}.zip` } });
  });
});

describe('what else GitHub sends', () => {
  it('is answered: a ping, so that its page shows that the signature is right', async () => {
    const { answer } = await deliver(entry('release'), 'ping', githubPing);

    expect(answer).toMatchObject({ status: 202, body: { reason: 'ping: the signature is right' } });
  });

  it('starts nothing: an event that nobody knows', async () => {
    const { answer } = await deliver(entry('release'), 'star', githubPing);

    expect(answer.body).toMatchObject({ reason: 'event "star" starts nothing' });
  });

  it('is refused when its body is not of the event that it says it is', async () => {
    const { answer, started } = await deliver(entry('release'), 'release', githubRun());

    expect(answer).toMatchObject({ status: 400, body: { error: { name: 'RequestInvalidError' } } });
    expect(started()).toEqual([]);
  });

  it('is refused as a form, with what to change', async () => {
    const { post } = createWebhookApp({ storefront: [entry('release')] });
    const body = `payload=${encodeURIComponent(JSON.stringify(githubRelease()))}`;
    const headers = {
      ...githubHeaders('release', body),
      'content-type': 'application/x-www-form-urlencoded',
    };

    expect(await post('/webhooks/github', body, headers)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('send application/json') } },
    });
  });
});
