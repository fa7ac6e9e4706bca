import { describe, expect, it } from 'vitest';
import { slackWebhook } from '../../../../lib/http/webhooks/kinds/slack/receive.ts';
import { actionIds, blockIds } from '../../../../lib/notifiers/slack-message.ts';
import { VerdigrisError } from '../../../../lib/release/errors.ts';
import type { JsonObject } from '../../../../lib/release/json.ts';
import { fixtureTime } from '../../../support/fakes/operations.ts';
import { createFakeSlack } from '../../../support/fakes/slack.ts';
import { createWebhookApp, sign } from '../../../support/webhooks.ts';

const secret = 'slack-signing-secret-1';
const responseUrl = 'https://hooks.slack.com/actions/T1/2/3';

/** docs.slack.dev/authentication/verifying-requests-from-slack: its own example. */
const documented = {
  secret: '8f742231b10e8888abcd99yyyzzz85a5',
  seconds: '1531420618',
  signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  body:
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow' +
    '&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner' +
    '&command=%2Fwebhook-collect&text=' +
    '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
    '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
};

function pressed(differs: JsonObject = {}, decision: 'approve' | 'reject' = 'approve'): JsonObject {
  const value = JSON.stringify({ releaseId: 'rel1', expiresAt: fixtureTime(7200) });
  return {
    type: 'block_actions',
    user: { id: 'U024BE7LH', username: 'ada', team_id: 'T1' },
    response_url: responseUrl,
    container: { type: 'message', message_ts: '1767323045.000002', channel_id: 'C024BE91L' },
    message: {
      text: 'storefront v2 Approval Requested',
      blocks: [
        { type: 'section', block_id: 'x1', text: { type: 'mrkdwn', text: 'storefront v2' } },
        { type: 'actions', block_id: blockIds.buttons, elements: [] },
      ],
    },
    actions: [{ type: 'button', action_id: actionIds[decision], block_id: 'b', value }],
    ...differs,
  };
}

function prepare({
  grants = [{ role: 'approver', services: '*' }] as const,
  service = 'storefront',
} = {}) {
  const slack = createFakeSlack();
  const intake = createWebhookApp(
    { [service]: [{ kind: 'slack', secret: 'slack-signing' }] },
    { grants: { 'slack:U024BE7LH': grants }, fetch: slack.fetch },
  );
  intake.secrets.set('slack-signing', 'slack-signing-secret-2', secret);
  const send = (payload: unknown, { key = secret, agoSeconds = 0, headers = {} } = {}) => {
    const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
    const seconds = Math.floor(intake.clock.now() / 1000) - agoSeconds;
    return intake.post('/webhooks/slack', body, {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(seconds),
      'x-slack-signature': `v0=${sign(key, `v0:${seconds}:${body}`)}`,
      ...headers,
    });
  };
  const said = async (payload: unknown) => (await send(payload)).body.text;
  return { send, said, slack, ...intake };
}

describe('a button that is pressed in Slack', () => {
  it.each(['approve', 'reject'] as const)(
    'decides in the name of whoever pressed: %s',
    async (it) => {
      const { send, operations } = prepare();
      const answer = await send(pressed({}, it));

      expect(answer.status).toBe(200);
      expect(operations.calls).toContainEqual([it, 'rel1', 'slack:U024BE7LH', 'as ada in Slack']);
    },
  );

  it('is answered to whoever pressed, and shows in the question how far it is', async () => {
    const { send, slack } = prepare();
    await send(pressed());

    const [question, ephemeral] = slack.responses.map(({ body }) => body);
    expect(slack.responses.every(({ url }) => url === responseUrl)).toBe(true);
    expect(ephemeral).toMatchObject({ response_type: 'ephemeral', replace_original: false });
    expect(ephemeral?.text).toBe('Your yes counts: 1 of 2. rel1 needs 1 more.');
    expect(question).toMatchObject({ replace_original: true });
    expect(JSON.stringify(question)).toContain('1 of 2 · :white_check_mark: <@U024BE7LH>');
    expect(JSON.stringify(question)).toContain(blockIds.buttons);
  });

  it('takes the buttons away when that was all', async () => {
    const { send, slack, operations } = prepare();
    Object.assign(operations.approval, { state: 'approved', requiredCount: 1 });
    await send(pressed());

    const question = JSON.stringify(slack.responses[0]?.body);
    expect(question).not.toContain(blockIds.buttons);
    expect(question).toContain('storefront v2');
    expect(slack.responses[1]?.body.text).toContain('rel1 is approved (1 of 1)');
  });

  it('does nothing for somebody whom no rule lets, and says which one would', async () => {
    const { said, operations, lines } = prepare();
    const user = { id: 'U0STRANGER', username: 'U024BE7LH' };

    expect(await said(pressed({ user }))).toMatch(
      /may not decide about storefront.*slack:U0STRANGER/,
    );
    expect(operations.calls.filter(([name]) => name === 'approve')).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });

  it.each([
    ['another role', [{ role: 'releaser', services: '*' }]],
    ['other services', [{ role: 'approver', services: ['billing'] }]],
  ] as const)('does nothing for somebody with %s', async (_, grants) => {
    const { said, operations } = prepare({ grants: grants as never });

    expect(await said(pressed())).toContain('may not decide');
    expect(operations.calls.filter(([name]) => name === 'approve')).toEqual([]);
  });

  it('does nothing about a service whose manifest does not name the app', async () => {
    const { said, operations } = prepare({ service: 'billing' });

    expect(await said(pressed())).toContain('does not name this Slack app');
    expect(operations.calls.filter(([name]) => name === 'approve')).toEqual([]);
  });

  it('does nothing for a question of long ago', async () => {
    const { said, clock, operations } = prepare();
    await clock.advance(7_200_001);

    expect(await said(pressed())).toContain('expired');
    expect(operations.calls.filter(([name]) => name === 'approve')).toEqual([]);
  });

  it.each([
    ['SeparateDutiesError', 'whoever asked may not approve', /whoever asked/],
    ['ApprovalClosedError', 'rel1 does not wait for an approval (watching)', /does not wait/],
    ['ReleaseStateError', 'slack:U024BE7LH has decided already (reject)', /decided already/],
    ['LedgerUnavailableError', 'no route to host 10.0.0.7', /Press again in a moment/],
  ] as const)('says why it did nothing: %s', async (name, message, words) => {
    const { said, operations, slack } = prepare();
    operations.failNext('approve', new VerdigrisError(name, message));

    expect(await said(pressed())).toMatch(words);
    expect(slack.responses).toHaveLength(1);
  });

  it('says so when there is no such release', async () => {
    const { said } = prepare();
    const value = JSON.stringify({ releaseId: 'rel9', expiresAt: fixtureTime(7200) });
    const actions = [{ action_id: actionIds.approve, value }];

    expect(await said(pressed({ actions }))).toContain('no such release');
  });

  it.each([
    'https://evil.example/hooks.slack.com/',
    'https://hooks.slack.com.evil.example/x',
    'http://hooks.slack.com/x',
    'http://169.254.169.254/latest/meta-data/',
  ])('is not answered anywhere but at Slack: %s', async (response_url) => {
    const { send, operations, slack } = prepare();
    expect((await send(pressed({ response_url }))).status).toBe(200);
    expect(operations.calls.some(([name]) => name === 'approve')).toBe(true);
    expect(slack.responses).toEqual([]);
    expect(slack.calls).toEqual([]);
  });

  it('stands when Slack cannot be answered', async () => {
    const { send, operations, slack, lines } = prepare();
    slack.goDown();
    expect((await send(pressed())).status).toBe(200);
    expect(operations.calls.some(([name]) => name === 'approve')).toBe(true);
    expect(lines.some(({ message }) => message === 'Slack could not be answered')).toBe(true);
  });

  it.each([
    ['a button of somebody else', { actions: [{ action_id: 'other', value: '1' }] }],
    ['a value that is none', { actions: [{ action_id: actionIds.approve, value: '{' }] }],
    ['a link', { actions: [{ action_id: 'open', type: 'button' }] }],
    ['a view', { type: 'view_submission', view: {} }],
  ])('is taken note of when it is %s', async (_, differs) => {
    const { send, operations } = prepare();
    const answer = await send(pressed(differs as JsonObject));

    expect(answer).toEqual({ status: 200, body: {} });
    expect(operations.calls.map(([name]) => name)).toEqual(['listWebhooks']);
  });
});

