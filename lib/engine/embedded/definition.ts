import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import type { Retrier } from './retry.ts';

type States = StateMachineDefinition['States'];
type State = States[string];

/** What the engine has to know of one Task or Wait state, besides the definition. */
export interface TaskFacts {
  /** The key of the Lambda function that runs it, for instance `watchWindow`. */
  functionKey: string;
  /** Whether the state goes on with a task token instead of the function's answer. */
  waitsForToken: boolean;
  /** Seconds, or the JSONPath into the state's input that holds them. */
  timeout: number | string;
  retriers: readonly Retrier[];
}

/** How a Wait state says until when. */
export type WaitFacts = { secondsPath: string } | { timestampPath: string } | { seconds: number };

/** A shipped definition, made ready for `aws-local-stepfunctions`. */
export interface PreparedDefinition {
  definition: StateMachineDefinition;
  tasks: Record<string, TaskFacts>;
  waits: Record<string, WaitFacts>;
}

/**
 * The library's own timers must never fire: time belongs to the injected clock. Seconds, 23 days,
 * the most that setTimeout takes; a longer Wait is begun again then.
 */
const never = 2_000_000;

/**
 * Takes time out of a definition and leaves everything else as it is shipped: Wait states become
 * tasks that wait on the injected timers, and time-outs and retries are kept by the engine, which
 * resolves TimeoutSecondsPath against the state's input as AWS does (the library uses the result of
 * Parameters). See docs/decisions/003-embedded-engine.md for why.
 */
export function prepareDefinition(shipped: StateMachineDefinition): PreparedDefinition {
  const prepared: PreparedDefinition = {
    definition: { ...shipped, States: {} },
    tasks: {},
    waits: {},
  };
  delete prepared.definition.TimeoutSeconds;
  for (const [name, state] of Object.entries(shipped.States)) {
    prepared.definition.States[name] = prepareState(name, state, prepared);
  }
  return prepared;
}

function prepareState(name: string, state: State, prepared: PreparedDefinition): State {
  if (state.Type === 'Wait') {
    prepared.waits[name] = waitFacts(state);
    const { Type: _, Seconds, SecondsPath, Timestamp, TimestampPath, ...rest } = state;
    return {
      ...rest,
      Type: 'Task',
      Resource: 'embedded:wait',
      TimeoutSeconds: never,
      Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 0, MaxAttempts: 1000 }],
    } as State;
  }
  if (state.Type !== 'Task') return state;
  prepared.tasks[name] = taskFacts(name, state);
  const { TimeoutSecondsPath: _, Retry: __, ...rest } = state;
  return { ...rest, TimeoutSeconds: never } as State;
}

function waitFacts(state: Extract<State, { Type: 'Wait' }>): WaitFacts {
  if (state.SecondsPath) return { secondsPath: state.SecondsPath };
  if (state.TimestampPath) return { timestampPath: state.TimestampPath };
  return { seconds: state.Seconds ?? 0 };
}

function taskFacts(name: string, state: Extract<State, { Type: 'Task' }>): TaskFacts {
  const parameters = state.Parameters as { FunctionName?: { 'Fn::GetAtt'?: [string, string] } };
  const functionKey = parameters?.FunctionName?.['Fn::GetAtt']?.[0];
  if (!functionKey) throw new Error(`state ${name} names no function by Fn::GetAtt`);
  return {
    functionKey,
    waitsForToken: state.Resource.endsWith('.waitForTaskToken'),
    timeout: state.TimeoutSecondsPath ?? state.TimeoutSeconds ?? never,
    retriers: state.Retry ?? [],
  };
}

/** The value at a plain JSONPath such as `$.watch.nextLookSeconds`. */
export function valueAt(input: unknown, path: string): unknown {
  const keys = path.split('.').slice(1);
  return keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    input,
  );
}
