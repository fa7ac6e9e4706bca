import { VerdigrisError } from '../../release/errors.ts';
import { findKind } from '../../release/kind.ts';
import type { IntakeDeps } from '../webhooks.ts';
import { webhookKinds } from './index.ts';
import { answerOnce, refuseReplay } from './once.ts';
import { trustedEntries } from './trust.ts';
import type { WebhookAnswer, WebhookMeans, WebhookRequest } from './webhook.ts';

/** Where a webhook was sent. */
export interface Destination {
  kind: string;
  /** Null: every service whose manifest names that kind. */
  service: string | null;
}

/**
 * Takes a webhook: nothing of its body is looked at before its signature is known to be right.
 * @throws RouteUnknownError, UnauthorizedError, RequestInvalidError, DeliveryReplayedError; and
 * SecretUnavailableError, LedgerUnavailableError and the like, on which senders try again.
 */
export async function receiveWebhook(
  to: Destination,
  request: WebhookRequest,
  deps: IntakeDeps,
): Promise<WebhookAnswer> {
  const webhook = await kindOf(to).load();
  const { entries, secretNames } = await trustedEntries(webhook, to, request, deps);
  const delivery = webhook.read(request);
  await refuseReplay(delivery, deps);
  const answer = await answerOnce({ to, delivery, secretNames }, deps, () =>
    delivery.carryOut(entries, deps.operations, meansOf(request, deps)),
  );
  const { status, body } = answer;
  deps.log.info('a webhook was taken', { ...to, by: delivery.by, id: delivery.id, status, body });
  return answer;
}

function meansOf({ nowMs }: WebhookRequest, deps: IntakeDeps): WebhookMeans {
  const { access, fetch, log } = deps;
  return { grantsOfChat: (chat) => access?.grantsOf({ chat }) ?? [], fetch, log, nowMs };
}

function kindOf({ kind }: Destination) {
  try {
    return findKind('webhook', { kind }, webhookKinds);
  } catch {
    const known = webhookKinds.map((it) => it.kind).join(', ');
    throw new VerdigrisError('RouteUnknownError', `no such kind of webhook; there are ${known}`);
  }
}
