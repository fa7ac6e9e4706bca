import { messageOf } from '../../release/errors.ts';
import { publicEventTypes } from '../../release/events.ts';
import type { Logger } from '../../release/logger.ts';
import type { Notifier, NotifierMemory } from '../notifier.ts';
import { type OutboundDeps, outboundOf, patienceMs } from '../post-json.ts';
import type { SlackConfig } from '../slack.ts';
import type { Telling } from '../telling.ts';
import { isWanted } from '../wanted-events.ts';
import {
  createSlackClient,
  type MessageAddress,
  type SlackAnswer,
  type SlackClient,
} from './client.ts';
import {
  answeredMessage,
  approvalMessage,
  isLoud,
  parentMessage,
  replyMessage,
} from './messages.ts';
import { createThread, type Thread } from './thread.ts';

/** What the notifier works with. */
export interface SlackNotifierDeps extends Partial<OutboundDeps> {
  /** Without one every event is a message of its own. */
  memory?: NotifierMemory | undefined;
  consoleUrl?: string | undefined;
  log: Logger;
}

/**
 * One thread per release: its first message says how the release stands, those below what happened.
 * @throws KindUnavailableError
 */
export function createSlackNotifier(config: SlackConfig, deps: SlackNotifierDeps): Notifier {
  const { tokenSecret, channel, events = publicEventTypes } = config;
  const { consoleUrl, memory, log } = deps;
  const outbound = outboundOf('slack', deps);
  const { clock, timers, secrets } = outbound;
  return {
    async send(event, release) {
      if (!isWanted(event, events)) return;
      const warn = (reason: string) =>
        log.warn('Slack did not take an event', { event: event.id, channel, reason });
      try {
        const deadlineMs = clock.now() + patienceMs;
        const [token] = await secrets.read(tokenSecret);
        const slack = createSlackClient(token, { ...outbound, deadlineMs });
        const key = `slack:${channel}:${release.releaseId}`;
        const thread = createThread(key, { memory, timers, log });
        const answers = await tell({ event, release, consoleUrl }, { slack, channel, thread });
        for (const answer of answers) if (!answer.ok) warn(explain(answer.error, tokenSecret));
      } catch (error) {
        warn(messageOf(error));
      }
    },
  };
}

interface Teller {
  slack: SlackClient;
  channel: string;
  thread: Thread;
}

async function tell(told: Telling, teller: Teller): Promise<SlackAnswer[]> {
  const { slack, channel, thread } = teller;
  const { event } = told;
  // A service's event belongs under no release's message.
  if (event.releaseId === null) return [await slack.post(channel, replyMessage(told))];
  const known =
    (await thread.find()) ?? ((await thread.isMineToBegin(event.id)) ? null : await thread.await());
  if (known) return [await reply(told, known, teller), ...(await renew(told, known, teller))];
  const first = await begin(told, teller);
  // The first message says already what happened, but it is not what asks.
  if (!first.ok || !isQuestion(told)) return [first];
  return [await reply(told, first, teller)];
}

function isQuestion({ event }: Telling): boolean {
  return event.type === 'Approval Requested';
}

async function begin(told: Telling, { slack, channel, thread }: Teller): Promise<SlackAnswer> {
  const first = await slack.post(channel, parentMessage(told));
  if (first.ok) await thread.keep({ channel: first.channel, ts: first.ts });
  return first;
}

async function reply(
  told: Telling,
  { channel, ts }: MessageAddress,
  { slack, thread }: Teller,
): Promise<SlackAnswer> {
  const message = isQuestion(told) ? approvalMessage(told) : replyMessage(told);
  const sent = await slack.post(channel, message, { ts, isLoud: isLoud(told.event) });
  if (sent.ok && isQuestion(told)) await thread.keepQuestion(sent);
  return sent;
}

/** Of what was said before: the first message, and a question that nobody has to answer any more. */
async function renew(
  told: Telling,
  first: MessageAddress,
  { slack, thread }: Teller,
): Promise<SlackAnswer[]> {
  const updated = await slack.update(first, parentMessage(told));
  const question = isQuestion(told) ? null : await thread.takeQuestion();
  if (!question) return [updated];
  return [updated, await slack.update(question, answeredMessage(told))];
}

/** Slack's words for what a person can mend (docs.slack.dev/reference/methods/chat.postMessage). */
const remedies: Record<string, string> = {
  not_in_channel: 'invite the app into the channel: /invite @Verdigris',
  channel_not_found: "name the channel's id, and invite the app into it if it is private",
  is_archived: 'the channel is archived',
  missing_scope: 'the app needs the scope chat:write; install it again after adding it',
  invalid_auth: 'the token is not valid',
  token_revoked: 'the token has been revoked',
  account_inactive: 'the app has been removed from the workspace',
};

function explain(error: string, tokenSecret: string): string {
  const remedy = remedies[error];
  const isToken = /auth|token|account/.test(error);
  return `${error}${remedy ? `: ${remedy}` : ''}${isToken ? ` (secret ${tokenSecret})` : ''}`;
}
