import { z } from 'zod';

/*
 * What the notifier that asks in Slack and the webhook that hears the answer have to agree on.
 */

/** The names of the buttons. */
export const actionIds = { approve: 'verdigris-approve', reject: 'verdigris-reject' } as const;

/** The block that goes when the decision is made, and the one that says what was decided so far. */
export const blockIds = { buttons: 'verdigris-buttons', decisions: 'verdigris-decisions' } as const;

/**
 * What Slack sends back when a button is pressed: which question it answers. No right comes with it:
 * who pressed is what counts. After `expiresAt` (ISO 8601) nobody can decide any more.
 */
export const buttonValueSchema = z.object({ releaseId: z.string(), expiresAt: z.string() });
export type ButtonValue = z.output<typeof buttonValueSchema>;

/** What Slack reads as markup (docs.slack.dev/messaging/formatting-message-text, "Escaping text"). */
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Line breaks and other controls, and characters that turn the direction of what follows them. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Somebody else's text for a Slack message: one line, no mention, no link, at most `limit` characters
 * as Slack counts them. Where it is longer it ends in `…`.
 */
export function plain(text: string, limit: number): string {
  const characters = [...text.replaceAll(unprintable, ' ').trim()].map(
    (character) => entities[character] ?? character,
  );
  if (lengthOf(characters) <= limit) return characters.join('');
  const kept: string[] = [];
  let room = limit - 1;
  for (const character of characters) {
    room -= character.length;
    if (room < 0) break;
    kept.push(character);
  }
  return `${kept.join('')}…`;
}

function lengthOf(characters: readonly string[]): number {
  return characters.reduce((sum, character) => sum + character.length, 0);
}

/** A link of our own. `url` is one that we made. */
export function link(url: string, text: string): string {
  return `<${url.replaceAll(/[<>|]/g, encodeURIComponent)}|${plain(text, 75)}>`;
}

/** Text with markup of ours. `verbatim` keeps Slack from making links and mentions of what looks like one. */
export function mrkdwn(text: string) {
  return { type: 'mrkdwn', text, verbatim: true };
}
