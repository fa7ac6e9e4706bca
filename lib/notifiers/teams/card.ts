import type { PublicEventType } from '../../release/events.ts';
import type { JsonObject } from '../../release/json.ts';
import { factsToTell, oneLine, pageOf, type Telling } from '../telling.ts';

type Colour = 'Default' | 'Good' | 'Warning' | 'Attention' | 'Accent';

const colours: Partial<Record<PublicEventType, Colour>> = {
  'Approval Requested': 'Accent',
  Completed: 'Good',
  'Rolled Back': 'Warning',
  Discarded: 'Warning',
  Refused: 'Warning',
  Held: 'Attention',
  'Rollback Failed': 'Attention',
};

/** A message has 28 KB in Teams (learn.microsoft.com, "Limits and specifications for Microsoft Teams"). */
const longestSummary = 2000;
const longestFact = 500;

/**
 * The message that the trigger "When a Teams webhook request is received" takes: an Adaptive Card of
 * version 1.4. What others wrote stands in text runs, which know no Markdown
 * (adaptivecards.io/explorer/TextRun.html): nobody puts a link or a mention into our message.
 */
export function cardMessage(told: Telling): JsonObject {
  const content = {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.4',
    body: [headline(told), text([run(told.event.summary, longestSummary)]), ...facts(told)],
    actions: actions(told),
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

function headline({ event, release }: Telling): JsonObject {
  const color = colours[event.type as PublicEventType] ?? 'Default';
  const words = `${release.service} ${release.artifact.version}: ${event.type}`;
  return text([{ ...run(words, longestFact), weight: 'Bolder', size: 'Medium', color }]);
}

function facts(told: Telling): JsonObject[] {
  return factsToTell(told).map(([name, value]) =>
    text([{ type: 'TextRun', text: `${name}: `, weight: 'Bolder' }, run(value, longestFact)]),
  );
}

/** A channel is read by many, so nothing in it decides: whoever wants to is asked who they are. */
function actions(told: Telling): JsonObject[] {
  const url = pageOf(told);
  const isQuestion = told.event.type === 'Approval Requested';
  const title = isQuestion ? 'Review and decide' : 'Open the release';
  return url === null ? [] : [{ type: 'Action.OpenUrl', title, url }];
}

function text(inlines: JsonObject[]): JsonObject {
  return { type: 'RichTextBlock', inlines };
}

function run(words: string, limit: number): JsonObject {
  return { type: 'TextRun', text: oneLine(words, limit) };
}
