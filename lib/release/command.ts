import { z } from 'zod';
import { messageOf } from './errors.ts';

/** What makes a character end a word, or promise a shell that is not there. */
const shellOnly = /[|&;<>()`$*?]/;

/** A command line that cannot be split; the message says why and what would be right. */
function refusal(reason: string): Error {
  return new Error(`${reason}; the command runs without a shell: quote it, or use a list of words`);
}

/**
 * The words of a command as a shell would split simple words and quotes: blanks part words, single
 * quotes keep everything, double quotes keep everything but a backslash before `"`, `\`, `$` or a backtick,
 * and a backslash elsewhere keeps the next character. There is no shell, so what only a shell understands outside quotes (`|`, `&&`, `$NAME`,
 * `*`) is refused rather than passed on silently.
 * @throws Error with the reason and what would be right.
 */
export function splitCommand(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < line.length; i += 1) {
    const character = line[i] ?? '';
    if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    const piece = pieceAt(line, i);
    word = (word ?? '') + piece.text;
    i = piece.lastIndex;
  }
  if (word !== null) words.push(word);
  if (!words[0]) throw new Error('is empty; name the program to start, such as "node server.mjs"');
  return words;
}

/** A quoted stretch, an escaped character or a plain one, and the index of its last character. */
function pieceAt(line: string, index: number): { text: string; lastIndex: number } {
  const character = line[index] ?? '';
  if (character === "'" || character === '"') return quotedAt(line, index, character);
  if (character === '\\') {
    const next = line[index + 1];
    if (next === undefined) throw refusal('ends in a backslash');
    return { text: next, lastIndex: index + 1 };
  }
  if (shellOnly.test(character))
    throw refusal(`has "${character}", which only a shell understands`);
  return { text: character, lastIndex: index };
}

function quotedAt(line: string, start: number, quote: string): { text: string; lastIndex: number } {
  let text = '';
  for (let i = start + 1; i < line.length; i += 1) {
    const character = line[i] ?? '';
    if (character === quote) return { text, lastIndex: i };
    const next = line[i + 1] ?? '';
    const isEscape = quote === '"' && character === '\\' && /["\\$`]/.test(next);
    if (!isEscape && quote === '"' && /[$`]/.test(character))
      throw refusal(`has "${character}", which only a shell understands`);
    text += isEscape ? next : character;
    if (isEscape) i += 1;
  }
  throw refusal(`has an open ${quote} quote`);
}

/** Schema of a command in a manifest: a line that is split into words, or the words themselves. */
export const commandWords = z
  .union([z.string().max(4096), z.array(z.string()).min(1)], {
    error: 'needs a command such as "node server.mjs", or a list of words',
  })
  .transform((written, context) => {
    if (typeof written !== 'string') return written;
    try {
      return splitCommand(written);
    } catch (error) {
      context.issues.push({ code: 'custom', message: messageOf(error), input: written });
      return z.NEVER;
    }
  });
