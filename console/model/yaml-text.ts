/**
 * A manifest as people write it: block style, two spaces, quotes only where YAML needs them.
 * Written for reading; whatever it prints is valid YAML with the same meaning (held by a test).
 */
export function yamlText(value: unknown): string {
  return `${linesOf(value).join('\n')}\n`;
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap(itemLines);
  if (isObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, inner]) => entryLines(key, inner));
  }
  return [scalar(value)];
}

function entryLines(key: string, value: unknown): string[] {
  const name = scalar(key);
  if (!isBlock(value)) return [`${name}: ${scalar(value)}`];
  return [`${name}:`, ...indented(linesOf(value))];
}

function itemLines(item: unknown): string[] {
  const [first = '', ...rest] = linesOf(item);
  return [`- ${first}`, ...indented(rest)];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function isBlock(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) && Object.keys(value).length > 0;
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value ?? null);
  return isPlain(value) ? value : JSON.stringify(value);
}

/** What no YAML parser takes for anything but a text. */
function isPlain(text: string): boolean {
  const isWord = /^[A-Za-z/][\w ./@%+~-]*$/.test(text) && !/\s$/.test(text);
  const isMeaningful = /^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  const isDuration = /^\d+(?:\.\d+)?(?:ms|s|m|h|d|x|%)$/.test(text);
  return (isWord && !isMeaningful) || isDuration;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
