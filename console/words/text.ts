/**
 * With a capital at its beginning: `rolled-back` becomes `Rolled back`. Names stay as they are: `v2 is
 * live`, `shop-v2 is gone`, `shop: needs a manifest`.
 */
export function capitalized(text: string): string {
  const words = /^[a-z]+(?:-[a-z]+)+$/.test(text) ? text.replaceAll('-', ' ') : text;
  const isWord = /^[a-z]+(?=[\s,.;!?]|$)/.test(words);
  return isWord ? words.charAt(0).toUpperCase() + words.slice(1) : words;
}

/** A count and its noun: `1 check`, `3 checks`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A list as one says it: `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** As the end of a sentence: with a full stop, and only one. */
export function sentence(text: string): string {
  const trimmed = capitalized(text.trim());
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Who did something, as one says it: `the judge`, `alarm shop-5xx`, `ada`. */
export function whoInWords(by: string): string {
  if (by === 'judge' || by === 'conductor') return `the ${by}`;
  return by.replace(/^alarm:/, 'alarm ');
}
