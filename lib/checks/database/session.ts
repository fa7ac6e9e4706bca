import { Socket } from 'node:net';
import type { Timers } from '../../release/clock.ts';

/** A row as the driver gives it. */
export type Row = Record<string, unknown>;

/** Runs one statement. @throws DatabaseError of `pg`, with the server's `code`. */
export type Query = (sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** A transaction that is under way. */
export interface Transaction {
  query: Query;
  /** Runs one statement, and says how many rows it gave or changed. */
  count(sql: string): Promise<number>;
}

/** A connection to a database. */
export interface Session {
  /** Where, without a password: `shop at db.example.com:5432`. */
  place: string;
  /** Runs something in a transaction that is rolled back, whatever comes of it. */
  inTransaction<T>(
    limits: TransactionLimits,
    run: (transaction: Transaction) => Promise<T>,
  ): Promise<T>;
  end(): Promise<void>;
}

/** What a transaction may do. Milliseconds. */
export interface TransactionLimits {
  readOnly: boolean;
  statementMs: number;
  lockMs: number;
}

/** For looking at catalogs. */
export const reading: TransactionLimits = { readOnly: true, statementMs: 5000, lockMs: 2000 };

const connectMs = 5000;
const attempts = 3;
const betweenMs = 300;

/**
 * Connects to a PostgreSQL by its URL, with TLS as the URL asks for it. What breaks the connection on the
 * way is tried three times.
 * @throws Error without the password.
 */
export async function openSession(
  url: string,
  { abort, timers }: { abort: AbortSignal; timers: Timers },
): Promise<Session> {
  for (let number = 1; ; number += 1) {
    try {
      return await connect(url, abort);
    } catch (error) {
      if (number === attempts || abort.aborted || !isTransient(error)) throw error;
      await new Promise<void>((resolve) => timers.after(betweenMs, resolve));
    }
  }
}

/** Codes of the network, and of a server that has too much to do or just starts (errcodes-appendix). */
function isTransient(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code ?? '');
  return ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', '53300', '57P03'].includes(code);
}

async function connect(url: string, abort: AbortSignal): Promise<Session> {
  const { default: pg } = await import('pg');
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectMs,
    application_name: 'verdigris',
    stream: () => socket,
  });
  // What breaks a connection reaches whoever waits for an answer; this is about nobody waiting.
  client.on('error', () => {});
  const stop = () => socket.destroy(new Error('its time was up'));
  if (abort.aborted) throw new Error('its time was up');
  abort.addEventListener('abort', stop, { once: true });
  const end = async () => {
    abort.removeEventListener('abort', stop);
    await client.end().catch(() => {});
    socket.destroy();
  };
  try {
    await client.connect();
  } catch (error) {
    await end();
    throw error;
  }
  // One statement at a time, also where it has no values.
  const send = (text: string, values: readonly unknown[] = []) => {
    const config = { text, values: [...values], queryMode: 'extended' };
    return client.query<Row>(config);
  };
  const query: Query = async (sql, values) => (await send(sql, values)).rows;
  const count = async (sql: string) => (await send(sql)).rowCount ?? 0;
  return {
    place: `${client.database} at ${client.host}:${client.port}`,
    end,
    async inTransaction({ readOnly, statementMs, lockMs }, run) {
      await query(`BEGIN TRANSACTION ${readOnly ? 'READ ONLY' : 'READ WRITE'}`);
      try {
        await query(`SET LOCAL statement_timeout = ${Math.round(statementMs)}`);
        await query(`SET LOCAL lock_timeout = ${Math.round(lockMs)}`);
        return await run({ query, count });
      } finally {
        // A connection that broke has rolled back by itself.
        await query('ROLLBACK').catch(() => {});
      }
    },
  };
}
