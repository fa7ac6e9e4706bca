/**
 * Whether EventBridge would match an event with a pattern: exact values, `wildcard`, `anything-but` a
 * `prefix`, nested objects.
 * Enough for the rules of this stack; any other matcher is refused rather than guessed at.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matches(pattern: object, event: object): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    const found = (event as Record<string, unknown>)[key];
    if (!Array.isArray(wanted)) {
      return typeof found === 'object' && found !== null && matches(wanted, found);
    }
    return [found].flat().some((value) => wanted.some((one) => fits(one, value)));
  });
}

function fits(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  const [[operator, operand] = [], ...others] = Object.entries(wanted);
  const prefix = operator === 'anything-but' ? prefixIn(operand) : null;
  if ((operator !== 'wildcard' && prefix === null) || others.length > 0) {
    throw new Error(`no such matcher here: ${JSON.stringify(wanted)}`);
  }
  // What is not there at all is no value, and no other value either.
  if (prefix !== null) return typeof value === 'string' && !value.startsWith(prefix);
  const parts = String(operand)
    .split('*')
    .map((part) => part.replace(/\W/g, '\\$&'));
  return typeof value === 'string' && new RegExp(`^${parts.join('.*')}$`).test(value);
}

/** The text of `{ prefix }`; null for anything else. */
function prefixIn(operand: unknown): string | null {
  const [[key, text] = [], ...others] = Object.entries(operand ?? {});
  return key === 'prefix' && typeof text === 'string' && others.length === 0 ? text : null;
}
