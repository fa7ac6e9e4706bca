import { describe, expect, it, vi } from 'vitest';
import { VerdigrisError } from '../../../../lib/release/errors.ts';
import type { WebhookConfig } from '../../../../lib/release/webhook.ts';
import { createWebhookApp, githubHeaders, webhookSecret } from '../../../support/webhooks.ts';
import { githubRelease } from './payloads.ts';

const entry = (change: object = {}): WebhookConfig => ({
  kind: 'github',
  secret: 'github-web',
  repository: 'acme/storefront',
  event: 'release',
  artifact: { uri: 's3://builds/{tag}.zip', version: '{tag}' },
  ...change,
});
const body = JSON.stringify(githubRelease());
const headers = githubHeaders('release', body);
const newSecret = 'fedcba9876543210fedcba9876543210';

describe('who is let in', () => {
  it('hears the same, whatever was wrong', async () => {
    const { post, secrets } = createWebhookApp({
      storefront: [entry()],
      keyless: [entry({ secret: 'nowhere' })],
    });
    secrets.set('github-web', newSecret, webhookSecret);
    secrets.read = vi.fn(secrets.read).mockImplementation(async (name) => {
      if (name === 'github-web') return [newSecret, webhookSecret];
      throw new VerdigrisError('ConfigInvalidError', `there is no secret "${name}"`);
    });
    const forged = githubHeaders('release', body, { secret: 'guessed-guessed-guessed' });
    const answers = [
      await post('/webhooks/github/storefront', body),
      await post('/webhooks/github/storefront', body, forged),
      await post('/webhooks/github/keyless', body, headers),
      await post('/webhooks/github/nobody', body, headers),
      await post('/webhooks/github/..%2fstorefront', body, headers),
      await post('/webhooks/gitlab/storefront', body, { 'x-gitlab-token': webhookSecret }),
    ];

    const message = 'this webhook is not signed as it needs to be';
    const error = { name: 'UnauthorizedError', code: 'VG110', message };
    expect(answers).toEqual(answers.map(() => ({ status: 401, body: { error } })));
  });

  it('is written down without what was secret, each refusal with its reason', async () => {
    const { post, lines } = createWebhookApp({ storefront: [entry()] });
    const forged = githubHeaders('release', body, { secret: 'guessed-guessed-guessed' });
    await post('/webhooks/github/storefront', body, forged);
    await post('/webhooks/github/nobody', body, forged);

    const refused = lines.filter(({ message }) => message === 'a webhook was refused');
    expect(refused.map(({ level, facts }) => ({ level, ...facts }))).toEqual([
      {
        level: 'warn',
        kind: 'github',
        service: 'storefront',
        reason: 'no secret fits: github-web',
      },
      {
        level: 'warn',
        kind: 'github',
        service: 'nobody',
        reason: 'no manifest has such a webhook',
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain(forged['x-hub-signature-256']?.slice(7));
  });

  it('is decided before anything of the body is looked at', async () => {
    const parse = vi.spyOn(JSON, 'parse');
    const { post, operations } = createWebhookApp({ storefront: [entry()] });
    await post('/webhooks/github/storefront', body, { ...headers, 'x-hub-signature-256': 'x' });
    expect(operations.calls).toEqual([]);
    const forged = githubHeaders('release', body, { secret: 'guessed-guessed-guessed' });
    await post('/webhooks/github/storefront', body, forged);

    expect(parse.mock.calls.filter(([text]) => text === body)).toEqual([]);
    parse.mockRestore();
  });

  it('may sign with either of two secrets, and with no third', async () => {
    const { post, secrets, started } = createWebhookApp({ storefront: [entry()] });
    secrets.set('github-web', newSecret, webhookSecret);
    const other = JSON.stringify(githubRelease({ tag_name: 'v2' }));
    const byNew = githubHeaders('release', other, { secret: newSecret });
    expect((await post('/webhooks/github', body, headers)).status).toBe(202);
    expect((await post('/webhooks/github', other, byNew)).status).toBe(202);
    secrets.set('github-web', newSecret);

    expect((await post('/webhooks/github', body, headers)).status).toBe(401);
    expect(started()).toHaveLength(2);
  });

  it('is asked to come again while the secret cannot be read', async () => {
    const { post, secrets } = createWebhookApp({ storefront: [entry()] });
    secrets.setDown(true);
    const answer = await post('/webhooks/github', body, headers);
    expect(answer).toMatchObject({
      status: 503,
      body: { error: { name: 'SecretUnavailableError' } },
    });
    secrets.setDown(false);

    expect((await post('/webhooks/github', body, headers)).status).toBe(202);
  });

  it('needs a kind that there is', async () => {
    const { post } = createWebhookApp({ storefront: [entry()] });
    for (const kind of ['gitea', '__proto__', 'constructor']) {
      expect((await post(`/webhooks/${kind}`, body, headers)).status).toBe(404);
    }
  });

  it('may send 256 KB, and is told when it is more', async () => {
    const { post } = createWebhookApp({ storefront: [entry()] });
    const long = (length: number) => 'x'.repeat(length);
    expect((await post('/webhooks/github', long(256 * 1024), headers)).status).toBe(401);

    expect((await post('/webhooks/github', long(256 * 1024 + 1), headers)).status).toBe(413);
  });
});

describe('a webhook to all services', () => {
  it('is for those whose manifest has its secret and its repository', async () => {
    const { post, secrets, asked } = createWebhookApp({
      storefront: [entry()],
      worker: [entry({ artifact: { uri: 's3://workers/{tag}.zip', version: '{tag}' } })],
      backoffice: [entry({ repository: 'acme/backoffice' })],
      stranger: [entry({ secret: 'stranger' })],
    });
    secrets.set('stranger', newSecret);
    const answer = await post('/webhooks/github', body, headers);

    expect(answer.body).toMatchObject({
      releases: [{ service: 'storefront' }, { service: 'worker' }],
      refused: [],
    });
    expect(asked().map(({ service }) => service)).toEqual(['storefront', 'worker']);
  });

  it('releases a service once, by the first entry that fits', async () => {
    const run = { event: 'workflow_run', artifact: { uri: '{sha}', version: '{sha}' } };
    const twice = [entry(run), entry(), entry({ tagPattern: 'v*' })];
    const { post, asked } = createWebhookApp({ storefront: twice });
    await post('/webhooks/github', body, headers);

    expect(asked()).toHaveLength(1);
  });

  it('starts what it can when another release is refused', async () => {
    const { post, operations } = createWebhookApp({ storefront: [entry()], worker: [entry()] });
    operations.failNext('startReleaseOnce', new VerdigrisError('ReleaseFrozenError', 'frozen'));

    expect(await post('/webhooks/github', body, headers)).toMatchObject({
      status: 202,
      body: {
        releases: [{ service: 'worker' }],
        refused: [{ service: 'storefront', error: { name: 'ReleaseFrozenError' } }],
      },
    });
  });
});

describe('a delivery that comes again', () => {
  it('starts nothing and gets the first answer, under whatever id GitHub calls it', async () => {
    const { post, asked } = createWebhookApp({ storefront: [entry()] });
    const first = await post('/webhooks/github', body, headers);
    const again = await post('/webhooks/github', body, headers);
    const replayed = await post('/webhooks/github', body, {
      ...headers,
      'x-github-delivery': '00000000-0000-0000-0000-000000000000',
    });

    expect([again, replayed]).toEqual([first, first]);
    expect(asked()).toHaveLength(1);
  });

  it('gets the refusal that the first one got, with its error', async () => {
    const { post, operations, asked } = createWebhookApp({ storefront: [entry()] });
    const inProgress = new VerdigrisError('ReleaseInProgressError', 'rel1 is running', {
      details: { releaseId: 'rel1' },
    });
    operations.failNext('startReleaseOnce', inProgress);
    const first = await post('/webhooks/github', body, headers);
    const again = await post('/webhooks/github', body, headers);

    expect(first).toEqual({
      status: 409,
      body: {
        error: {
          name: 'ReleaseInProgressError',
          code: 'VG201',
          message: 'rel1 is running',
          details: { releaseId: 'rel1' },
        },
      },
    });
    expect(again).toEqual(first);
    expect(asked()).toHaveLength(1);
  });

  it('is tried again after what may pass, or what somebody may mend', async () => {
    const { post, operations, asked } = createWebhookApp({ storefront: [entry()] });
    operations.failNext('startReleaseOnce', new VerdigrisError('EngineUnavailableError', 'down'));
    expect((await post('/webhooks/github', body, headers)).status).toBe(503);
    operations.failNext('startReleaseOnce', new VerdigrisError('ArtifactInvalidError', 'no file'));
    expect((await post('/webhooks/github', body, headers)).status).toBe(400);

    expect((await post('/webhooks/github', body, headers)).status).toBe(202);
    expect(asked()).toHaveLength(3);
  });

  it('is looked at again when nobody was for it, since a manifest may be by now', async () => {
    const { post, operations, started } = createWebhookApp({
      storefront: [entry({ tagPattern: 'release-*' })],
    });
    expect((await post('/webhooks/github', body, headers)).body).toMatchObject({ releases: [] });
    operations.webhooks.splice(0, 1, { service: 'storefront', config: entry() });
    await post('/webhooks/github', body, headers);

    expect(started()).toHaveLength(1);
  });

  it('starts one release, however many come at once, and all hear the same', async () => {
    const { post, started } = createWebhookApp({ storefront: [entry()] });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post('/webhooks/github', body, headers)),
    );

    expect(started()).toHaveLength(1);
    expect(answers).toEqual(answers.map(() => answers[0]));
  });

  it('does the work of one that was cut short, under the same release', async () => {
    const { post, ledger, started } = createWebhookApp({ storefront: [entry()] });
    const answerReceipt = ledger.answerReceipt;
    ledger.answerReceipt = async () => {
      throw new VerdigrisError('LedgerUnavailableError', 'cut');
    };
    expect((await post('/webhooks/github', body, headers)).status).toBe(503);
    ledger.answerReceipt = answerReceipt;

    expect((await post('/webhooks/github', body, headers)).status).toBe(202);
    expect(started()).toHaveLength(1);
  });

  it('with another secret is another delivery: nobody can take the answer away', async () => {
    const { post, secrets, started } = createWebhookApp({
      storefront: [entry()],
      stranger: [entry({ secret: 'stranger' })],
    });
    secrets.set('stranger', newSecret);
    await post('/webhooks/github', body, githubHeaders('release', body, { secret: newSecret }));
    await post('/webhooks/github', body, headers);

    expect(started()).toHaveLength(2);
  });
});
