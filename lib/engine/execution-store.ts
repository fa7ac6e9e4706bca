import type { Execution, Machine } from './engine.ts';

/** An execution as the embedded engine remembers it. */
export interface StoredExecution extends Execution {
  /** ISO 8601. */
  startedAt: string;
}

/**
 * What the embedded engine remembers of its executions, so that a conductor that was killed finds
 * what was running. Every method is atomic and may be called again after an answer was lost. Any of
 * them may throw LedgerUnavailableError, which is worth a repetition.
 */
export interface ExecutionStore {
  /** Stores an execution; the same machine and name again changes nothing and is not new. */
  create(execution: StoredExecution): Promise<{ isNew: boolean }>;
  /** Writes the end of a running execution once; otherwise, or when there is none, has no effect. */
  end(
    machine: Machine,
    name: string,
    status: Exclude<Execution['status'], 'running'>,
    error: string | null,
    cause: string | null,
  ): Promise<void>;
  get(machine: Machine, name: string): Promise<StoredExecution | null>;
  /** All that have not ended, oldest first. */
  running(): Promise<StoredExecution[]>;
}
