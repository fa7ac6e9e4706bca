import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../lib/release/json.ts';
import { createWebhookApp, sign } from '../../../support/webhooks.ts';

const secret = 'alerting-secret-0123';

const alert = (differs: JsonObject = {}): JsonObject => ({
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service: 'storefront' },
  annotations: { summary: '9 % of 240 requests fail' },
  startsAt: '2026-03-01T11:59:30.739266876+02:00',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example:9090/graph',
  fingerprint: '1a30ba71cca2921f',
  ...differs,
});

/** prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const message = (alerts: JsonObject[], differs: JsonObject = {}): JsonObject => ({
  version: '4',
  groupKey: '{}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'verdigris',
  groupLabels: { alertname: 'HighErrorRate' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager.example:9093',
  alerts,
  ...differs,
});

function prepare() {
  const intake = createWebhookApp({
    storefront: [
      { kind: 'alertmanager', secret: 'alerts' },
      { kind: 'grafana', secret: 'alerts' },
    ],
    billing: [{ kind: 'alertmanager', secret: 'others' }],
  });
  intake.secrets.set('alerts', secret, 'the-one-before-it-9');
  const send = (kind: string, body: JsonObject | string, headers: Record<string, string>) =>
    intake.post(
      `/webhooks/${kind}`,
      typeof body === 'string' ? body : JSON.stringify(body),
      headers,
    );
  const reports = () =>
    intake.operations.calls.filter(([name]) => name === 'reportAlerts').map(([, report]) => report);
  return { send, reports, ...intake };
}

const bearer = (given = secret) => ({ authorization: `Bearer ${given}` });
const basic = (given: string) => ({
  authorization: `Basic ${Buffer.from(given).toString('base64')}`,
});

describe('a message of Alertmanager', () => {
  it('tells of every alert in it, for the services that have its secret', async () => {
    const { send, reports } = prepare();
    const over = alert({ status: 'resolved', endsAt: '2026-03-01T10:05:00Z' });
    expect((await send('alertmanager', message([alert(), over]), bearer())).status).toBe(200);

    expect(reports()).toEqual([
      {
        source: 'alertmanager',
        services: ['storefront'],
        alerts: [
          {
            state: 'firing',
            labels: { alertname: 'HighErrorRate', service: 'storefront' },
            annotations: { summary: '9 % of 240 requests fail' },
            startsAt: '2026-03-01T11:59:30.739266876+02:00',
            endsAt: null,
          },
          expect.objectContaining({ state: 'resolved', endsAt: '2026-03-01T10:05:00Z' }),
        ],
      },
    ]);
  });

  it.each([
    ['a bearer token', bearer()],
    ['the secret before', bearer('the-one-before-it-9')],
    ['a password', basic(`verdigris:${secret}`)],
    ['a password without a name', basic(`:${secret}`)],
  ])('counts with %s', async (_, headers) => {
    const { send, reports } = prepare();
    expect((await send('alertmanager', message([alert()]), headers)).status).toBe(200);
    expect(reports()).toHaveLength(1);
  });

  it.each([
    ['nothing', {}],
    ['another secret', bearer('guessed-secret-000')],
    ['a part of it', bearer(secret.slice(0, -1))],
    ['the secret as a name', basic(`${secret}:`)],
    ['the secret alone', basic(secret)],
    ['another scheme', { authorization: `Digest ${secret}` }],
    ['an empty token', { authorization: 'Bearer ' }],
  ])('does not count with %s', async (_, headers) => {
    const { send, reports, lines } = prepare();
    const answer = await send(
      'alertmanager',
      message([alert()]),
      headers as Record<string, string>,
    );
    expect(answer.status).toBe(401);
    expect(reports()).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain(secret);
  });

  it('ends nothing where some of its alerts were left out', async () => {
    const { send, reports } = prepare();
    const over = alert({ status: 'resolved', endsAt: '2026-03-01T10:05:00Z' });
    await send('alertmanager', message([over, alert()], { truncatedAlerts: 7 }), bearer());
    expect(reports()).toMatchObject([{ alerts: [{ state: 'firing' }] }]);
  });

  it.each([
    ['no JSON', '{'],
    ['bytes that are no text', '\ud800{}'],
    ['no alerts', message([], { alerts: null })],
    ['an alert without a time', message([alert({ startsAt: 'soon' })])],
    ['labels that are no texts', message([alert({ labels: { alertname: 1 } })])],
    ['a state that is none', message([alert({ status: 'pending' })])],
    ['a prototype', '{"status":"firing","alerts":[],"__proto__":{"a":1}}'],
    ['depth', `{"status":"firing","alerts":[],"a":${'['.repeat(100)}${']'.repeat(100)}}`],
  ])('is of no use with %s', async (_, body) => {
    const { send, reports } = prepare();
    expect((await send('alertmanager', body, bearer())).status).toBe(400);
    expect(reports()).toEqual([]);
  });

  it('gets an answer, whatever is in it', async () => {
    const { send, lines } = prepare();
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4 }), async (body) => {
        expect((await send('alertmanager', body, bearer())).status).toBe(400);
      }),
      { numRuns: 300 },
    );
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a message of Grafana', () => {
  const sent = JSON.stringify(message([alert()], { version: '1', orgId: 1, title: '[FIRING:1]' }));
  const hmac = (text: string, key = secret) => sign(key, text);
  const timed = (seconds: number) => ({
    'x-grafana-alerting-signature': hmac(`${seconds}:${sent}`),
    'x-grafana-alerting-timestamp': `${seconds}`,
  });

  it.each([
    ['its signature', () => ({ 'x-grafana-alerting-signature': hmac(sent) })],
    ['the header of its first versions', () => ({ 'x-grafana-alert-signature': hmac(sent) })],
    ['a time in its signature', timed],
    ['a bearer token', () => bearer()],
    ['a password', () => basic(`grafana:${secret}`)],
  ])('counts with %s', async (_, make) => {
    const { send, reports, clock } = prepare();
    expect((await send('grafana', sent, make(Math.floor(clock.now() / 1000)))).status).toBe(200);
    expect(reports()).toMatchObject([{ source: 'grafana', alerts: [{ state: 'firing' }] }]);
  });

  it.each([
    [
      'a signature with another secret',
      () => ({ 'x-grafana-alerting-signature': hmac(sent, 'x') }),
    ],
    ['a signature of another body', () => ({ 'x-grafana-alerting-signature': hmac(`${sent} `) })],
    ['an old signature', (now: number) => timed(now - 301)],
    ['a time taken away', (now: number) => ({ ...timed(now), 'x-grafana-alerting-timestamp': '' })],
    [
      'another time',
      (now: number) => ({ ...timed(now - 400), 'x-grafana-alerting-timestamp': `${now}` }),
    ],
    ['nothing', () => ({})],
  ])('does not count with %s', async (_, make) => {
    const { send, reports, clock } = prepare();
    const headers = Object.entries(make(Math.floor(clock.now() / 1000))).filter(
      ([, value]) => value,
    );
    expect(
      (await send('grafana', sent, Object.fromEntries(headers) as Record<string, string>)).status,
    ).toBe(401);
    expect(reports()).toEqual([]);
  });
});
