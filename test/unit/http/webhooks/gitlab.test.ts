import { describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../../../lib/release/errors.ts';
import type { WebhookConfig } from '../../../../lib/release/webhook.ts';
import { createWebhookApp, webhookSecret } from '../../../support/webhooks.ts';
import { gitlabPipeline, gitlabRelease, gitlabTag, sha } from './payloads.ts';

const entry = (event: string, change: object = {}): WebhookConfig => ({
  kind: 'gitlab',
  secret: 'gitlab-web',
  repository: 'acme/web/storefront',
  event,
  artifact: { uri: 's3://builds/{sha}.zip', version: '{shortSha}' },
  ...change,
});

const headers = (change: Record<string, string> = {}) => ({
  'content-type': 'application/json',
  'x-gitlab-token': webhookSecret,
  'x-gitlab-event-uuid': '13792a34-cac6-4fda-95a8-c58e00a3954e',
  'idempotency-key': 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f',
  ...change,
});

async function deliver(config: WebhookConfig, payload: object) {
  const intake = createWebhookApp({ storefront: [config] });
  const answer = await intake.post('/webhooks/gitlab', JSON.stringify(payload), headers());
  return { ...intake, answer, request: intake.asked()[0] };
}

describe('GitLab', () => {
  it.each([
    ['a release', 'release', gitlabRelease(), 'gitlab:somebody'],
    ['a tag', 'tag_push', gitlabTag(), 'gitlab:jsmith'],
    ['a pipeline', 'pipeline', gitlabPipeline(), 'gitlab:root'],
  ])('has %s released', async (_what, event, payload, by) => {
    const { answer, request } = await deliver(entry(event), payload);

    expect(answer.status).toBe(202);
    expect(request).toEqual({
      service: 'storefront',
      artifact: { uri: `s3://builds/${sha}.zip`, version: 'da156088' },
      by,
    });
  });

  it.each([
    ['a release that was changed', 'release', gitlabRelease({ action: 'update' }), /update: only/],
    ['a tag that was deleted', 'tag_push', gitlabTag({ checkout_sha: null }), /was deleted/],
    ['a pipeline that failed', 'pipeline', gitlabPipeline({ status: 'failed' }), /is failed/],
    ['a running one', 'pipeline', gitlabPipeline({ status: 'running' }), /is running/],
    ['one of a tag', 'pipeline', gitlabPipeline({ tag: true, ref: 'main' }), /of a tag/],
    [
      'one of a merge request',
      'pipeline',
      gitlabPipeline({ source: 'merge_request_event' }),
      /merge_request_event, not of a branch/,
    ],
    ['one of another branch', 'pipeline', gitlabPipeline({ ref: 'try' }), /is for branch main/],
    ['another event', 'release', gitlabTag(), /is for event release/],
    ['an unknown event', 'release', { object_kind: 'wiki_page' }, /"wiki_page" starts nothing/],
  ])('has %s start nothing', async (_what, event, payload, reason) => {
    const { answer, started } = await deliver(entry(event), payload);

    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ releases: [], reason: expect.stringMatching(reason) });
    expect(started()).toEqual([]);
  });

  it.each(['', `${webhookSecret} `, webhookSecret.slice(1), webhookSecret.toUpperCase()])(
    'is not believed with the token %j',
    async (token) => {
      const { post, started } = createWebhookApp({ storefront: [entry('release')] });
      const body = JSON.stringify(gitlabRelease());
      const answer = await post('/webhooks/gitlab', body, headers({ 'x-gitlab-token': token }));

      // A header's value has no blank at its end (RFC 9110, 5.5).
      expect(answer.status).toBe(token === `${webhookSecret} ` ? 202 : 401);
      expect(started()).toHaveLength(answer.status === 202 ? 1 : 0);
    },
  );

  it('is told of a refused release with 202: four times 4xx, and it turns the webhook off', async () => {
    const { post, operations } = createWebhookApp({ storefront: [entry('release')] });
    const frozen = new VerdigrisError('ReleaseFrozenError', 'frozen: Black Friday');
    operations.failNext('startReleaseOnce', frozen);
    const answer = await post('/webhooks/gitlab', JSON.stringify(gitlabRelease()), headers());

    expect(answer).toMatchObject({
      status: 202,
      body: { releases: [], refused: [{ service: 'storefront', error: { code: 'VG202' } }] },
    });
  });

  it('sends a delivery again under its idempotency key, and another one under another', async () => {
    const { post, started } = createWebhookApp({ storefront: [entry('tag_push')] });
    const body = JSON.stringify(gitlabTag());
    await post('/webhooks/gitlab', body, headers());
    await post('/webhooks/gitlab', body, headers({ 'x-gitlab-event-uuid': 'another' }));
    expect(started()).toHaveLength(1);
    // The same tag again, after it was deleted: the body tells no time.
    await post('/webhooks/gitlab', body, headers({ 'idempotency-key': 'another' }));

    expect(started()).toHaveLength(2);
  });
});
