import { isAllowed, type Permission } from '../../../../release/access.ts';
import { epochMs } from '../../../../release/clock.ts';
import { isNamed, VerdigrisError } from '../../../../release/errors.ts';
import type { JsonObject } from '../../../../release/json.ts';
import type { WebhookEntry } from '../../../../release/webhook.ts';
import type { Operations } from '../../../operations.ts';
import type { WebhookAnswer, WebhookMeans } from '../../webhook.ts';

/** Something that happened to an incident. */
export interface IncidentEvent {
  id: string;
  /** PagerDuty's word, such as `incident.acknowledged`. */
  type: string;
  /** ISO 8601. */
  at: string;
  /** Who did it; null where it was a machine. */
  agent: { id: string; name: string } | null;
  /** The release that it is about, as far as one can tell. */
  releaseId: string | null;
  /** Of the incident. */
  url: string | null;
  note: string | null;
  /** The automation action that was started. */
  action: { id: string; name: string } | null;
}

/** What an action of PagerDuty may be set to do, and what is needed for that. */
const permissions: Record<'rollback' | 'continue', Permission> = {
  rollback: 'release',
  continue: 'operate',
};

/**
 * PagerDuty tries for two days, but what somebody wanted then may be wrong by now: the release may have
 * gone on, or be held for another reason. In milliseconds.
 */
const longestActionMs = 15 * 60_000;

/**
 * Writes into a release's timeline what people do about its incident, and does what an automation
 * action is set to, if whoever started it may. Everything that is understood is a success for
 * PagerDuty; what came of an action is in the timeline.
 * @throws what is worth a repetition: PagerDuty sends it again.
 */
export async function answerIncident(
  event: IncidentEvent,
  entries: readonly WebhookEntry[],
  operations: Operations,
  means: WebhookMeans,
): Promise<WebhookAnswer> {
  const found = await findEntry(event, entries, operations);
  if (!found)
    return answered({ ignored: 'no incident of a release that this subscription is for' });
  const who = event.agent?.name ?? 'PagerDuty';
  const words = clip(event.note ?? '');
  switch (event.type) {
    case 'incident.acknowledged':
      await note(event, operations, 'Page Acknowledged', `${who} looks after it`);
      return answered({ noted: event.type });
    case 'incident.annotated':
      await note(event, operations, 'Page Noted', `${who}: ${words}`);
      return answered({ noted: event.type });
    case 'incident.action_invocation.created':
      return act(event, found, operations, means);
    default:
      return answered({ ignored: event.type });
  }
}

async function findEntry(
  { releaseId }: IncidentEvent,
  entries: readonly WebhookEntry[],
  operations: Operations,
): Promise<WebhookEntry | null> {
  if (releaseId === null) return null;
  try {
    const service = await operations.serviceOf(releaseId);
    return entries.find((entry) => entry.service === service) ?? null;
  } catch (error) {
    if (isNamed(error, 'ReleaseUnknownError')) return null;
    throw error;
  }
}

async function act(
  event: IncidentEvent,
  { service, config }: WebhookEntry,
  operations: Operations,
  { grantsOfChat, log, nowMs }: WebhookMeans,
): Promise<WebhookAnswer> {
  const { action, agent, releaseId } = event;
  const actions = (config.actions ?? {}) as Record<string, keyof typeof permissions>;
  const wanted = action && Object.hasOwn(actions, action.id) ? actions[action.id] : undefined;
  if (!wanted || !action || releaseId === null) return answered({ ignored: 'an action of others' });
  const actor = `pagerduty:${agent?.id ?? 'nobody'}`;
  const refuse = async (reason: string) => {
    log.warn('an action of PagerDuty was refused', { actor, releaseId, wanted, reason });
    await note(event, operations, 'Page Noted', `${action.name} did nothing: ${reason}`);
    return answered({ refused: reason });
  };
  if (!isAllowed(grantsOfChat(actor), permissions[wanted], service))
    return refuse(`no rule lets chat: ${actor} do that`);
  if (nowMs - epochMs(event.at) > longestActionMs)
    return refuse(`it was started too long ago (${event.at}); start it again`);
  try {
    const reason = `${action.name}, by ${agent?.name} in PagerDuty`.slice(0, 400);
    if (wanted === 'rollback') await operations.rollback(releaseId, actor, reason);
    else await operations.resume(releaseId, 'continue', actor, reason);
    return answered({ done: wanted, releaseId });
  } catch (error) {
    if (error instanceof VerdigrisError && !error.isRetryable) return refuse(error.message);
    throw error;
  }
}

async function note(
  { id, agent, at, url, releaseId }: IncidentEvent,
  operations: Operations,
  type: 'Page Acknowledged' | 'Page Noted',
  words: string,
): Promise<void> {
  const by = agent ? `pagerduty:${agent.id}` : 'pagerduty';
  const summary = clip(words);
  await operations.noteIncident(releaseId ?? '', { key: id, type, by, at, summary, url });
}

function clip(text: string): string {
  const oneLine = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return oneLine.length > 500 ? `${oneLine.slice(0, 499)}…` : oneLine;
}

function answered(body: JsonObject): WebhookAnswer {
  return { status: 200, body, isFinal: true };
}
