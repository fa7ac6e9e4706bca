import { messageOf } from '../../release/errors.ts';
import { publicEventTypes } from '../../release/events.ts';
import type { Logger } from '../../release/logger.ts';
import type { Notifier, NotifierMemory } from '../notifier.ts';
import { type OutboundDeps, patienceMs } from '../post-json.ts';
import type { SlackConfig } from '../slack.ts';
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
  type Telling,
} from './messages.ts';
import { createThread, type Thread } from './thread.ts';

/** What the notifier works with. */
export interface SlackNotifierDeps extends OutboundDeps {
  /** Without one every event is a message of its own. */
  memory?: NotifierMemory | undefined;
  consoleUrl?: string | undefined;
  log: Logger;
}

/** One thread per release: its first message says how the release stands, those below what happened. */
export function createSlackNotifier(config: SlackConfig, deps: SlackNotifierDeps): Notifier {
  const { tokenSecret, channel, events = publicEventTypes } = config;
  const { clock, secrets, consoleUrl, log } = deps;
  return {
    async send(event, release) {
      if (!isWanted(event, events)) return;
      const warn = (reason: string) =>
        log.warn('Slack did not take an event', { event: event.id, channel, reason });
      try {
        const deadlineMs = clock.now() + patienceMs;
        const [token] = await secrets.read(tokenSecret);
        const slack = createSlackClient(token, { ...deps, deadlineMs });
        const answers = await tell({ event, release, consoleUrl }, { slack, channel, deps });
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
  deps: SlackNotifierDeps;
}

async function tell(told: Telling, { slack, channel, deps }: Teller): Promise<SlackAnswer[]> {
  const { event, release } = told;
  // A service's event belongs under no release's message.
  if (event.releaseId === null) return [await slack.post(channel, replyMessage(told))];
  const thread = createThread(`slack:${channel}:${release.releaseId}`, deps);
  const known =
    (await thread.find()) ?? ((await thread.isMineToBegin(event.id)) ? null : await thread.await());
  const first = known ? { ok: true as const, ...known } : await begin(told, thread, slack, channel);
  if (!first.ok) return [first];
  const isQuestion = event.type === 'Approval Requested';
  if (!known && !isQuestion) return [];
  const reply = isQuestion ? approvalMessage(told) : replyMessage(told);
  const sent = await slack.post(first.channel, reply, { ts: first.ts, isLoud: isLoud(event) });
  if (isQuestion && sent.ok) await thread.keepQuestion(sent);
  return [sent, ...(known ? await bringUpToDate(told, known, thread, slack) : [])];
}

async function begin(
  told: Telling,
  thread: Thread,
  slack: SlackClient,
  channel: string,
): Promise<SlackAnswer> {
  const first = await slack.post(channel, parentMessage(told));
  if (first.ok) await thread.keep({ channel: first.channel, ts: first.ts });
  return first;
}

/** Of what was said before: the first message, and a question that nobody has to answer any more. */
async function bringUpToDate(
  told: Telling,
  first: MessageAddress,
  thread: Thread,
  slack: SlackClient,
): Promise<SlackAnswer[]> {
  const updated = await slack.update(first, parentMessage(told));
  const question = told.event.type === 'Approval Requested' ? null : await thread.takeQuestion();
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
