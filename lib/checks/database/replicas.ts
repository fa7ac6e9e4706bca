import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import { type Query, reading, type Session, type Transaction } from './session.ts';

/** A replica to look at, with its connection. */
export interface ReplicaTarget {
  name: string;
  maxLagSeconds: number;
  /** @throws Error when it cannot be reached. */
  open(): Promise<Session>;
}

/** How far behind one is. */
export interface ReplicaResult {
  name: string;
  maxLagSeconds: number;
  /** Null when it could not be told. */
  lagSeconds: number | null;
  isOk: boolean;
  /** Why not, in one line. */
  reason: string | null;
}

interface Tools {
  /** Waits no longer than this for one that is behind, and then goes by its clock. */
  patienceSeconds: number;
  timers: Timers;
  abort: AbortSignal;
}

const betweenMs = 200;

/**
 * Looks how long a replica takes to reach where the primary stands now: its clock alone says nothing, as
 * the last transaction of an idle primary may be hours old.
 */
export async function measureReplica(
  target: ReplicaTarget,
  primary: Session,
  tools: Tools,
): Promise<ReplicaResult> {
  const { name, maxLagSeconds } = target;
  const failed = (reason: string, lagSeconds: number | null = null): ReplicaResult => ({
    ...{ name, maxLagSeconds, lagSeconds, isOk: false, reason },
  });
  let replica: Session | null = null;
  try {
    const goal = await primary.inTransaction(reading, currentPosition);
    const opened = await target.open();
    replica = opened;
    const startedAt = performance.now();
    const elapsed = () => (performance.now() - startedAt) / 1000;
    for (;;) {
      const look = await opened.inTransaction(reading, ({ query }) => lookAt(query, goal));
      if (!look.isReplica) return failed('is no replica: it takes writes itself');
      const lagSeconds = round(look.isThere ? elapsed() : Math.max(elapsed(), look.ageSeconds));
      const isOver = elapsed() >= Math.min(maxLagSeconds, tools.patienceSeconds);
      if (look.isThere || (isOver && lagSeconds < maxLagSeconds))
        return { name, maxLagSeconds, lagSeconds, isOk: true, reason: null };
      if (isOver || tools.abort.aborted)
        return failed(behind(lagSeconds, maxLagSeconds), lagSeconds);
      await pause(tools);
    }
  } catch (error) {
    return failed(messageOf(error));
  } finally {
    await replica?.end();
  }
}

function pause({ timers }: Tools): Promise<void> {
  return new Promise((resolve) => {
    timers.after(betweenMs, resolve);
  });
}

async function currentPosition({ query }: Transaction): Promise<string> {
  const [row] = await query('SELECT pg_current_wal_lsn()::text AS lsn');
  return String(row?.lsn);
}

interface Look {
  isReplica: boolean;
  /** It has everything up to the goal. */
  isThere: boolean;
  /** Since the last transaction that it has. */
  ageSeconds: number;
}

async function lookAt(query: Query, goal: string): Promise<Look> {
  const [row] = await query(
    `SELECT pg_is_in_recovery() AS is_replica,
            coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) AS is_there,
            coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)::float8 AS age`,
    [goal],
  );
  return {
    isReplica: row?.is_replica === true,
    isThere: row?.is_there === true,
    ageSeconds: Number(row?.age ?? 0),
  };
}

/** What the primary itself says of its replicas; `pg_stat_replication` shows it to pg_monitor only. */
export async function measureKnownReplicas(
  primary: Session,
  maxLagSeconds: number,
  tools: Tools,
): Promise<ReplicaResult[]> {
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const goal = await primary.inTransaction(reading, currentPosition);
  for (;;) {
    const rows = await primary.inTransaction(reading, ({ query }) => listReplicas(query, goal));
    const patience = Math.min(maxLagSeconds, tools.patienceSeconds);
    const isOver = elapsed() >= patience || tools.abort.aborted;
    if (isOver || rows.every(({ is_there }) => is_there)) {
      return rows.map(({ name, is_there, lag }) =>
        resultOf(name, is_there, Math.max(elapsed(), lag), maxLagSeconds),
      );
    }
    await pause(tools);
  }
}

interface ReplicationRow {
  name: string;
  is_there: boolean;
  lag: number;
}

async function listReplicas(query: Query, goal: string): Promise<ReplicationRow[]> {
  const rows = await query(
    `SELECT coalesce(nullif(application_name, ''), client_addr::text, 'replica') AS name,
            coalesce(replay_lsn >= $1::pg_lsn, false) AS is_there,
            coalesce(extract(epoch FROM replay_lag), 0)::float8 AS lag
       FROM pg_stat_replication ORDER BY 1`,
    [goal],
  );
  return rows as unknown as ReplicationRow[];
}

function resultOf(
  name: string,
  isThere: boolean,
  lag: number,
  maxLagSeconds: number,
): ReplicaResult {
  const lagSeconds = round(lag);
  const isOk = isThere || lagSeconds < maxLagSeconds;
  const reason = isOk ? null : behind(lagSeconds, maxLagSeconds);
  return { name, maxLagSeconds, lagSeconds, isOk, reason };
}

function behind(lagSeconds: number, maxLagSeconds: number): string {
  return `is ${lagSeconds} s behind, at most ${maxLagSeconds} s are allowed`;
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
