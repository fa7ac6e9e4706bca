/** Blots values out of texts. */
export interface Blotter {
  remember(value: string): void;
  /**
   * The text with every remembered value replaced, also as JSON and URLs write it, and what is left of one
   * where the text was cut: at its ends and at every `…` in it.
   */
  blot(text: string): string;
}

/** Shorter ones are in every text by chance. */
const shortest = 6;
/** Of what a cut leaves of one, shorter pieces tell too little, and are in too many texts. */
const shortestPiece = 12;
const blot = '•••';

/** A blotter that knows no value yet. */
export function createBlotter(): Blotter {
  const spellings = new Set<string>();
  return {
    remember(value) {
      for (const part of [value, ...passwordsIn(value)]) {
        if (part.length < shortest) continue;
        for (const spelling of spellingsOf(part)) spellings.add(spelling);
      }
    },
    blot(text) {
      // The longest first: one may be a part of another.
      const found = [...spellings].sort((a, b) => b.length - a.length);
      const whole = found.reduce((rest, value) => rest.replaceAll(value, blot), text);
      if (whole.length >= shortestPiece && found.some((value) => value.includes(whole)))
        return blot;
      const pieces = found.flatMap((value) => [
        ...piecesBefore(whole, value),
        ...mirrored(piecesBefore(reverse(whole), reverse(value)), whole.length),
      ]);
      return withoutPieces(whole, pieces);
    },
  };
}

function spellingsOf(value: string): string[] {
  const asJson = JSON.stringify(value).slice(1, -1);
  return [value, asJson, encodeURIComponent(value), Buffer.from(value).toString('base64')];
}

/** A URL's password is a secret by itself: drivers complain about it without the rest. */
function passwordsIn(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  return password ? [password, decoded(password)] : [];
}

/** A bare `%` stands for itself. */
function decoded(password: string): string {
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}

/** A part of a text: where it begins, and where what follows it begins. */
type Piece = readonly [from: number, to: number];

/** The longest beginnings of a value that stand in front of a cut, found in one pass (Knuth, Morris, Pratt). */
function piecesBefore(text: string, value: string): Piece[] {
  if (value.length < shortestPiece) return [];
  const borders = bordersOf(value);
  const pieces: Piece[] = [];
  let matched = 0;
  for (let at = 0; at < text.length; at += 1) {
    matched = advance(value, borders, matched, text[at]);
    if (matched >= shortestPiece && isCut(text[at + 1])) pieces.push([at + 1 - matched, at + 1]);
  }
  return pieces;
}

/** U+FFFD is what is left of a letter that was cut in the middle. */
function isCut(next: string | undefined): boolean {
  return next === undefined || next === '…' || next === '\uFFFD';
}

/** For every beginning of a value: how much of the value's begin it ends with. */
function bordersOf(value: string): number[] {
  const borders = [0];
  for (let at = 1; at < value.length; at += 1)
    borders.push(advance(value, borders, borders[at - 1] ?? 0, value[at]));
  return borders;
}

function advance(value: string, borders: number[], from: number, letter?: string): number {
  let matched = from;
  while (matched > 0 && value[matched] !== letter) matched = borders[matched - 1] ?? 0;
  return value[matched] === letter ? matched + 1 : 0;
}

function reverse(text: string): string {
  return text.split('').toReversed().join('');
}

function mirrored(pieces: readonly Piece[], length: number): Piece[] {
  return pieces.map(([from, to]) => [length - to, length - from]);
}

/** Pieces may overlap. */
function withoutPieces(text: string, pieces: readonly Piece[]): string {
  let rest = '';
  let done = 0;
  for (const [from, to] of pieces.toSorted((a, b) => a[0] - b[0])) {
    if (from >= done) rest += text.slice(done, from) + blot;
    done = Math.max(done, to);
  }
  return rest + text.slice(done);
}
