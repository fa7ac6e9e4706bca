/**
 * Whether EventBridge would match an event with a pattern: exact values, `wildcard`, nested objects.
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
  if (operator !== 'wildcard' || others.length > 0) {
    throw new Error(`no such matcher here: ${JSON.stringify(wanted)}`);
  }
  const parts = String(operand)
    .split('*')
    .map((part) => part.replace(/\W/g, '\\$&'));
  return typeof value === 'string' && new RegExp(`^${parts.join('.*')}$`).test(value);
}
