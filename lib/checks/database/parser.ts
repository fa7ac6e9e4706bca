import type { Node } from 'libpg-query';
import { messageOf } from '../../release/errors.ts';

/** One statement of a text. */
export interface Statement {
  node: Node;
  /** As it was written, without what stands before and after it. */
  text: string;
}

/** PostgreSQL's own parser. */
export interface SqlParser {
  /** The statements of a text, none of a blank one. @throws Error saying where it is no SQL. */
  parse(sql: string): Statement[];
  /** The SQL in a `DO` statement, as far as it stands there and is not put together when it runs. */
  readBlock(statement: string): BlockContent;
  /** The same for statements that differ in their values only. @throws Error as `parse` does. */
  fingerprint(sql: string): string;
}

/** What a block of PL/pgSQL does. */
export interface BlockContent {
  statements: string[];
  /** It also runs SQL that is put together when it runs. */
  hasDynamicSql: boolean;
}

/** Loads the parser: 1.7 MB of WebAssembly, so only where it is needed. */
export async function loadParser(): Promise<SqlParser> {
  const { fingerprintSync, loadModule, parsePlPgSQLSync, parseSync } = await import('libpg-query');
  await loadModule();
  return {
    parse: (sql) => (sql.trim() === '' ? [] : statementsOf(sql, parseSync)),
    readBlock: (statement) => blockContentOf(parsePlPgSQLSync(statement)),
    fingerprint: fingerprintSync,
  };
}

type ParseSync = typeof import('libpg-query').parseSync;

function statementsOf(sql: string, parseSync: ParseSync): Statement[] {
  // Positions count bytes.
  const bytes = Buffer.from(sql);
  return (parseOrSay(sql, parseSync).stmts ?? []).flatMap(({ stmt, stmt_location, stmt_len }) => {
    if (!stmt) return [];
    const start = stmt_location ?? 0;
    const end = stmt_len ? start + stmt_len : bytes.length;
    return [{ node: stmt, text: withoutComments(bytes.subarray(start, end).toString()) }];
  });
}

function parseOrSay(sql: string, parseSync: ParseSync) {
  try {
    return parseSync(sql);
  } catch (error) {
    const { sqlDetails } = error as { sqlDetails?: { cursorPosition?: number } };
    const line = sql.slice(0, sqlDetails?.cursorPosition ?? 0).split('\n').length;
    throw new Error(`line ${line}: ${messageOf(error)}`, { cause: error });
  }
}

/** Comments in front of a statement are counted in with it. */
function withoutComments(text: string): string {
  const rest = text.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '');
  return rest.replace(/[\s;]+$/, '');
}

/** Names of PL/pgSQL's own statements that run a text (plpgsql.h, `PLpgSQL_stmt_type`). */
const dynamic = ['PLpgSQL_stmt_dynexecute', 'PLpgSQL_stmt_dynfors'];

function blockContentOf(tree: unknown): BlockContent {
  const content: BlockContent = { statements: [], hasDynamicSql: false };
  visit(tree, content);
  return content;
}

function visit(value: unknown, content: BlockContent): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (dynamic.includes(key)) content.hasDynamicSql = true;
    if (key === 'PLpgSQL_stmt_execsql') content.statements.push(queryOf(inner));
    visit(inner, content);
  }
}

function queryOf(statement: unknown): string {
  const { sqlstmt } = statement as { sqlstmt?: { PLpgSQL_expr?: { query?: string } } };
  return sqlstmt?.PLpgSQL_expr?.query ?? '';
}
