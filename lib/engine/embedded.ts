import {
  ExecutionAbortedError,
  StateMachine,
  type StateMachineDefinition,
} from 'aws-local-stepfunctions';
import { type Clock, epochMs, type Ids, isoTime, type Timers } from '../release/clock.ts';
import { messageOf } from '../release/errors.ts';
import type { Json, JsonObject } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import {
  type PreparedDefinition,
  prepareDefinition,
  type TaskFacts,
  valueAt,
  type WaitFacts,
} from './embedded/definition.ts';
import { createPatience } from './embedded/retry.ts';
import type { Engine, Execution, Machine, TokenAnswer } from './engine.ts';
import type { ExecutionStore, StoredExecution } from './execution-store.ts';

/** Stands for one Lambda function: gets the state's payload, answers the next document. */
export type Handler = (payload: Json, call: { remainingMs(): number }) => Promise<Json>;

/** What the embedded engine is made of. */
export interface EmbeddedEngineDeps {
  /** The shipped ASL, parsed. */
  definitions: Record<Machine, StateMachineDefinition>;
  /** By the function key that the ASL names, for instance `watchWindow`. */
  handlers: Record<string, Handler>;
  clock: Clock;
  timers: Timers;
  ids: Ids;
  log: Logger;
  store: ExecutionStore;
  /** Called after every end of an execution: on AWS this is the status-change event (rule 7). */
  onEnded: (execution: Execution) => Promise<void>;
}

/** An engine in this process. */
export interface EmbeddedEngine extends Engine {
  /**
   * To be called once at start: what a killed conductor left running. Rollbacks and retirements
   * begin anew from their input, which is safe since every step is idempotent; a release is ended as
   * aborted, which is told to `onEnded`.
   */
  recover(): Promise<void>;
  /** Resolves when no execution is running. */
  settled(): Promise<void>;
  /** Forgets every running execution without ending it, as a killed process would. */
  abandon(): void;
}

interface Running {
  /** Ends the execution and everything that it waits for. */
  abort: () => void;
  /** Set before `abort` when this engine is thrown away rather than the execution stopped. */
  isAbandoned: boolean;
  finished: Promise<void>;
}

interface Waiter {
  resolve(output: Json): void;
  reject(error: Error): void;
}

