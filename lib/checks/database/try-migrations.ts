import type { Node } from 'libpg-query';
import { messageOf } from '../../release/errors.ts';
import type { SqlParser, Statement } from './parser.ts';
import { prepareAll, type Unprepared } from './prepare.ts';
import { type Probe, type ProbeLimits, type ProbeResult, runProbeWithin } from './probes.ts';
import type { Session, Transaction } from './session.ts';
import type { MigrationFile } from './tool.ts';
import type { StatementUse } from './uses.ts';

/** What came of applying migrations, and taking them back. */
export interface Trial {
  /** Why one could not be applied: its name and the reason. */
  failure: string | null;
  /** What cannot be tried in a transaction. */
  skipped: string[];
  probes: ProbeResult[];
  /** Blue's statements that the new shape leaves without something. */
  unprepared: Unprepared[];
  durationMs: number;
}

/**
 * Applies migrations in a transaction, runs the probes on what that gives, and rolls all of it back.
 * Meanwhile whatever the migrations lock is locked for everybody.
 */
export async function tryMigrations(
  migrations: readonly MigrationFile[],
  asked: { probes: readonly Probe[]; blueUses: readonly StatementUse[] },
  { session, parser, limits }: { session: Session; parser: SqlParser; limits: ProbeLimits },
): Promise<Trial> {
  const startedAt = performance.now();
  const trial: Trial = { failure: null, skipped: [], probes: [], unprepared: [], durationMs: 0 };
  await session.inTransaction({ ...limits, readOnly: false }, async (transaction) => {
    for (const migration of migrations) {
      trial.failure = await applyOne(migration, trial, transaction, parser);
      if (trial.failure !== null) return;
    }
    for (const probe of asked.probes)
      trial.probes.push(await runProbeWithin(probe, transaction, parser));
    trial.unprepared = await prepareAll(asked.blueUses, transaction);
  });
  return { ...trial, durationMs: Math.round(performance.now() - startedAt) };
}

/** Why it could not be applied, or null. */
async function applyOne(
  { name, sql }: MigrationFile,
  trial: Trial,
  { query }: Transaction,
  parser: SqlParser,
): Promise<string | null> {
  if (sql === null) {
    trial.skipped.push(`${name} is not SQL`);
    return null;
  }
  try {
    for (const { node, text } of withoutFrame(parser.parse(sql))) {
      if (isUntriable(node)) trial.skipped.push(`${name}: ${text.slice(0, 80)}`);
      else await query(text);
    }
    return null;
  } catch (error) {
    return `${name}: ${messageOf(error)}`;
  }
}

/** `BEGIN` and `COMMIT` of the migration itself: the transaction is ours. */
function withoutFrame(statements: readonly Statement[]): Statement[] {
  return statements.filter(({ node }) => !('TransactionStmt' in node));
}

/** What PostgreSQL refuses to do in a transaction, or does beyond it. */
function isUntriable(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent ?? false;
  if ('DropStmt' in node) return node.DropStmt.concurrent ?? false;
  return ['VacuumStmt', 'ReindexStmt', 'RefreshMatViewStmt', 'CopyStmt', 'CallStmt'].some(
    (name) => name in node,
  );
}
