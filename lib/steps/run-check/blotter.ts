/** Blots values out of texts. */
export interface Blotter {
  remember(value: string): void;
  /** The text with every remembered value replaced, also as JSON and URLs write it. */
  blot(text: string): string;
}

/** Shorter ones are in every text by chance. */
const shortest = 6;

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
      return found.reduce((rest, value) => rest.replaceAll(value, '•••'), text);
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
