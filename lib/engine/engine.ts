import type { Json, JsonObject } from '../release/json.ts';

/** The state machines of `statemachines/`. */
export const machines = ['release', 'rollback', 'retire'] as const;
export type Machine = (typeof machines)[number];

/** How an execution stands. */
export interface Execution {
  machine: Machine;
  /** Unique per machine; the release id for the release machine. */
  name: string;
  status: 'running' | 'succeeded' | 'failed' | 'timed-out' | 'aborted';
  input: JsonObject;
  /** Of a failed one: the error name of its Fail state or of what was not caught. */
  error: string | null;
  cause: string | null;
}

/** What a token was told: `stale` when nobody waits for it any more, which is no error. */
export type TokenAnswer = 'accepted' | 'stale';

/** Runs the state machines. */
export interface Engine {
  /**
   * Starts an execution. The same machine and name twice starts once.
   * @throws EngineUnavailableError, worth a repetition.
   */
  start(machine: Machine, name: string, input: JsonObject): Promise<{ isNew: boolean }>;
  /** Lets the task that waits for this token succeed. */
  succeed(token: string, output: Json): Promise<TokenAnswer>;
  /** Lets the task that waits for this token fail with that error name. */
  fail(token: string, error: { name: string; cause: string }): Promise<TokenAnswer>;
  /** Stops a running execution at once; stopping an ended one has no effect. */
  stop(machine: Machine, name: string, reason: string): Promise<void>;
  /** The execution, or null when there never was one (or its history has expired). */
  describe(machine: Machine, name: string): Promise<Execution | null>;
}
