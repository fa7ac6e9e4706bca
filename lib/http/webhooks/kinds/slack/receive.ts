import { z } from 'zod';
import { actionIds, buttonValueSchema } from '../../../../notifiers/slack-message.ts';
import { VerdigrisError } from '../../../../release/errors.ts';
import type { JsonObject } from '../../../../release/json.ts';
import { assertPlainData } from '../../../plain-data.ts';
import { validate } from '../../../validate.ts';
import { isFresh } from '../../proof.ts';
import { hmacHex, isSameText } from '../../signature.ts';
import type { Delivery, Webhook, WebhookRequest } from '../../webhook.ts';
import { answerPress, type Press } from './press.ts';

/** docs.slack.dev/reference/interaction-payloads/block_actions-payload, as far as it is needed. */
const payloadSchema = z.looseObject({
  type: z.string(),
  user: z.looseObject({
    id: z.string().regex(/^[A-Z0-9]{2,40}$/, 'needs a member id'),
    username: z.string().optional(),
    name: z.string().optional(),
  }),
  response_url: z.string().optional(),
  message: z
    .looseObject({
      text: z.string().optional(),
      blocks: z.array(z.looseObject({ block_id: z.string().optional() })).optional(),
    })
    .optional(),
  actions: z
    .array(z.looseObject({ action_id: z.string().optional(), value: z.string().optional() }))
    .optional(),
});

/**
 * Buttons that were pressed in Slack. A request is signed with `v0=` and the HMAC of
 * `v0:<time>:<body>` (docs.slack.dev/authentication/verifying-requests-from-slack), counts for five
 * minutes and once.
 */
export const slackWebhook: Webhook = {
  isSigned: (request) =>
    /^v0=[0-9a-f]{64}$/.test(request.header('x-slack-signature') ?? '') &&
    isFresh(request.header('x-slack-request-timestamp'), request),
  isSignedWith({ header, body }, secret) {
    const expected = hmacHex(secret, `v0:${header('x-slack-request-timestamp')}:`, body);
    return isSameText(header('x-slack-signature') ?? '', `v0=${expected}`);
  },
  read,
};

function read(request: WebhookRequest): Delivery {
  const { user, ...payload } = validate(payloadSchema, payloadOf(request), 'payload');
  const press = pressOf({ ...payload, user });
  return {
    id: null,
    signature: request.header('x-slack-signature') ?? '',
    by: `slack:${user.id}`,
    carryOut: async (entries, operations, means) => {
      // Other things that can be pressed or sent need no more than a word that they came.
      if (!press) return { status: 200, body: {}, isFinal: true };
      const services = entries.map(({ service }) => service);
      return answerPress(press, services, operations, means);
    },
  };
}

/** A form with one field that is JSON. @throws RequestInvalidError */
function payloadOf({ body }: WebhookRequest): unknown {
  const payload = new URLSearchParams(new TextDecoder().decode(body)).get('payload');
  const value = parse(payload ?? '');
  if (value === undefined) {
    throw new VerdigrisError('RequestInvalidError', 'payload: needs a field with JSON');
  }
  assertPlainData(value);
  return value;
}

function pressOf(payload: z.output<typeof payloadSchema>): Press | null {
  if (payload.type !== 'block_actions') return null;
  const decisions = Object.entries(actionIds) as ['approve' | 'reject', string][];
  for (const { action_id, value } of payload.actions ?? []) {
    const decision = decisions.find(([, id]) => id === action_id)?.[0];
    const about = decision && buttonValueSchema.safeParse(parse(value ?? '')).data;
    if (!decision || !about) continue;
    const { user, message, response_url } = payload;
    return {
      decision,
      ...about,
      userId: user.id,
      userName: user.username ?? user.name ?? user.id,
      responseUrl: response_url ?? null,
      message: { text: message?.text ?? '', blocks: (message?.blocks ?? []) as JsonObject[] },
    };
  }
  return null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
