import { messageOf } from '../../release/errors.ts';
import { brief } from './findings.ts';
import type { SqlParser, Statement } from './parser.ts';
import { prepareAll, type Unprepared } from './prepare.ts';
import { type Probe, type ProbeLimits, type ProbeResult, runProbeWithin } from './probes.ts';
import { reading, type Session, type Transaction } from './session.ts';
import type { MigrationFile } from './tool.ts';
import { isConcurrent, isUndoable } from './undoable.ts';
import type { StatementUse } from './uses.ts';

/** What came of applying migrations, and taking them back. */
export interface Trial {
  /** Why nothing was tried at all. */
  notTried: string | null;
  /** Why one could not be applied: its name and the reason. */
  failure: string | null;
  /** What cannot be tried in a transaction. */
  skipped: string[];
  probes: ProbeResult[];
  /** Blue's statements that the new shape leaves without something. */
  unprepared: Unprepared[];
  durationMs: number;
}

/** One statement to run. */
interface Step {
  migration: string;
  statement: Statement;
}

/**
 * Applies migrations in a transaction, runs the probes on what that gives, and rolls all of it back.
 * Meanwhile whatever the migrations lock is locked for everybody. Nothing is tried where a statement could
 * do what a rollback does not undo, or where the role could reach beyond the database.
 */
export async function tryMigrations(
  migrations: readonly MigrationFile[],
  asked: { probes: readonly Probe[]; blueUses: readonly StatementUse[] },
  { session, parser, limits }: { session: Session; parser: SqlParser; limits: ProbeLimits },
): Promise<Trial> {
  const startedAt = performance.now();
  const trial: Trial = {
    ...{ notTried: null, failure: null, skipped: [], probes: [], unprepared: [], durationMs: 0 },
  };
  const steps = stepsOf(migrations, trial, parser);
  trial.notTried = whyNotUndone(steps) ?? (await whyTooMighty(session));
  if (trial.notTried === null && trial.failure === null)
    await session.inTransaction({ ...limits, readOnly: false }, async (transaction) => {
      trial.failure = await applyAll(steps, transaction);
      if (trial.failure !== null) return;
      for (const probe of asked.probes)
        trial.probes.push(await runProbeWithin(probe, transaction, parser));
      trial.unprepared = await prepareAll(asked.blueUses, transaction);
    });
  return { ...trial, durationMs: Math.round(performance.now() - startedAt) };
}

/** What is to be run; what is left out, and what is no SQL, is noted in the trial. */
function stepsOf(migrations: readonly MigrationFile[], trial: Trial, parser: SqlParser): Step[] {
  return migrations.flatMap(({ name, sql }): Step[] => {
    if (sql === null) {
      trial.skipped.push(`${name} is not SQL`);
      return [];
    }
    try {
      return withoutFrame(parser.parse(sql)).flatMap((statement) => {
        if (!isConcurrent(statement.node)) return { migration: name, statement };
        trial.skipped.push(`${name}: ${statement.text.slice(0, 80)}`);
        return [];
      });
    } catch (error) {
      trial.failure ??= `${name}: ${messageOf(error)}`;
      return [];
    }
  });
}

function whyNotUndone(steps: readonly Step[]): string | null {
  const step = steps.find(({ statement }) => !isUndoable(statement.node));
  if (!step) return null;
  const { migration, statement } = step;
  const number = steps.filter((it) => it.migration === migration).indexOf(step) + 1;
  const text = brief(statement.text, 80);
  return `statement ${number} of ${migration} (${text}) could have effects that outlive a rollback`;
}

/** Roles of PostgreSQL whose members run programs and write files on its machine. */
const mightyRoles = ['pg_execute_server_program', 'pg_write_server_files'];

/** Such a role turns any mistake of a migration into one of the whole machine. */
async function whyTooMighty(session: Session): Promise<string | null> {
  const [row] = await session.inTransaction(reading, ({ query }) =>
    query(
      `SELECT r.rolname AS name, r.rolsuper AS "isSuperuser", (
         SELECT min(m.rolname) FROM pg_roles m
         WHERE m.rolname = ANY($1) AND pg_has_role(r.rolname, m.oid, 'MEMBER')
       ) AS "memberOf"
       FROM pg_roles r WHERE r.rolname IN (current_user, session_user)
       ORDER BY r.rolsuper DESC, "memberOf" NULLS LAST`,
      [mightyRoles],
    ),
  );
  if (!row) return 'the database does not say what the role of the connection may do';
  if (row.isSuperuser === true) return `the role ${row.name} is a superuser; use an ordinary one`;
  if (row.memberOf === null) return null;
  return `the role ${row.name} is a member of ${row.memberOf}; use an ordinary one`;
}

/** Why they could not be applied, or null. */
async function applyAll(steps: readonly Step[], { query }: Transaction): Promise<string | null> {
  for (const { migration, statement } of steps) {
    try {
      await query(statement.text);
    } catch (error) {
      return `${migration}: ${messageOf(error)}`;
    }
  }
  return null;
}

/** `BEGIN` and `COMMIT` of the migration itself: the transaction is ours. */
function withoutFrame(statements: readonly Statement[]): Statement[] {
  const frame = ['TRANS_STMT_BEGIN', 'TRANS_STMT_START', 'TRANS_STMT_COMMIT'];
  return statements.filter(
    ({ node }) => !('TransactionStmt' in node && frame.includes(node.TransactionStmt.kind ?? '')),
  );
}
