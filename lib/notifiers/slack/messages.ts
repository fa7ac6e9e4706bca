import { epochMs, isoTime } from '../../release/clock.ts';
import type { PublicEventType, ReleaseEvent } from '../../release/events.ts';
import type { JsonObject } from '../../release/json.ts';
import type { ReleaseFacts } from '../notifier.ts';
import { actionIds, type ButtonValue, blockIds, link, mrkdwn, plain } from '../slack-message.ts';
import { pageOf, type Telling } from '../telling.ts';
import type { MessageContent } from './client.ts';

/** How each event begins, and whether the channel hears of it or only the thread. */
const looks: Record<PublicEventType, { emoji: string; isLoud: boolean }> = {
  'Release Admitted': { emoji: ':package:', isLoud: false },
  Provisioned: { emoji: ':seedling:', isLoud: false },
  Validated: { emoji: ':mag:', isLoud: false },
  'Approval Requested': { emoji: ':raised_hand:', isLoud: true },
  'Traffic Shifted': { emoji: ':arrow_right:', isLoud: false },
  Completed: { emoji: ':white_check_mark:', isLoud: false },
  'Rolled Back': { emoji: ':rewind:', isLoud: true },
  Held: { emoji: ':double_vertical_bar:', isLoud: true },
  Refused: { emoji: ':no_entry:', isLoud: false },
  Discarded: { emoji: ':wastebasket:', isLoud: false },
  'Rollback Failed': { emoji: ':rotating_light:', isLoud: true },
};

/** Whether the channel is to see it too: a change of the first message is seen by nobody. */
export function isLoud({ type }: ReleaseEvent): boolean {
  return looks[type as PublicEventType].isLoud;
}

/** A section takes 3,000 characters, a field 2,000 (docs.slack.dev/reference/block-kit/blocks). */
const longestSummary = 2000;
const longestFact = 300;

/** The first message of a release: how it stands now, and what it is about. */
export function parentMessage(told: Telling): MessageContent {
  const fields = factsOf(told.release).map(([name, value]) => mrkdwn(`*${name}*\n${value}`));
  return {
    text: textOf(told),
    blocks: [section(headline(told)), { type: 'section', fields }, footer(told)],
  };
}

/** What happened, in the thread below. */
export function replyMessage(told: Telling): MessageContent {
  return { text: textOf(told), blocks: [section(headline(told))] };
}

/** The question, with its buttons. */
export function approvalMessage(told: Telling): MessageContent {
  const { event, release } = told;
  const value = JSON.stringify({
    releaseId: release.releaseId,
    expiresAt: deadlineOf(event) ?? event.at,
  } satisfies ButtonValue);
  const elements = [
    button('Approve', actionIds.approve, value, 'primary', whatApprovalDoes(release)),
    button('Reject', actionIds.reject, value, 'danger', 'The release ends. No traffic moves.'),
  ];
  return {
    text: textOf(told),
    blocks: [
      section(`${headline(told)}${until(deadlineOf(event))}`),
      { type: 'actions', block_id: blockIds.buttons, elements },
      footer(told, 'Review it first'),
    ],
  };
}

/** The question when it is none any more. */
export function answeredMessage(told: Telling): MessageContent {
  const text = `Nobody has to decide about ${subjectOf(told.release)} any more: ${told.event.type}`;
  return { text, blocks: [section(text), footer(told)] };
}

function whatApprovalDoes({ blue, green, artifact }: ReleaseFacts): string {
  const next = green?.version ?? artifact.version;
  const from = blue ? ` instead of ${plain(blue.version, 80)}` : '';
  return `${plain(next, 80)} gets traffic${from} as soon as enough people agree.`;
}

function headline({ event, release }: Telling): string {
  const { emoji } = looks[event.type as PublicEventType];
  return `${emoji} *${subjectOf(release)}: ${event.type}*\n${plain(event.summary, longestSummary)}`;
}

function textOf({ event, release }: Telling): string {
  return `${subjectOf(release)} ${event.type}: ${plain(event.summary, longestFact)}`;
}

function subjectOf({ service, artifact }: ReleaseFacts): string {
  return `${plain(service, 80)} ${plain(artifact.version, 80)}`;
}

function factsOf({ artifact, requestedBy, blue, green, owner }: ReleaseFacts): [string, string][] {
  const side = (ref: ReleaseFacts['blue']) => (ref ? plain(ref.version, 120) : 'nothing');
  const digest = artifact.digest ? ` ${plain(artifact.digest, 80)}` : '';
  const facts: [string, string | null][] = [
    ['Blue → green', `${side(blue)} → ${side(green)}`],
    ['Requested by', plain(requestedBy, longestFact)],
    ['Artifact', `${plain(artifact.uri, longestFact)}${digest}`],
    ['Owner', owner && plain(owner, longestFact)],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

function deadlineOf({ data }: ReleaseEvent): string | null {
  const ms = typeof data.expiresAt === 'string' ? epochMs(data.expiresAt) : Number.NaN;
  return Number.isNaN(ms) ? null : isoTime(ms);
}

/** In each reader's own time zone. */
function until(deadline: string | null): string {
  if (deadline === null) return '';
  const seconds = Math.floor(epochMs(deadline) / 1000);
  return `\nUntil <!date^${seconds}^{date_short_pretty} {time}|${deadline}>`;
}

function footer(told: Telling, words = 'Open it in the console'): JsonObject {
  const id = plain(told.release.releaseId, 80);
  const url = pageOf(told);
  const text = url ? `${id} · ${link(url, words)}` : id;
  return { type: 'context', elements: [mrkdwn(text)] };
}

function section(text: string): JsonObject {
  return { type: 'section', text: mrkdwn(text) };
}

function button(
  label: string,
  action_id: string,
  value: string,
  style: 'primary' | 'danger',
  consequence: string,
): JsonObject {
  const words = (text: string): JsonObject => ({ type: 'plain_text', text });
  const confirm = {
    title: words(`${label} this release?`),
    text: words(consequence),
    confirm: words(label),
    deny: words('Not now'),
    style,
  };
  return { type: 'button', text: words(label), action_id, value, style, confirm };
}
