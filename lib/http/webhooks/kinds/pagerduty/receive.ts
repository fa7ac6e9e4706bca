import { z } from 'zod';
import { VerdigrisError } from '../../../../release/errors.ts';
import { releaseOfIncident } from '../../../../release/incident.ts';
import { readPayloadAs } from '../../payload.ts';
import { hmacHex, isSameText } from '../../signature.ts';
import type { Delivery, Webhook, WebhookRequest } from '../../webhook.ts';
import { answerIncident, type IncidentEvent } from './incident.ts';

const reference = z.looseObject({
  id: z.string(),
  summary: z.string().nullish(),
  html_url: z.string().nullish(),
});

/**
 * A v3 webhook (PagerDuty's developer documentation, docs/webhooks/01-Overview.md, "Event Data Types").
 * `data` is an incident, or something that names its incident.
 */
const messageSchema = z.looseObject({
  event: z.looseObject({
    id: z.string().min(1).max(200),
    event_type: z.string(),
    occurred_at: z.iso.datetime({ offset: true }),
    agent: reference.nullish(),
    data: z.looseObject({
      incident_key: z.string().nullish(),
      title: z.string().nullish(),
      html_url: z.string().nullish(),
      incident: reference.nullish(),
      content: z.string().nullish(),
      action: reference.nullish(),
    }),
  }),
});

type Message = z.output<typeof messageSchema>;

/** PagerDuty tries for 48 hours (docs/webhooks/02-Behavior.md), and signs no time. In milliseconds. */
const oldestMs = 49 * 3_600_000;
/** More than one secret is one or two while it is being rotated. */
const mostSignatures = 10;

/**
 * What people do about an incident in PagerDuty. `X-PagerDuty-Signature` has one `v1=` and the HMAC of
 * the body for each secret that counts there (docs/webhooks/04-Signatures.md). A refusal of 4xx is one
 * of three after which PagerDuty sends nothing for a day, so only a stranger gets one.
 */
export const pagerDutyWebhook: Webhook = {
  isSigned: (request) => signaturesOf(request).length > 0,
  isSignedWith(request, secret) {
    const expected = hmacHex(secret, request.body);
    // All of them: how long it takes must not say which one fitted.
    return signaturesOf(request).filter((it) => isSameText(it, expected)).length > 0;
  },
  read,
};

function signaturesOf({ header }: WebhookRequest): string[] {
  const given = (header('x-pagerduty-signature') ?? '').split(',', mostSignatures);
  return given.flatMap((it) => /^\s*v1=([0-9a-f]{64})\s*$/.exec(it)?.[1] ?? []);
}

function read(request: WebhookRequest): Delivery {
  const message = readPayloadAs(messageSchema, request);
  const { id, agent, occurred_at } = message.event;
  if (request.nowMs - Date.parse(occurred_at) > oldestMs) {
    const reason = `event.occurred_at: ${occurred_at} is longer ago than PagerDuty tries`;
    throw new VerdigrisError('RequestInvalidError', reason);
  }
  const told = eventOf(message);
  return {
    id,
    by: agent ? `pagerduty:${agent.id}` : 'pagerduty',
    carryOut: (entries, operations, means) => answerIncident(told, entries, operations, means),
  };
}

function eventOf({ event }: Message): IncidentEvent {
  const { data, agent } = event;
  const title = data.title ?? data.incident?.summary ?? null;
  return {
    id: event.id,
    type: event.event_type,
    at: event.occurred_at,
    agent: agent ? { id: agent.id, name: agent.summary ?? agent.id } : null,
    releaseId: releaseOfIncident({ key: data.incident_key ?? null, title }),
    url: data.html_url ?? data.incident?.html_url ?? null,
    note: data.content ?? null,
    action: data.action
      ? { id: data.action.id, name: data.action.summary ?? data.action.id }
      : null,
  };
}
