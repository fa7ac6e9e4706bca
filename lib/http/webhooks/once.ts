import { createHash } from 'node:crypto';
import { isoTime } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Json } from '../../release/json.ts';
import type { IntakeDeps } from '../webhooks.ts';
import type { Destination } from './receive.ts';
import type { Delivery, WebhookAnswer } from './webhook.ts';

/** Senders repeat for hours, people by hand for days: a month is plenty. */
const deliveryMs = 31 * 86_400_000;
/** Longer than a signature counts, in both directions together. */
const signatureMs = 15 * 60_000;

/** A delivery, and what makes it another one than a stranger's of the same id. */
interface Identified {
  to: Destination;
  delivery: Delivery;
  secretNames: readonly string[];
}

/**
 * The first answer to a delivery, however often it comes. While the first one is still at work, another
 * one does the same work: what that is must be safe to do twice. Who writes the answer down first has
 * answered both.
 */
export async function answerOnce(
  { to, delivery, secretNames }: Identified,
  { ledger, clock }: IntakeDeps,
  act: () => Promise<WebhookAnswer>,
): Promise<WebhookAnswer> {
  if (delivery.id === null) return act();
  const at = isoTime(clock.now());
  // Whoever has another secret can't take the answer to this one's deliveries away.
  const id = sha256(`${[...secretNames].sort().join(' ')}\n${delivery.id}`);
  const key = `delivery:${to.kind}:${to.service ?? '*'}:${id}`;
  const expiresAt = isoTime(clock.now() + deliveryMs);
  const { receipt } = await ledger.claimReceipt({ key, at, expiresAt });
  if (receipt.answer !== null) return asAnswer(receipt.answer);
  const answer = await act();
  if (!answer.isFinal) return answer;
  await ledger.answerReceipt(key, answer as unknown as Json);
  const kept = await ledger.getReceipt(key, at);
  return kept?.answer ? asAnswer(kept.answer) : answer;
}

/**
 * Lets a signature through once.
 * @throws DeliveryReplayedError
 */
export async function refuseReplay(
  { signature, by }: Delivery,
  { ledger, clock, log }: IntakeDeps,
): Promise<void> {
  if (signature === undefined) return;
  const key = `signature:${sha256(signature)}`;
  const at = isoTime(clock.now());
  const expiresAt = isoTime(clock.now() + signatureMs);
  const { isNew } = await ledger.claimReceipt({ key, at, expiresAt });
  if (isNew) return;
  log.warn('a webhook was refused', { by, reason: 'its signature has been used' });
  throw new VerdigrisError(
    'DeliveryReplayedError',
    'this signature has been used; sign the delivery anew, with the time of now',
  );
}

function asAnswer(kept: Json): WebhookAnswer {
  return kept as unknown as WebhookAnswer;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
