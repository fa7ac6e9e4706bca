import { describe, expect, it } from 'vitest';
import { pagerDutyWebhook } from '../../../../lib/http/webhooks/kinds/pagerduty/receive.ts';
import { VerdigrisError } from '../../../../lib/release/errors.ts';
import { incidentKeyOf } from '../../../../lib/release/incident.ts';
import type { JsonObject } from '../../../../lib/release/json.ts';
import { fixtureTime } from '../../../support/fakes/operations.ts';
import { createWebhookApp, sign } from '../../../support/webhooks.ts';

const secret = 'pagerduty-webhook-secret';
const agent = {
  id: 'PLH1HKV',
  type: 'user_reference',
  summary: 'Ada Lovelace',
  html_url: 'https://acme.pagerduty.com/users/PLH1HKV',
};
const incident = {
  id: 'PGR0VU2',
  type: 'incident_reference',
  html_url: 'https://acme.pagerduty.com/incidents/PGR0VU2',
  summary: 'storefront v2 Held: p95 is 900 ms [rel1]',
};
const action = { id: '01CDYN0IRV4VG991K5FR73YNTW', type: 'action_reference', summary: 'Roll back' };

let count = 0;

/** docs/webhooks/01-Overview.md, "Webhook Payload". */
function eventOf(event_type: string, data: JsonObject, differs: JsonObject = {}): JsonObject {
  count += 1;
  const event = {
    id: `01BRB6ZP4M6T8ZG4X6BP63ZB${count}`,
    event_type,
    resource_type: 'incident',
    occurred_at: fixtureTime(-5),
    agent,
    client: { name: 'PagerDuty' },
    data,
    ...differs,
  };
  return { event };
}

const acknowledged = (differs: JsonObject = {}) =>
  eventOf('incident.acknowledged', {
    ...incident,
    type: 'incident',
    title: incident.summary,
    incident_key: incidentKeyOf('rel1'),
    ...differs,
  });

function invoked(differs: JsonObject = {}, told: JsonObject = {}): JsonObject {
  const data = { incident, action, state: 'created', type: 'incident_action_invocation' };
  return eventOf('incident.action_invocation.created', { ...data, ...differs }, told);
}

function prepare(role: 'releaser' | 'operator' | 'viewer' = 'operator') {
  const actions = { [action.id]: 'rollback', '01CONTINUE': 'continue' };
  const intake = createWebhookApp(
    { storefront: [{ kind: 'pagerduty', secret: 'pagerduty', actions }] },
    { grants: { 'pagerduty:PLH1HKV': [{ role, services: '*' }] } },
  );
  intake.secrets.set('pagerduty', 'another-webhook-secret', secret);
  const signed = (body: string, key = secret) => `v1=${sign(key, body)}`;
  const send = (message: JsonObject, header?: string) => {
    const body = JSON.stringify(message);
    return intake.post('/webhooks/pagerduty', body, {
      'content-type': 'application/json',
      'x-pagerduty-signature': header ?? signed(body),
      'x-webhook-id': 'not-signed',
    });
  };
  const told = async (message: JsonObject) => (await send(message)).body;
  const calls = (name: string) => intake.operations.calls.filter(([called]) => called === name);
  return { send, told, signed, calls, ...intake };
}

describe('what people do in PagerDuty', () => {
  it('is in the timeline: who looks after it', async () => {
    const { told, calls } = prepare();
    expect(await told(acknowledged())).toEqual({ noted: 'incident.acknowledged' });

    expect(calls('noteIncident')).toMatchObject([
      [
        'noteIncident',
        'rel1',
        {
          type: 'Page Acknowledged',
          by: 'pagerduty:PLH1HKV',
          at: fixtureTime(-5),
          summary: 'Ada Lovelace looks after it',
          url: incident.html_url,
        },
      ],
    ]);
  });

  it('is in the timeline: what they note', async () => {
    const { told, calls } = prepare();
    const note = { incident, id: 'P2LA89X', content: 'the\ndatabase', type: 'incident_note' };
    await told(eventOf('incident.annotated', note));

    expect(calls('noteIncident')).toMatchObject([
      ['noteIncident', 'rel1', { type: 'Page Noted', summary: 'Ada Lovelace: the database' }],
    ]);
  });

  it('is found by the title where PagerDuty does not tell the key', async () => {
    const { told, calls } = prepare();
    await told(acknowledged({ incident_key: null }));
    expect(calls('noteIncident')).toHaveLength(1);
  });

  it.each([
    ['an incident of others', acknowledged({ incident_key: 'x', title: 'disk full' })],
    ['a release that is not there', acknowledged({ incident_key: incidentKeyOf('rel9') })],
    ['another event', eventOf('incident.escalated', { ...incident, title: incident.summary })],
    ['a test of the subscription', eventOf('pagey.ping', { message: 'Hello' }, { agent: null })],
  ])('is of no interest where it is %s', async (_, message) => {
    const { send, calls } = prepare();
    const answer = await send(message);

    expect(answer).toMatchObject({ status: 200, body: { ignored: expect.any(String) } });
    expect(calls('noteIncident')).toEqual([]);
  });

  it('is written down once, however often it comes', async () => {
    const { send, calls } = prepare();
    const message = acknowledged();
    const answers = [await send(message), await send(message)];
    expect(answers.map(({ body }) => body)).toEqual([
      { noted: 'incident.acknowledged' },
      { noted: 'incident.acknowledged' },
    ]);
    expect(calls('noteIncident')).toHaveLength(1);
  });
});

