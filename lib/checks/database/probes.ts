import type { Node } from 'libpg-query';
import { messageOf } from '../../release/errors.ts';
import type { SqlParser, Statement } from './parser.ts';
import { nodesIn, unknownCallsIn } from './pure-functions.ts';
import type { Session, Transaction } from './session.ts';
import { isRunning } from './uses.ts';

/** SQL that must go through, as the manifest has it. */
export interface Probe {
  name: string;
  sql: string;
  /** Whose it is. */
  of: 'blue' | 'green' | 'both';
  /** The last statement has to give or change at least this many rows. */
  minRows: number;
}

/** What came of one. */
export interface ProbeResult {
  name: string;
  of: Probe['of'];
  isOk: boolean;
  /** Of the last statement; null when it failed. */
  rows: number | null;
  durationMs: number;
  /** Why it failed, in one line. */
  reason: string | null;
}

/** How long one may take, and wait for locks. Milliseconds. */
export interface ProbeLimits {
  statementMs: number;
  lockMs: number;
}

/**
 * Whether a probe may change anything, if only until it is rolled back: it does not just read, or calls a
 * function that is not known for reading only. What is no probe writes nothing: running it says why.
 */
export function isWriting({ sql }: Probe, parser: SqlParser): boolean {
  try {
    return statementsOf(sql, parser).some(({ node }) => !isReading(node));
  } catch {
    return false;
  }
}

/** What a SELECT can have in it that does more than read. */
const writingParts = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'LockingClause'];

function isReading(node: Node): boolean {
  if (!('SelectStmt' in node) || unknownCallsIn(node).length > 0) return false;
  const isInto = nodesIn(node, 'intoClause').length > 0;
  return !isInto && writingParts.every((part) => nodesIn(node, part).length === 0);
}

/**
 * Runs a probe in a transaction of its own that is rolled back. A lock that was not free, or a conflict
 * with others, says nothing about the probe: then it is run again, once.
 */
export async function runProbe(
  probe: Probe,
  session: Session,
  parser: SqlParser,
  limits: ProbeLimits,
): Promise<ProbeResult> {
  const transaction = { ...limits, readOnly: !isWriting(probe, parser) };
  const once = () =>
    session.inTransaction(transaction, (running) => attemptProbe(probe, running, parser));
  const first = await settle(probe, once);
  return first.isTransient ? (await settle(probe, once)).result : first.result;
}

/** The same within a transaction that somebody else rolls back. */
export async function runProbeWithin(
  probe: Probe,
  transaction: Transaction,
  parser: SqlParser,
): Promise<ProbeResult> {
  const { query } = transaction;
  await query('SAVEPOINT probe');
  // Until the savepoint is back.
  if (!isWriting(probe, parser)) await query('SET LOCAL transaction_read_only = on');
  const { result } = await settle(probe, () => attemptProbe(probe, transaction, parser));
  await query('ROLLBACK TO SAVEPOINT probe');
  return result;
}

/** Codes: errcodes-appendix.html. A lock, a deadlock, a conflict, a time-out. */
const transient = ['55P03', '40P01', '40001', '57014'];

async function settle(
  { name, of }: Probe,
  attempt: () => Promise<number>,
): Promise<{ result: ProbeResult; isTransient: boolean }> {
  const startedAt = performance.now();
  const took = () => Math.round((performance.now() - startedAt) * 10) / 10;
  try {
    const rows = await attempt();
    const result = { name, of, isOk: true, rows, durationMs: took(), reason: null };
    return { result, isTransient: false };
  } catch (error) {
    const { code } = error as { code?: unknown };
    const reason = `${messageOf(error)}${code ? ` (${code})` : ''}`;
    const result = { name, of, isOk: false, rows: null, durationMs: took(), reason };
    return { result, isTransient: transient.includes(String(code)) };
  }
}

async function attemptProbe(
  probe: Probe,
  { query, count }: Transaction,
  parser: SqlParser,
): Promise<number> {
  let rows = 0;
  for (const { text } of statementsOf(probe.sql, parser)) rows = await count(text);
  // What is deferred to the end of a transaction would otherwise never be looked at.
  await query('SET CONSTRAINTS ALL IMMEDIATE');
  if (rows >= probe.minRows) return rows;
  throw new Error(`${rows} ${rows === 1 ? 'row' : 'rows'}, at least ${probe.minRows} expected`);
}

/** @throws Error for what cannot be rolled back, or is no SQL. */
function statementsOf(sql: string, parser: SqlParser): Statement[] {
  const statements = parser.parse(sql);
  const other = statements.find((statement) => !isRunning(statement));
  if (!other) return statements;
  throw new Error(
    `only SELECT, INSERT, UPDATE, DELETE and MERGE can be probes, not: ${other.text}`,
  );
}
