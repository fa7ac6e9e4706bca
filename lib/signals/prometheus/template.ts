import { nearestName } from '../../release/nearest.ts';

/** What a query may have in braces: facts of one environment, and how long a point is (`15s`, `15`). */
export const placeholders = ['environment', 'version', 'service', 'step', 'seconds'] as const;
type Placeholder = (typeof placeholders)[number];

/** What stands for each placeholder. */
export type Facts = Record<Placeholder, string>;

/** A stretch of a query's text. */
interface Piece {
  text: string;
  /** The quotation mark it stands in; null between quotes. Comments are left out. */
  quote: '"' | "'" | '`' | null;
  /** Whether it is what a matcher compares with as a regular expression (RE2, whole text). */
  isPattern: boolean;
}

/** PromQL's three strings, its comments, and what is between them (querying/basics/#string-literals). */
const tokens = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*/gs;
const braced = /\{([A-Za-z_]+)\}/g;

/**
 * Why this is no template, or null. A query that does not say whose figures it wants would have the same
 * for both sides, and nothing would ever differ.
 */
export function objectionTo(template: string): string | null {
  const found = piecesOf(template).flatMap(({ text, quote }) =>
    [...text.matchAll(braced)].map(([whole, name = '']) => ({ whole, name, quote })),
  );
  for (const { whole, name, quote } of found) {
    if (!isPlaceholder(name) || isLength(name) || quote === '"' || quote === "'") continue;
    return `has ${whole} outside of quotes; it stands for a text: "${whole}"`;
  }
  if (found.some(({ name }) => name === 'environment' || name === 'version')) return null;
  const near = found.find(({ name }) => nearestName(name, ['environment', 'version']));
  const hint = near ? ` (${near.whole} is neither)` : '';
  return `has to tell blue from green: put {environment} or {version} into a label, such as version="{version}"${hint}`;
}

/**
 * The query of one environment. What stands in quotes is escaped for them, and where a matcher has a
 * regular expression (`=~`, `!~`) for that too: a version `1.2` means a dot. Braces around other names
 * stay, since labels may have them (`/users/{id}`).
 */
export function fill(template: string, facts: Facts): string {
  return piecesOf(template)
    .map(({ text, quote, isPattern }) =>
      text.replace(braced, (whole, name: string) => {
        if (!isPlaceholder(name)) return whole;
        const value = isPattern ? escapePattern(facts[name]) : facts[name];
        return quote === null || quote === '`' ? value : escapeText(value, quote);
      }),
    )
    .join('');
}

function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  let before = '';
  for (const { 0: token, index } of template.matchAll(tokens)) {
    before = template.slice(end, index);
    pieces.push({ text: before, quote: null, isPattern: false });
    end = index + token.length;
    if (token.startsWith('#')) continue;
    const quote = token.charAt(0) as '"' | "'" | '`';
    pieces.push({ text: token, quote, isPattern: /[=!]~\s*$/.test(before) });
  }
  return [...pieces, { text: template.slice(end), quote: null, isPattern: false }];
}

function isPlaceholder(name: string): name is Placeholder {
  return (placeholders as readonly string[]).includes(name);
}

function isLength(name: Placeholder): boolean {
  return name === 'step' || name === 'seconds';
}

/** RE2's own way (regexp.QuoteMeta of Go). */
function escapePattern(value: string): string {
  return value.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** Go's string literals, which PromQL has: the other quotation mark must not be escaped. */
function escapeText(value: string, quote: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n');
}