/** Runs the shipped state machines with `aws-local-stepfunctions`, tokens and time being our own. */
export function createEmbeddedEngine(deps: EmbeddedEngineDeps): EmbeddedEngine {
  const { clock, ids, log, store } = deps;
  const prepared = Object.fromEntries(
    Object.entries(deps.definitions).map(([name, shipped]) => [name, prepareDefinition(shipped)]),
  ) as Record<Machine, PreparedDefinition>;
  const running = new Map<string, Running>();
  const waiters = new Map<string, Waiter>();
  let lastEntryMs = 0;

  async function start(machine: Machine, name: string, input: JsonObject) {
    const execution: StoredExecution = {
      machine,
      name,
      status: 'running',
      input: copy(input),
      error: null,
      cause: null,
      startedAt: isoTime(clock.now()),
    };
    const { isNew } = await store.create(execution);
    if (isNew) run(execution);
    return { isNew };
  }

  function run(execution: StoredExecution): void {
    const { machine, name } = execution;
    const { definition } = prepared[machine];
    const ending = new AbortController();
    const stateMachine = new StateMachine(definition, { validationOptions: { noValidate: true } });
    const { result, abort, eventLogs } = stateMachine.run(copy(execution.input), {
      overrides: {
        taskResourceLocalHandlers: overrides(machine, ending.signal),
      },
      // Fixed for the whole execution: what a task that waits gets of it is the engine's own.
      context: {
        Task: { Token: 'issued-by-the-engine' },
        State: { EnteredTime: 'told-by-the-engine', RetryCount: 0 },
      },
    });
    void drain(eventLogs);
    const entry: Running = {
      abort() {
        abort();
        ending.abort(executionEnded());
      },
      isAbandoned: false,
      finished: Promise.resolve(),
    };
    const key = `${machine}/${name}`;
    running.set(key, entry);
    entry.finished = finish(execution, result, entry).finally(() => running.delete(key));
  }

  async function finish(execution: StoredExecution, result: Promise<unknown>, entry: Running) {
    const ended = await outcomeOf(execution, result);
    if (entry.isAbandoned) return;
    const { machine, name, status, error, cause } = ended;
    await insist(entry, name, async () => {
      if (status !== 'running') await store.end(machine, name, status, error, cause);
    });
    await insist(entry, name, () => deps.onEnded(ended));
  }

  /** The end of an execution is told until it was heard: a release may be stranded otherwise. */
  async function insist(entry: Running, name: string, tell: () => Promise<void>): Promise<void> {
    for (let tried = 0; !entry.isAbandoned; tried += 1) {
      try {
        return await tell();
      } catch (error) {
        log.error('the end of an execution was not told', { name, reason: messageOf(error) });
        const again = Promise.withResolvers<void>();
        deps.timers.after(Math.min(30_000, 250 * 2 ** tried), () => again.resolve());
        await again.promise;
      }
    }
  }

  type Overrides = Record<string, (input: unknown) => Promise<never>>;

  function overrides(machine: Machine, ending: AbortSignal): Overrides {
    const { tasks, waits } = prepared[machine];
    const handlers: Record<string, (input: never) => Promise<unknown>> = {};
    for (const [name, facts] of Object.entries(tasks)) {
      handlers[name] = (input) => runWithRetries(name, facts, input, ending);
    }
    for (const [name, facts] of Object.entries(waits)) {
      handlers[name] = (input) => runWait(facts, input, ending);
    }
    return handlers as Overrides;
  }

  async function runWait(facts: WaitFacts, input: unknown, ending: AbortSignal): Promise<unknown> {
    await wait(waitMs(facts, input), ending);
    return input;
  }

  async function wait(ms: number, ending: AbortSignal): Promise<void> {
    const waited = Promise.withResolvers<void>();
    const cancel = deps.timers.after(ms, () => waited.resolve());
    await untilEnded(waited.promise, ending).finally(cancel);
  }

  function waitMs(facts: WaitFacts, input: unknown): number {
    if ('seconds' in facts) return facts.seconds * 1000;
    if ('secondsPath' in facts) return Number(valueAt(input, facts.secondsPath)) * 1000;
    return Math.max(0, epochMs(String(valueAt(input, facts.timestampPath))) - clock.now());
  }

  async function runWithRetries(
    name: string,
    facts: TaskFacts,
    parameters: { Payload: Json },
    ending: AbortSignal,
  ) {
    const patience = createPatience(facts.retriers);
    for (;;) {
      try {
        return await runTask(name, facts, parameters, ending);
      } catch (error) {
        const seconds = ending.aborted ? null : patience(nameOf(error));
        if (seconds === null) throw error;
        await wait(seconds * 1000, ending);
      }
    }
  }

  async function runTask(
    name: string,
    facts: TaskFacts,
    parameters: { Payload: Json },
    ending: AbortSignal,
  ) {
    const handler = deps.handlers[facts.functionKey];
    if (!handler) throw new Error(`no handler for state ${name}`);
    const payload = copy(parameters.Payload);
    const document = facts.waitsForToken ? (payload as { document: Json }).document : payload;
    const seconds =
      typeof facts.timeout === 'number' ? facts.timeout : Number(valueAt(document, facts.timeout));
    const deadline = clock.now() + seconds * 1000;
    const call = { remainingMs: () => Math.max(0, deadline - clock.now()) };
    if (!facts.waitsForToken) {
      const work = handler(payload, call).then((answer) => ({ Payload: copy(answer) }));
      return withTimeout(untilEnded(asTaskError(work), ending), seconds);
    }
    const token = ids.next();
    const task = { document, token, enteredAt: nextEntry(), retryCount: 0 };
    const work = waitForToken(token, () => handler(task, call));
    return withTimeout(untilEnded(asTaskError(work), ending), seconds).finally(() =>
      waiters.delete(token),
    );
  }

  /** Now, and later than the last one whatever the clock says: tokens are put into their order by it. */
  function nextEntry(): string {
    lastEntryMs = Math.max(clock.now(), lastEntryMs + 1);
    return isoTime(lastEntryMs);
  }

  /** Whichever comes first: the function failing to store its token, or the token's answer. */
  async function waitForToken(token: string, store: () => Promise<Json>): Promise<Json> {
    const answer = Promise.withResolvers<Json>();
    waiters.set(token, answer);
    return Promise.race([store().then(() => answer.promise), answer.promise]);
  }

  async function withTimeout<T>(work: Promise<T>, seconds: number): Promise<T> {
    const late = Promise.withResolvers<never>();
    const cancel = deps.timers.after(seconds * 1000, () => late.reject(statesTimeout(seconds)));
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      cancel();
    }
  }

  function answer(token: string, tell: (waiter: Waiter) => void): TokenAnswer {
    const waiter = waiters.get(token);
    if (!waiter) return 'stale';
    waiters.delete(token);
    tell(waiter);
    return 'accepted';
  }

  return {
    start,
    succeed: async (token, output) => answer(token, (waiter) => waiter.resolve(copy(output))),
    fail: async (token, { name, cause }) =>
      answer(token, (waiter) => waiter.reject(Object.assign(new Error(cause), { name }))),
    async stop(machine, name) {
      running.get(`${machine}/${name}`)?.abort();
    },
    async describe(machine, name) {
      const found = await store.get(machine, name);
      if (!found) return null;
      const { startedAt: _, ...execution } = found;
      return execution;
    },
    async recover() {
      for (const execution of await store.running()) {
        if (execution.machine === 'release') await endInterrupted(execution);
        else run(execution);
      }
    },
    async settled() {
      while (running.size > 0) await Promise.all([...running.values()].map((it) => it.finished));
    },
    abandon() {
      for (const entry of running.values()) {
        entry.isAbandoned = true;
        entry.abort();
      }
    },
  };

  async function endInterrupted(execution: StoredExecution): Promise<void> {
    const cause = 'the conductor was stopped while this execution was running';
    await store.end(execution.machine, execution.name, 'aborted', null, cause);
    await deps.onEnded({ ...execution, status: 'aborted', cause });
  }
}

