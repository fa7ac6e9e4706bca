import { messageOf } from '../../release/errors.ts';
import type { Change } from './changes.ts';
import type { SqlParser } from './parser.ts';
import { type Query, reading, type Session } from './session.ts';
import type { Shape } from './shape.ts';
import { type StatementUse, usesOf } from './uses.ts';

/** Statements that the database has counted. */
export interface Statistics {
  /** What could be parsed. */
  uses: StatementUse[];
  /** Why there are none; null when it could be looked. */
  missing: string | null;
}

const source = 'pg_stat_statements';
/** So many statements are looked at, the most frequent first. */
const mostStatements = 500;

/**
 * The statements in `pg_stat_statements` that name something which the changes are about. Nothing says
 * when one was last run, nor by which version; those of the migrations themselves are left out.
 */
export async function readStatistics(
  session: Session,
  changes: readonly Change[],
  context: { parser: SqlParser; shape: Shape; migrations: readonly string[] },
): Promise<Statistics> {
  try {
    const texts = await session.inTransaction(reading, ({ query }) => selectTexts(query, changes));
    return { uses: usesOfTexts(texts, context), missing: null };
  } catch (error) {
    return { uses: [], missing: reasonOf(error) };
  }
}

/** Only what names a table, a column or an object that matters is worth parsing. */
async function selectTexts(query: Query, changes: readonly Change[]): Promise<string[]> {
  const names = changes.map(({ table, columns }) => table?.name ?? columns[0] ?? '');
  const rows = await query(
    `SELECT s.query FROM pg_stat_statements s
      WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND EXISTS (SELECT FROM unnest($1::text[]) AS wanted(name)
                     WHERE strpos(lower(s.query), lower(wanted.name)) > 0)
      ORDER BY s.calls DESC LIMIT ${mostStatements}`,
    [[...new Set(names)]],
  );
  const texts = rows.map(({ query: text }) => String(text));
  const hidden = await query(
    `SELECT count(*) AS hidden FROM pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND query = '<insufficient privilege>'`,
  );
  if (texts.length === 0 && Number(hidden[0]?.hidden) > 0) throw new Error(hiddenReason);
  return texts;
}

const hiddenReason = "others' statements are hidden from this role; grant it pg_read_all_stats";

function usesOfTexts(
  texts: readonly string[],
  { parser, shape, migrations }: { parser: SqlParser; shape: Shape; migrations: readonly string[] },
): StatementUse[] {
  const own = new Set(migrations.flatMap((sql) => fingerprintsOf(sql, parser)));
  return texts.flatMap((text) => {
    try {
      return own.has(parser.fingerprint(text)) ? [] : usesOf(text, source, parser, shape);
    } catch {
      // Cut off, or of a newer PostgreSQL.
      return [];
    }
  });
}

/** One per statement: the database counts them one by one. */
function fingerprintsOf(sql: string, parser: SqlParser): string[] {
  try {
    return parser.parse(sql).map(({ text }) => parser.fingerprint(text));
  } catch {
    return [];
  }
}

/** Names of errors: errcodes-appendix.html. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (code === '42P01') return 'the extension pg_stat_statements is not there';
  if (code === '55000') return 'pg_stat_statements is not in shared_preload_libraries';
  return messageOf(error);
}
