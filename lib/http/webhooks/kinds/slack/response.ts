import type { Approval, Decision } from '../../../../ledger/ledger.ts';
import { blockIds, mrkdwn, plain } from '../../../../notifiers/slack-message.ts';
import { messageOf } from '../../../../release/errors.ts';
import type { JsonObject } from '../../../../release/json.ts';
import type { WebhookMeans } from '../../webhook.ts';
import type { Press } from './press.ts';

/** Of the three seconds that Slack waits, in milliseconds. */
const patienceMs = 1200;

/**
 * Where Slack has response URLs (docs.slack.dev/interactivity/handling-user-interaction; the second is
 * GovSlack's). What is signed may still be meant to make us call somebody else.
 */
const responseUrl = /^https:\/\/hooks\.slack(?:-gov)?\.com\//;

/** Posts to a response URL. Never throws: what was decided stands without it. */
export async function respond(
  url: string | null,
  bodies: readonly JsonObject[],
  { fetch, log }: WebhookMeans,
): Promise<void> {
  if (url === null || !responseUrl.test(url)) return;
  const signal = AbortSignal.timeout(patienceMs);
  const posted = bodies.map(async (body) => {
    const { status } = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal,
    });
    if (status >= 300) log.warn('Slack did not take an answer', { status });
  });
  for (const result of await Promise.allSettled(posted)) {
    if (result.status === 'fulfilled') continue;
    log.warn('Slack could not be answered', { reason: messageOf(result.reason) });
  }
}

/** The question with who has decided so far, and without buttons where that is all. */
export function questionAfter({ message }: Press, approval: Approval): JsonObject {
  const { decisions, requiredCount, state } = approval;
  const isOver = state !== 'open';
  const replaced: string[] = [blockIds.decisions, ...(isOver ? [blockIds.buttons] : [])];
  const kept = message.blocks.filter(({ block_id }) => !replaced.includes(`${block_id}`));
  const given = decisions.filter(({ decision }) => decision === 'approve').length;
  const words = decisions.map(describe).join(' · ');
  const elements = [mrkdwn(`${given} of ${requiredCount} · ${words}`)];
  const block = { type: 'context', block_id: blockIds.decisions, elements };
  return { replace_original: true, text: message.text, blocks: [...kept, block] };
}

function describe({ by, decision }: Decision): string {
  const member = /^slack:([UW][A-Z0-9]{2,40})$/.exec(by)?.[1];
  const name = member ? `<@${member}>` : plain(by, 80);
  return `${decision === 'approve' ? ':white_check_mark:' : ':no_entry:'} ${name}`;
}
