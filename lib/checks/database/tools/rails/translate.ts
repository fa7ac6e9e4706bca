import { sqlOfCall, sqlOfTableCall } from './calls.ts';
import { type RubyCall, readCall } from './ruby-call.ts';

/** A migration of Rails as SQL, and what of it could not be read. */
export interface Translation {
  sql: string;
  unread: string[];
}

interface Line {
  number: number;
  indent: number;
  text: string;
}

/** What `up` or `change` of a migration does, line by line. */
export function translateMigration(source: string): Translation {
  const statements: string[] = [];
  const unread: string[] = [];
  const lines = forwardLines(source);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as Line;
    const taken = takeSql(lines, at) ?? takeCall(lines, at);
    if (taken) {
      statements.push(...taken.statements);
      unread.push(...taken.unread);
      at = taken.last;
    } else unread.push(complaint(line));
  }
  return { sql: statements.join(';\n'), unread };
}

interface Taken {
  statements: string[];
  unread: string[];
  /** The position of the last line that it took. */
  last: number;
}

function complaint({ number, text }: Line): string {
  return `line ${number} could not be read: ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}

/** The lines that are run on the way forward, continued ones put together. */
function forwardLines(source: string): Line[] {
  const lines: Line[] = [];
  let method: string | null = null;
  let open: Line | null = null;
  for (const [i, raw] of source.split(/\r?\n/).entries()) {
    const text = raw.trim();
    const begun = /^def\s+(?:self\.)?(\w+)/.exec(text);
    if (begun) method = begun[1] ?? null;
    if (begun || (method !== 'up' && method !== 'change')) continue;
    if (open) open.text += ` ${text}`;
    else open = { number: i + 1, indent: raw.length - raw.trimStart().length, text };
    if (/,$/.test(open.text)) continue;
    if (!isEmpty(open.text)) lines.push(open);
    open = null;
  }
  return open ? [...lines, open] : lines;
}

/** What says nothing by itself; blocks that only wrap are read as if they were not there. */
function isEmpty(text: string): boolean {
  return /^(?:#.*|end|safety_assured do|up_only do|private|)$/.test(text);
}

/** `execute` with a text, or with one that stands on the lines below. */
function takeSql(lines: readonly Line[], at: number): Taken | null {
  const { text, number } = lines[at] as Line;
  const heredoc = /^execute[ (]\s*<<[~-]?['"]?(\w+)['"]?(?:\.\w+)?\)?$/.exec(text);
  if (heredoc) return takeHeredoc(lines, at, heredoc[1] ?? '');
  if (!/^execute\b/.test(text)) return null;
  const [sql] = readCall(text)?.args ?? [];
  if (typeof sql === 'string')
    return { statements: [sql.replace(/;\s*$/, '')], unread: [], last: at };
  return { statements: [], unread: [complaint({ text, number, indent: 0 })], last: at };
}

function takeHeredoc(lines: readonly Line[], at: number, end: string): Taken {
  const length = lines.slice(at + 1).findIndex(({ text }) => text === end);
  const last = length < 0 ? lines.length - 1 : at + 1 + length;
  const sql = lines
    .slice(at + 1, last)
    .map(({ text }) => text)
    .join('\n');
  const isWhole = length >= 0 && !sql.includes('#{');
  return isWhole
    ? { statements: [sql.replace(/;\s*$/, '')], unread: [], last }
    : { statements: [], unread: [complaint(lines[at] as Line)], last };
}

function takeCall(lines: readonly Line[], at: number): Taken | null {
  const line = lines[at] as Line;
  const call = readCall(line.text.replace(/^safety_assured\s*\{\s*(.*?)\s*\}$/, '$1'));
  if (!call) return null;
  const last = call.hasBlock ? endOfBlock(lines, at) : at;
  if (call.name === 'change_table')
    return takeChangeTable(call, lines.slice(at + 1, last + 1), last);
  const statements = sqlOfCall(call);
  return statements && { statements, unread: [], last };
}

/** Blocks are indented: what follows at the same depth is no part of it. */
function endOfBlock(lines: readonly Line[], at: number): number {
  const depth = (lines[at] as Line).indent;
  const length = lines.slice(at + 1).findIndex(({ indent }) => indent <= depth);
  return length < 0 ? lines.length - 1 : at + length;
}

function takeChangeTable(
  { args: [table] }: RubyCall,
  block: readonly Line[],
  last: number,
): Taken | null {
  if (typeof table !== 'string') return null;
  const taken: Taken = { statements: [], unread: [], last };
  for (const line of block) {
    const call = readCall(line.text);
    const statements = call?.receiver ? sqlOfTableCall(table, call) : null;
    if (statements) taken.statements.push(...statements);
    else taken.unread.push(complaint(line));
  }
  return taken;
}
