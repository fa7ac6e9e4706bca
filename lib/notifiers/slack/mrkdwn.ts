/** What Slack reads as markup (docs.slack.dev/messaging/formatting-message-text, "Escaping text"). */
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Line breaks and other controls, and characters that turn the direction of what follows them. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Somebody else's text for a Slack message: one line, no mention, no link, no markup of ours broken by
 * it, at most `limit` characters as Slack counts them. Where it is longer it ends in `…`.
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

/** A link of our own. `url` is one that we made. */
export function link(url: string, text: string): string {
  return `<${url.replaceAll(/[<>|]/g, encodeURIComponent)}|${plain(text, 75)}>`;
}

function lengthOf(characters: readonly string[]): number {
  return characters.reduce((sum, character) => sum + character.length, 0);
}
