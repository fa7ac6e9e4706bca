import { describe, expect, it } from 'vitest';
import type { WebhookConfig } from '../../../../lib/release/webhook.ts';
import { createWebhookApp, webhookSecret } from '../../../support/webhooks.ts';
import { digest, dockerhubPush, harborCloudEvent, harborPush } from './payloads.ts';

const dockerhub: WebhookConfig = {
  kind: 'dockerhub',
  secret: 'hub',
  repository: 'acme/storefront',
  tagPattern: '1.*',
  artifact: { uri: 'docker.io/{repository}:{tag}', version: '{tag}' },
};

const harbor: WebhookConfig = {
  kind: 'harbor',
  secret: 'harbor',
  repository: 'acme/storefront',
  tagPattern: '1.*',
  artifact: { uri: 'hub.example.com/{repository}@{digest}', version: '{tag}', digest: '{digest}' },
};

describe('Docker Hub', () => {
  const post = async (payload: unknown, query = `?key=${webhookSecret}`) => {
    const intake = createWebhookApp({ storefront: [dockerhub] });
    const path = `/webhooks/dockerhub/storefront${query}`;
    const answer = await intake.post(path, JSON.stringify(payload));
    return { ...intake, answer, path };
  };

  it('has a push released', async () => {
    const { asked } = await post(dockerhubPush());

    expect(asked()).toEqual([
      {
        service: 'storefront',
        artifact: { uri: 'docker.io/acme/storefront:1.4.0', version: '1.4.0' },
        by: 'dockerhub:trustedbuilder',
      },
    ]);
  });

  it.each(['', '?key=', `?key=${webhookSecret}x`, `?Key=${webhookSecret}`, '?key=a&key=b'])(
    'is not believed with the query %j',
    async (query) => {
      const { answer, started } = await post(dockerhubPush(), query);

      expect(answer.status).toBe(401);
      expect(started()).toEqual([]);
    },
  );

  it('leaves no key in the log', async () => {
    const { lines } = await post(dockerhubPush());
    const { lines: refused } = await post(dockerhubPush(), '?key=guessed-guessed-guessed');

    expect(lines.length + refused.length).toBeGreaterThan(1);
    expect(JSON.stringify([lines, refused])).not.toMatch(/guessed|0123456789abcdef/);
  });

  it.each([
    ['no push', { repository: dockerhubPush().repository }],
    ['no callback', { ...dockerhubPush(), callback_url: undefined }],
    ['a tag that is none', dockerhubPush({ tag: { $ne: 1 } })],
    ['a list', [dockerhubPush()]],
  ])('is refused when what it sends has %s', async (_what, payload) => {
    const { answer, started } = await post(payload);

    expect(answer.status).toBe(400);
    expect(started()).toEqual([]);
  });

  it('starts nothing for another repository or tag', async () => {
    const { answer } = await post(dockerhubPush({ tag: 'latest' }));
    const elsewhere = dockerhubPush();
    elsewhere.repository.repo_name = 'eve/storefront';
    const { answer: other } = await post(elsewhere);

    expect(answer.body).toMatchObject({ reason: 'storefront: is for tags like 1.*' });
    expect(other.body).toMatchObject({ reason: 'storefront: is for acme/storefront' });
  });
});

describe('Harbor', () => {
  const post = async (payload: unknown, authorization = webhookSecret) => {
    const intake = createWebhookApp({ storefront: [harbor] });
    const headers = { authorization };
    const answer = await intake.post('/webhooks/harbor', JSON.stringify(payload), headers);
    return { ...intake, answer };
  };

  it.each([
    ['Default', harborPush(), webhookSecret],
    ['CloudEvents', harborCloudEvent(), `Bearer ${webhookSecret}`],
  ])('has a push in the format %s released by its digest', async (_format, payload, header) => {
    const { asked } = await post(payload, header);

    expect(asked()).toEqual([
      {
        service: 'storefront',
        artifact: {
          uri: `hub.example.com/acme/storefront@${digest}`,
          version: '1.4.0',
          digest,
        },
        by: 'harbor:robot-ci',
      },
    ]);
  });

  it.each([
    ['a pull', { ...harborPush(), type: 'PULL_ARTIFACT' }, /"PULL_ARTIFACT" starts nothing/],
    ['a push without a tag', harborPush(digest), /is for tags like/],
    ['an empty tag', harborCloudEvent(''), /is for tags like/],
    ['another tag', harborPush('latest'), /is for tags like/],
  ])('has %s start nothing', async (_what, payload, reason) => {
    const { answer } = await post(payload);

    expect(answer.body).toMatchObject({ releases: [], reason: expect.stringMatching(reason) });
  });

  it.each(['', 'Bearer ', 'Basic dXNlcjpwYXNz', `Token ${webhookSecret}`])(
    'is not believed with the header %j',
    async (header) => {
      expect((await post(harborPush(), header)).answer.status).toBe(401);
    },
  );
});