/** Keeps the library's event log from growing: nobody else reads it. */
async function drain(events: AsyncGenerator<unknown>): Promise<void> {
  for await (const _ of events);
}

async function outcomeOf(execution: StoredExecution, result: Promise<unknown>): Promise<Execution> {
  const { startedAt: _, ...base } = execution;
  try {
    await result;
    return { ...base, status: 'succeeded' };
  } catch (error) {
    if (error instanceof ExecutionAbortedError) return { ...base, status: 'aborted' };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { ...base, status: 'failed', error: nameOf(cause), cause: messageOf(cause) };
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}

/**
 * Of what a function throws, name and message alone reach a state machine. The library would also
 * heed an `isRetryable` of its own, which Step Functions knows nothing of.
 */
async function asTaskError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw Object.assign(new Error(messageOf(error)), { name: nameOf(error) });
  }
}

/** The work's answer, or a rejection as soon as the execution is ended from outside. */
function untilEnded<T>(work: Promise<T>, ending: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const end = () => ended.reject(ending.reason);
  if (ending.aborted) end();
  ending.addEventListener('abort', end, { once: true });
  return Promise.race([work, ended.promise]).finally(() =>
    ending.removeEventListener('abort', end),
  );
}

/** Neither a Retry nor a Catch may take an execution up again that was ended from outside. */
function executionEnded(): Error {
  return Object.assign(new ExecutionAbortedError(), { isRetryable: false, isCatchable: false });
}

function statesTimeout(seconds: number): Error {
  return Object.assign(new Error(`no answer within ${seconds} s`), { name: 'States.Timeout' });
}

/** Only what survives JSON crosses a state's border, as on AWS. */
function copy<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