describe("Slack's signature", () => {
  it('is what its documentation says', () => {
    const headers: Record<string, string> = {
      'x-slack-request-timestamp': documented.seconds,
      'x-slack-signature': documented.signature,
    };
    const request = {
      header: (name: string) => headers[name],
      query: () => undefined,
      body: new TextEncoder().encode(documented.body),
      nowMs: Number(documented.seconds) * 1000,
    };
    expect(slackWebhook.isSigned(request)).toBe(true);
    expect(slackWebhook.isSignedWith(request, documented.secret)).toBe(true);
    expect(slackWebhook.isSignedWith(request, 'another')).toBe(false);
    const tampered = { ...request, body: new TextEncoder().encode(`${documented.body}&a=1`) };
    expect(slackWebhook.isSignedWith(tampered, documented.secret)).toBe(false);
  });

  it('counts with either of two secrets', async () => {
    const { send } = prepare();
    expect((await send(pressed(), { key: 'slack-signing-secret-2' })).status).toBe(200);
    expect((await send(pressed(), { key: secret })).status).toBe(200);
  });

  it.each([
    ['another secret', { key: 'guessed' }],
    ['a time of six minutes ago', { agoSeconds: 301 }],
    ['a time that is to come', { agoSeconds: -301 }],
    ['no time', { headers: { 'x-slack-request-timestamp': '' } }],
    ['a time that is none', { headers: { 'x-slack-request-timestamp': '1e9' } }],
    ['no signature', { headers: { 'x-slack-signature': '' } }],
    ['a short signature', { headers: { 'x-slack-signature': 'v0=' } }],
    ['another version', { headers: { 'x-slack-signature': `v1=${'0'.repeat(64)}` } }],
  ])('does not count with %s', async (_, options) => {
    const { send, operations } = prepare();
    expect((await send(pressed(), options)).status).toBe(401);
    expect(operations.calls.filter(([name]) => name !== 'listWebhooks')).toEqual([]);
  });

  it('counts once', async () => {
    const { send, operations } = prepare();
    expect((await send(pressed())).status).toBe(200);
    expect((await send(pressed())).status).toBe(409);
    expect(operations.calls.filter(([name]) => name === 'approve')).toHaveLength(1);
  });

  it.each([
    ['no form', '{}'],
    ['no payload', 'a=1'],
    ['a payload that is no JSON', 'payload=%7B'],
    ['a payload of another shape', `payload=${encodeURIComponent('{"type":1}')}`],
    ['a payload that is deep', `payload=${'['.repeat(5000)}${']'.repeat(5000)}`],
  ])('is of no use with %s', async (_, body) => {
    const { post, clock } = prepare();
    const seconds = Math.floor(clock.now() / 1000);
    const hex = sign(secret, `v0:${seconds}:${body}`);
    const headers = {
      'x-slack-request-timestamp': `${seconds}`,
      'x-slack-signature': `v0=${hex}`,
    };
    expect((await post('/webhooks/slack', body, headers)).status).toBe(400);
  });
});
