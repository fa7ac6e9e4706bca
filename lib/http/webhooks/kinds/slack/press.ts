import type { Approval } from '../../../../ledger/ledger.ts';
import { type ButtonValue, plain } from '../../../../notifiers/slack-message.ts';
import { isAllowed } from '../../../../release/access.ts';
import { VerdigrisError } from '../../../../release/errors.ts';
import type { JsonObject } from '../../../../release/json.ts';
import type { Operations } from '../../../operations.ts';
import type { WebhookAnswer, WebhookMeans } from '../../webhook.ts';
import { questionAfter, respond } from './response.ts';

/** A button of ours that somebody pressed. */
export interface Press extends ButtonValue {
  decision: 'approve' | 'reject';
  userId: string;
  /** What Slack shows; anybody can change theirs, so it decides nothing. */
  userName: string;
  /** Where an answer can be posted. */
  responseUrl: string | null;
  /** The question as it stands. */
  message: { text: string; blocks: JsonObject[] };
}

/** What came of it, for whoever pressed, and the approval where it was written down. */
interface Outcome {
  text: string;
  approval: Approval | null;
  isRefused: boolean;
}

/**
 * Decides in the name of whoever pressed, if they may, and tells them what came of it. Slack waits for
 * three seconds: the decision comes first, and no answer of Slack's is waited for longer than fits.
 */
export async function answerPress(
  press: Press,
  services: readonly string[],
  operations: Operations,
  means: WebhookMeans,
): Promise<WebhookAnswer> {
  const { text, approval, isRefused } = await decide(press, services, operations, means);
  if (isRefused) {
    const { decision, releaseId, userId } = press;
    const told = { actor: `slack:${userId}`, decision, releaseId, reason: text };
    means.log.warn('a press of a button was refused', told);
  }
  const body = { response_type: 'ephemeral', replace_original: false, text };
  const question = approval && questionAfter(press, approval);
  await respond(press.responseUrl, question ? [question, body] : [body], means);
  return { status: 200, body, isFinal: true };
}

async function decide(
  press: Press,
  services: readonly string[],
  operations: Operations,
  { grantsOfChat, nowMs }: WebhookMeans,
): Promise<Outcome> {
  const { decision, releaseId, userId, expiresAt } = press;
  const actor = `slack:${userId}`;
  const refused = (text: string): Outcome => ({ text, approval: null, isRefused: true });
  try {
    const service = await operations.serviceOf(releaseId);
    if (!services.includes(service))
      return refused(`The manifest of ${service} does not name this Slack app.`);
    if (!isAllowed(grantsOfChat(actor), 'approve', service))
      return refused(
        `You may not decide about ${service}. Who looks after Verdigris can let you: ` +
          `a rule with chat: ${actor} and the role approver.`,
      );
    if (Date.parse(expiresAt) <= nowMs)
      return refused(`Nobody can decide about ${releaseId} any more: it has expired.`);
    const reason = `as ${press.userName} in Slack`.slice(0, 200);
    const approval = await operations[decision](releaseId, actor, reason);
    return { text: describe(approval, actor), approval, isRefused: false };
  } catch (error) {
    if (!(error instanceof VerdigrisError)) throw error;
    return refused(explain(error));
  }
}

function describe({ releaseId, state, decisions, requiredCount }: Approval, by: string): string {
  const given = decisions.filter(({ decision }) => decision === 'approve').length;
  const count = `${given} of ${requiredCount}`;
  if (state === 'rejected') return `${releaseId} is rejected.`;
  if (state !== 'open') return `${releaseId} is approved (${count}); it goes on by itself.`;
  const others = requiredCount - given;
  const whose = decisions.some((it) => it.by === by) ? 'Your yes counts' : 'It is written down';
  return `${whose}: ${count}. ${releaseId} needs ${others} more.`;
}

function explain(error: VerdigrisError): string {
  if (error.name === 'ReleaseUnknownError') return 'There is no such release (any more).';
  if (error.isRetryable) return 'That could not be written down just now. Press again in a moment.';
  return plain(error.message, 500);
}
