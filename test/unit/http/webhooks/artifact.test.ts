import { describe, expect, it } from 'vitest';
import type { WebhookConfig } from '../../../../lib/release/webhook.ts';
import { artifactHeaders, createWebhookApp } from '../../../support/webhooks.ts';

const entry: WebhookConfig = { kind: 'artifact', secret: 'ci' };
const artifact = { uri: 's3://builds/storefront/v2.zip', version: 'v2' };
const body = JSON.stringify({ service: 'storefront', artifact });
const minute = 60_000;

describe('an artifact that its sender signs', () => {
  it('is released under the name of the secret', async () => {
    const { post, asked } = createWebhookApp({ storefront: [entry] });
    const answer = await post('/webhooks/artifact', body, artifactHeaders(body));

    expect(answer.status).toBe(202);
    expect(asked()).toEqual([{ service: 'storefront', artifact, by: 'artifact:ci' }]);
  });

  it.each([
    ['5 minutes old', -5 * minute, 202],
    ['older', -5 * minute - 1000, 401],
    ['5 minutes ahead', 5 * minute, 202],
    ['further ahead', 5 * minute + 1000, 401],
  ])('counts while its time is near: %s', async (_what, offset, status) => {
    const { post, clock, started } = createWebhookApp({ storefront: [entry] });
    const at = new Date(clock.now() + offset).toISOString();
    const answer = await post('/webhooks/artifact', body, artifactHeaders(body, { at }));

    expect(answer.status).toBe(status);
    expect(started()).toHaveLength(status === 202 ? 1 : 0);
  });

  it('is refused when the same signature comes again, as long as it could count', async () => {
    const { post, clock, started } = createWebhookApp({ storefront: [entry] });
    const at = new Date(clock.now() + 5 * minute).toISOString();
    const headers = artifactHeaders(body, { at });
    await post('/webhooks/artifact', body, headers);
    await clock.advance(10 * minute - 1000);
    const again = await post('/webhooks/artifact/storefront', body, headers);

    expect(again).toMatchObject({
      status: 409,
      body: { error: { name: 'DeliveryReplayedError' } },
    });
    await clock.advance(2000);
    expect((await post('/webhooks/artifact', body, headers)).status).toBe(401);
    expect(started()).toHaveLength(1);
  });

  it('gets the first answer when the same delivery is signed anew', async () => {
    const { post, clock, started } = createWebhookApp({ storefront: [entry] });
    const first = await post('/webhooks/artifact', body, artifactHeaders(body));
    await clock.advance(minute);
    const at = new Date(clock.now()).toISOString();
    const second = await post('/webhooks/artifact', body, artifactHeaders(body, { at }));

    expect(second).toEqual(first);
    expect(started()).toHaveLength(1);
  });

  it.each([
    ['another body', {}, body.replace('v2.zip', 'v3.zip')],
    ['another time', { 'x-verdigris-timestamp': '1772366401' }, body],
    ['another delivery', { 'x-verdigris-delivery': 'run-2' }, body],
    ['no delivery', { 'x-verdigris-delivery': '' }, body],
    ['a delivery with a dot', { 'x-verdigris-delivery': 'run.1' }, body],
    ['a time in milliseconds', { 'x-verdigris-timestamp': '1772366400000' }, body],
    ['a time that is no number', { 'x-verdigris-timestamp': '0x69A42F40' }, body],
    ['an unknown scheme', { 'x-verdigris-signature': 'v2=00' }, body],
  ])('is refused with %s', async (_what, change, sent) => {
    const { post, started } = createWebhookApp({ storefront: [entry] });
    const answer = await post('/webhooks/artifact', sent, { ...artifactHeaders(body), ...change });

    expect(answer.status).toBe(401);
    expect(started()).toEqual([]);
  });

  it('is for no service whose manifest does not name that secret', async () => {
    const { post, started } = createWebhookApp({
      storefront: [{ ...entry, secret: 'other' }],
      backoffice: [entry],
    });
    const intake = createWebhookApp({ backoffice: [entry] });
    const answer = await intake.post('/webhooks/artifact', body, artifactHeaders(body));
    expect(answer.body).toMatchObject({ releases: [], reason: 'backoffice: is not storefront' });
    const narrow = await post('/webhooks/artifact/backoffice', body, artifactHeaders(body));

    expect(narrow.body).toMatchObject({ releases: [] });
    expect([...started(), ...intake.started()]).toEqual([]);
  });

  it.each([
    ['s3://builds/storefront/v2.zip', true],
    ['s3://builds/backoffice/v2.zip', false],
    ['s3://builds/storefront/../backoffice/v2.zip', false],
    ['s3://builds/storefront/%2E%2e/backoffice/v2.zip', false],
    ['s3://builds/storefront/x%2f..%2fbackoffice/v2.zip', false],
    ['s3://builds/storefront/..v2.zip', true],
  ])('lies where the manifest says: %s', async (uri, isReleased) => {
    const config = { ...entry, uriPrefix: 's3://builds/storefront/' };
    const { post, started } = createWebhookApp({ storefront: [config] });
    const text = JSON.stringify({ service: 'storefront', artifact: { ...artifact, uri } });
    await post('/webhooks/artifact', text, artifactHeaders(text));

    expect(started()).toHaveLength(isReleased ? 1 : 0);
  });

  it('is told what is wrong with it once it is believed', async () => {
    const { post } = createWebhookApp({ storefront: [entry] });
    const text = JSON.stringify({ service: 'storefront', artefact: artifact });

    expect(await post('/webhooks/artifact', text, artifactHeaders(text))).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('did you mean "artifact"?') } },
    });
  });
});
