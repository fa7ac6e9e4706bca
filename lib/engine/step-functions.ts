import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { isCalled, meaningOf } from '../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { JsonObject } from '../release/json.ts';
import type { Engine, Execution, Machine, TokenAnswer } from './engine.ts';

/** Where the state machines are: their ARNs. */
export interface StepFunctionsConfig {
  stateMachineArns: Record<Machine, string>;
}

/** What the engine needs of the SDK. */
export interface StepFunctionsDeps {
  client: Pick<SFNClient, 'send'>;
}

/** Longest error name and cause that Step Functions takes, in characters. */
const limits = { name: 256, cause: 32_768 };

const statuses: Record<string, Execution['status']> = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed-out',
  ABORTED: 'aborted',
  PENDING_REDRIVE: 'failed',
};

/** Runs the state machines on AWS Step Functions (Standard workflows). */
export function createStepFunctionsEngine(
  { stateMachineArns }: StepFunctionsConfig,
  { client }: StepFunctionsDeps,
): Engine {
  const executionArn = (machine: Machine, name: string) =>
    `${stateMachineArns[machine].replace(':stateMachine:', ':execution:')}:${name}`;

  /** Step Functions answers a repetition with the same input as if it were the first: look before. */
  async function exists(machine: Machine, name: string): Promise<boolean> {
    const command = new DescribeExecutionCommand({ executionArn: executionArn(machine, name) });
    return (await orNull(client.send(command), 'ExecutionDoesNotExist')) !== null;
  }

  async function answer(sending: Promise<unknown>): Promise<TokenAnswer> {
    const given = await orNull(sending, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken');
    return given === null ? 'stale' : 'accepted';
  }

  return {
    async start(machine, name, input) {
      if (await exists(machine, name)) return { isNew: false };
      const command = new StartExecutionCommand({
        stateMachineArn: stateMachineArns[machine],
        name,
        input: JSON.stringify(input),
      });
      const started = await orNull(client.send(command), 'ExecutionAlreadyExists');
      return { isNew: started !== null };
    },

    succeed(taskToken, output) {
      const command = new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) });
      return answer(client.send(command));
    },

    fail(taskToken, { name, cause }) {
      const command = new SendTaskFailureCommand({
        taskToken,
        error: name.slice(0, limits.name),
        cause: cause.slice(0, limits.cause),
      });
      return answer(client.send(command));
    },

    async stop(machine, name, reason) {
      const command = new StopExecutionCommand({
        executionArn: executionArn(machine, name),
        error: 'Stopped',
        cause: reason.slice(0, limits.cause),
      });
      await orNull(client.send(command), 'ExecutionDoesNotExist');
    },

    async describe(machine, name) {
      const command = new DescribeExecutionCommand({ executionArn: executionArn(machine, name) });
      const found = await orNull(client.send(command), 'ExecutionDoesNotExist');
      return found && toExecution(machine, name, found);
    },
  };
}

function toExecution(
  machine: Machine,
  name: string,
  found: DescribeExecutionCommandOutput,
): Execution {
  return {
    machine,
    name,
    status: statuses[found.status ?? ''] ?? 'running',
    input: JSON.parse(found.input ?? '{}') as JsonObject,
    error: found.error ?? null,
    cause: found.cause ?? null,
  };
}

/** The answer, or null for the errors that are answers too; the rest as errors of ours. */
async function orNull<T>(sending: Promise<T>, ...answers: string[]): Promise<T | null> {
  try {
    return await sending;
  } catch (error) {
    if (error instanceof Error && answers.includes(error.name)) return null;
    throw toOurs(error);
  }
}

/** Errors of ours that no repetition mends: the set-up is wrong. */
const setUpErrors = ['InvalidArn', 'InvalidName', 'StateMachineDoesNotExist'];

function toOurs(cause: unknown): VerdigrisError {
  const name = cause instanceof Error ? cause.name : '';
  const said = `${name}: ${messageOf(cause)}`;
  const meaning = meaningOf(cause);
  if (meaning === 'throttled') {
    return new VerdigrisError('ThrottledError', `Step Functions asks for patience: ${said}`, {
      cause,
    });
  }
  if (meaning === 'denied' || isCalled(cause, ...setUpErrors)) {
    const message = `Step Functions refuses: ${said}; check the state machines' ARNs and this role`;
    return new VerdigrisError('ConfigInvalidError', message, { cause });
  }
  return new VerdigrisError('EngineUnavailableError', `Step Functions does not answer: ${said}`, {
    cause,
  });
}
