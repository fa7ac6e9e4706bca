import { createHash, createHmac } from 'node:crypto';
import {
  deliveryName,
  signatureHeaders,
  signatureValue,
  signedPrefix,
} from '../../release/delivery-signature.ts';
import { messageOf } from '../../release/errors.ts';
import { publicEventTypes, type ReleaseEvent } from '../../release/events.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Logger } from '../../release/logger.ts';
import { eventJson } from '../event-json.ts';
import type { Notifier, NotifierMemory, ReleaseFacts } from '../notifier.ts';
import { once } from '../once.ts';
import { type OutboundDeps, type Posted, patienceMs, postJson } from '../post-json.ts';
import { pageOf } from '../telling.ts';
import { isWanted } from '../wanted-events.ts';
import type { WebhookConfig } from '../webhook.ts';

/** What the notifier works with. */
export interface WebhookNotifierDeps extends OutboundDeps {
  memory?: NotifierMemory | undefined;
  consoleUrl?: string | undefined;
  log: Logger;
}

/**
 * Posts every event that is wanted, signed. Whoever gets one twice knows it by its delivery, which is
 * why a broken answer is worth another try within the few seconds that there are.
 */
export function createWebhookNotifier(config: WebhookConfig, deps: WebhookNotifierDeps): Notifier {
  const { url, events = publicEventTypes } = config;
  const target = createHash('sha256').update(url).digest('hex').slice(0, 16);
  const { host } = new URL(url);
  return {
    async send(event, release) {
      if (!isWanted(event, events)) return;
      await once(`webhook:${target}:${event.id}`, deps, async () => {
        const problem = await post(config, bodyOf(event, release, deps.consoleUrl), event, deps);
        if (problem === null) return true;
        deps.log.warn('a webhook did not take an event', {
          event: event.id,
          host,
          reason: problem,
        });
        return false;
      });
    },
  };
}

/** The event, what is known of its release, and where people look at it. */
function bodyOf(
  event: ReleaseEvent,
  release: ReleaseFacts,
  consoleUrl: string | undefined,
): JsonObject {
  const facts = release as unknown as JsonObject;
  return {
    event: JSON.parse(eventJson(event)) as JsonObject,
    release: facts,
    url: pageOf({ event, release, consoleUrl }),
  };
}

/** Why it did not arrive, or null. */
async function post(
  { url, signingSecret }: WebhookConfig,
  body: JsonObject,
  event: ReleaseEvent,
  deps: WebhookNotifierDeps,
): Promise<string | null> {
  try {
    const [secret] = await deps.secrets.read(signingSecret);
    const nowMs = deps.clock.now();
    const headers = signed(JSON.stringify(body), event.id, secret, nowMs);
    const deadlineMs = nowMs + patienceMs;
    return problemOf(await postJson({ url, headers, body, deadlineMs, isRepeatable: true }, deps));
  } catch (error) {
    return messageOf(error);
  }
}

/** Signed with the newest value: who receives takes both while it is being changed. */
function signed(
  body: string,
  eventId: string,
  secret: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = `${Math.floor(nowMs / 1000)}`;
  const delivery = deliveryName(eventId);
  const hmac = createHmac('sha256', secret).update(signedPrefix(timestamp, delivery)).update(body);
  return {
    'User-Agent': 'Verdigris',
    [signatureHeaders.timestamp]: timestamp,
    [signatureHeaders.delivery]: delivery,
    [signatureHeaders.signature]: signatureValue(hmac.digest('hex')),
  };
}

function problemOf(answer: Posted): string | null {
  if ('problem' in answer) return answer.problem;
  return answer.status >= 200 && answer.status < 300 ? null : `HTTP ${answer.status}`;
}