describe('an automation action of PagerDuty', () => {
  it('rolls back in the name of whoever started it', async () => {
    const { told, calls } = prepare('releaser');
    expect(await told(invoked())).toEqual({ done: 'rollback', releaseId: 'rel1' });
    expect(calls('rollback')).toEqual([
      ['rollback', 'rel1', 'pagerduty:PLH1HKV', 'Roll back, by Ada Lovelace in PagerDuty'],
    ]);
  });

  it('ends a hold', async () => {
    const { told, calls } = prepare();
    await told(invoked({ action: { id: '01CONTINUE', summary: 'Go on' } }));
    expect(calls('resume')).toMatchObject([
      ['resume', 'rel1', 'continue', 'pagerduty:PLH1HKV', 'Go on, by Ada Lovelace in PagerDuty'],
    ]);
  });

  it.each([
    ['a viewer', 'viewer', invoked()],
    ['a releaser that ends a hold', 'releaser', invoked({ action: { id: '01CONTINUE' } })],
    ['nobody', 'operator', invoked({}, { agent: null })],
    ['a stranger', 'operator', invoked({}, { agent: { id: 'PSTRANGER' } })],
  ] as const)('does nothing for %s, and the timeline says so', async (_, role, message) => {
    const { told, calls, lines } = prepare(role);
    expect(await told(message)).toMatchObject({ refused: expect.stringContaining('no rule') });

    expect([...calls('rollback'), ...calls('resume')]).toEqual([]);
    expect(calls('noteIncident')).toMatchObject([
      ['noteIncident', 'rel1', { summary: expect.stringContaining('did nothing') }],
    ]);
    expect(lines.some(({ level }) => level === 'warn')).toBe(true);
  });

  it('does nothing where nobody has set it to something', async () => {
    const { told, calls } = prepare();
    expect(await told(invoked({ action: { id: 'toString', summary: 'x' } }))).toMatchObject({
      ignored: 'an action of others',
    });
    expect(calls('rollback')).toEqual([]);
  });

  it('is not sent again for what cannot be done', async () => {
    const { send, operations } = prepare();
    operations.failNext('rollback', new VerdigrisError('NothingToRollBackError', 'it has ended'));
    const answer = await send(invoked());
    expect(answer).toEqual({ status: 200, body: { refused: 'it has ended' } });
  });

  it('is sent again for what can be done later', async () => {
    const { send, operations, calls } = prepare();
    const message = invoked();
    operations.failNext('rollback', new VerdigrisError('LedgerUnavailableError', 'away'));
    expect((await send(message)).status).toBe(503);
    expect((await send(message)).status).toBe(200);
    expect(calls('rollback')).toHaveLength(2);
  });
});

describe("PagerDuty's signature", () => {
  it('is one of those of a rotation', async () => {
    const { send, signed } = prepare();
    const message = acknowledged();
    const other = `v1=${'0'.repeat(64)}`;
    expect((await send(message, `${other}, ${signed(JSON.stringify(message))}`)).status).toBe(200);
  });

  it.each([
    [
      'of another secret',
      (body: string, signed: (body: string, key: string) => string) => signed(body, 'x'),
    ],
    ['of another body', (body: string, signed: (body: string) => string) => signed(`${body} `)],
    [
      'of another version',
      (body: string, signed: (body: string) => string) => signed(body).replace('v1', 'v0'),
    ],
    ['that is missing', () => ''],
    ['that is short', () => 'v1=ab'],
    [
      'among too many',
      (body: string, signed: (body: string) => string) =>
        `${`v1=${'0'.repeat(64)},`.repeat(50)}${signed(body)}`,
    ],
  ])('does not count when it is one %s', async (_, make) => {
    const { send, signed, calls } = prepare();
    const message = acknowledged();
    expect((await send(message, make(JSON.stringify(message), signed))).status).toBe(401);
    expect(calls('noteIncident')).toEqual([]);
  });

  it('is of no use for something of last week', async () => {
    const { send, calls } = prepare();
    const message = invoked({}, { occurred_at: fixtureTime(-50 * 3600) });
    expect((await send(message)).status).toBe(400);
    expect(calls('rollback')).toEqual([]);
  });

  it('moves nothing when it comes long after somebody pressed it, and says so', async () => {
    const { told, calls } = prepare();
    const late = invoked({}, { occurred_at: fixtureTime(-3600) });
    expect(await told(late)).toMatchObject({ refused: expect.stringContaining('too long ago') });
    expect(calls('rollback')).toEqual([]);
    expect(calls('noteIncident')).toMatchObject([
      ['noteIncident', 'rel1', { summary: expect.stringContaining('did nothing') }],
    ]);
  });

  it('takes secrets one after the other', () => {
    const body = new TextEncoder().encode('{}');
    const hex = sign('b', '{}');
    const header = () => `v1=${hex}`;
    const request = { header, query: () => undefined, body, nowMs: 0 };
    expect(['a', 'b', 'c'].map((key) => pagerDutyWebhook.isSignedWith(request, key))).toEqual([
      false,
      true,
      false,
    ]);
  });
});
