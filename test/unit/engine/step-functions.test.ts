import { describe, expect, it } from 'vitest';
import { createStepFunctionsEngine } from '../../../lib/engine/step-functions.ts';

const arn = (machine: string) =>
  `arn:aws:states:eu-central-1:123456789012:stateMachine:v-${machine}`;
const stateMachineArns = {
  release: arn('release'),
  rollback: arn('rollback'),
  retire: arn('retire'),
};

type Reply = (input: Record<string, unknown>) => unknown;

function named(name: string): Error {
  return Object.assign(new Error(`${name} said no`), { name });
}

/** A Step Functions client that answers by command name and keeps what it was sent. */
function prepare(replies: Record<string, Reply>) {
  const sent: { command: string; input: Record<string, unknown> }[] = [];
  const send = async (command: { constructor: { name: string }; input: object }) => {
    const name = command.constructor.name.replace(/Command$/, '');
    const input = command.input as Record<string, unknown>;
    sent.push({ command: name, input });
    const reply = replies[name];
    if (!reply) throw new Error(`unexpected ${name}`);
    return reply(input);
  };
  const client = { send } as unknown as Parameters<typeof createStepFunctionsEngine>[1]['client'];
  return { engine: createStepFunctionsEngine({ stateMachineArns }, { client }), sent };
}

function refuse(name: string): Reply {
  return () => {
    throw named(name);
  };
}

describe('the Step Functions engine', () => {
  describe('starting', () => {
    it('starts the machine under its name with the input as JSON', async () => {
      const { engine, sent } = prepare({
        DescribeExecution: refuse('ExecutionDoesNotExist'),
        StartExecution: () => ({ executionArn: 'x' }),
      });

      const answer = await engine.start('release', 'r1', { releaseId: 'r1' });

      expect(answer).toEqual({ isNew: true });
      expect(sent.at(-1)).toEqual({
        command: 'StartExecution',
        input: { stateMachineArn: arn('release'), name: 'r1', input: '{"releaseId":"r1"}' },
      });
    });

    it('does not start an execution that is there already', async () => {
      const { engine, sent } = prepare({ DescribeExecution: () => ({ status: 'RUNNING' }) });

      const answer = await engine.start('retire', 'r1-blue', {});

      expect(answer).toEqual({ isNew: false });
      expect(sent).toEqual([
        {
          command: 'DescribeExecution',
          input: {
            executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:v-retire:r1-blue',
          },
        },
      ]);
    });

    it('takes it as started when somebody else was faster', async () => {
      const { engine } = prepare({
        DescribeExecution: refuse('ExecutionDoesNotExist'),
        StartExecution: refuse('ExecutionAlreadyExists'),
      });

      expect(await engine.start('release', 'r1', {})).toEqual({ isNew: false });
    });
  });

  describe('answering a token', () => {
    it('sends the output and says accepted', async () => {
      const { engine, sent } = prepare({ SendTaskSuccess: () => ({}) });

      expect(await engine.succeed('token', { ok: true })).toBe('accepted');
      expect(sent[0]?.input).toEqual({ taskToken: 'token', output: '{"ok":true}' });
    });

    it('fails the task under the error name that a Catch matches', async () => {
      const { engine, sent } = prepare({ SendTaskFailure: () => ({}) });

      expect(await engine.fail('token', { name: 'BreachError', cause: 'p95' })).toBe('accepted');
      expect(sent[0]?.input).toEqual({ taskToken: 'token', error: 'BreachError', cause: 'p95' });
    });

    it('cuts a cause that is longer than Step Functions takes', async () => {
      const { engine, sent } = prepare({ SendTaskFailure: () => ({}) });

      await engine.fail('token', { name: 'BreachError', cause: 'x'.repeat(40_000) });

      expect(String(sent[0]?.input.cause)).toHaveLength(32_768);
    });

    it.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
      'calls a token stale when the answer is %s',
      async (name) => {
        const { engine } = prepare({
          SendTaskSuccess: refuse(name),
          SendTaskFailure: refuse(name),
        });

        expect(await engine.succeed('token', null)).toBe('stale');
        expect(await engine.fail('token', { name: 'BreachError', cause: '' })).toBe('stale');
      },
    );
  });

  describe('stopping', () => {
    it('stops the execution with the reason as its cause', async () => {
      const { engine, sent } = prepare({ StopExecution: () => ({}) });

      await engine.stop('retire', 'r1-blue', 'blue is live again');

      expect(sent[0]?.input).toEqual({
        executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:v-retire:r1-blue',
        error: 'Stopped',
        cause: 'blue is live again',
      });
    });

    it('has no effect where there is nothing to stop', async () => {
      const { engine } = prepare({ StopExecution: refuse('ExecutionDoesNotExist') });

      await expect(engine.stop('retire', 'r1-blue', 'x')).resolves.toBeUndefined();
    });
  });

  describe('describing', () => {
    it('says how an execution stands', async () => {
      const { engine } = prepare({
        DescribeExecution: () => ({
          status: 'TIMED_OUT',
          input: '{"releaseId":"r1"}',
          error: 'States.Timeout',
        }),
      });

      expect(await engine.describe('release', 'r1')).toEqual({
        machine: 'release',
        name: 'r1',
        status: 'timed-out',
        input: { releaseId: 'r1' },
        error: 'States.Timeout',
        cause: null,
      });
    });

    it('says null for one that never was', async () => {
      const { engine } = prepare({ DescribeExecution: refuse('ExecutionDoesNotExist') });

      expect(await engine.describe('release', 'r1')).toBeNull();
    });
  });

  it.each([
    ['ThrottlingException', 'ThrottledError'],
    ['TooManyRequestsException', 'ThrottledError'],
    ['AccessDeniedException', 'ConfigInvalidError'],
    ['StateMachineDoesNotExist', 'ConfigInvalidError'],
    ['TimeoutError', 'EngineUnavailableError'],
    ['InternalServerException', 'EngineUnavailableError'],
  ])('turns %s into %s and keeps the cause', async (theirs, ours) => {
    const { engine } = prepare({ DescribeExecution: refuse(theirs) });

    const failing = engine.start('release', 'r1', {});

    await expect(failing).rejects.toMatchObject({ name: ours, cause: { name: theirs } });
  });
});
