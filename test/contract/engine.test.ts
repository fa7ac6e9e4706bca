import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { describe, expect, it } from 'vitest';
import {
  createEmbeddedEngine,
  type EmbeddedEngine,
  type Handler,
} from '../../lib/engine/embedded.ts';
import type { Execution } from '../../lib/engine/engine.ts';
import type { ExecutionStore } from '../../lib/engine/execution-store.ts';
import { createSqliteExecutionStore } from '../../lib/engine/sqlite-execution-store.ts';
import { openSqliteDatabase } from '../../lib/ledger/sqlite/database.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createMemoryExecutionStore } from '../support/fakes/execution-store.ts';
import { createCountingIds, createVirtualClock } from '../support/virtual-clock.ts';
import { engineContract } from './engine.contract.ts';

const task = (key: string, more: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: { 'Fn::GetAtt': [key, 'Arn'] }, 'Payload.$': '$' },
  OutputPath: '$.Payload',
  TimeoutSeconds: 60,
  ...more,
});

const waiting = (more: object) => ({
  ...task('wait', more),
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Parameters: {
    FunctionName: { 'Fn::GetAtt': ['wait', 'Arn'] },
    Payload: { 'document.$': '$', 'token.$': '$$.Task.Token' },
  },
  OutputPath: undefined,
  ResultPath: null,
});

/** First → Pause (seconds of the input) → Wait for a token, with the input's time-out. */
const machine = (startAt = 'First') =>
  JSON.parse(
    JSON.stringify({
      StartAt: startAt,
      States: {
        First: task('first', { Next: 'Wait' }),
        Pause: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Wait' },
        Wait: waiting({ TimeoutSeconds: undefined, TimeoutSecondsPath: '$.patience', End: true }),
      },
    }),
  ) as StateMachineDefinition;

function createSubject(store: ExecutionStore = createMemoryExecutionStore(), startAt?: string) {
  const clock = createVirtualClock();
  const ended: Execution[] = [];
  const tokens: string[] = [];
  let starts = 0;
  const handlers: Record<string, Handler> = {
    async first(payload) {
      starts += 1;
      return { patience: 600, ...(payload as object) };
    },
    async wait(payload) {
      tokens.push((payload as { token: string }).token);
      return null;
    },
  };
  const definitions = { release: machine(startAt), rollback: machine(), retire: machine() };
  const engine: EmbeddedEngine = createEmbeddedEngine({
    definitions,
    handlers,
    clock,
    timers: clock,
    ids: createCountingIds(),
    log: silentLogger,
    store,
    onEnded: async (execution) => {
      ended.push(execution);
    },
  });
  return {
    engine,
    clock,
    handlers,
    settle: () => clock.settle(),
    starts: () => starts,
    ended: () => ended,
    async nextToken() {
      await clock.settle();
      const token = tokens.shift();
      if (!token) throw new Error('nothing waits for a token');
      return token;
    },
  };
}

engineContract('embedded, executions in memory', async () => createSubject());
engineContract('embedded, executions in SQLite', async () =>
  createSubject(createSqliteExecutionStore({ database: openSqliteDatabase(':memory:') })),
);

describe('the embedded engine', () => {
  it('ends a token task with States.Timeout after the seconds of its input', async () => {
    const { engine, clock, nextToken } = createSubject();
    await engine.start('release', 'rel-1', { patience: 30 });
    const token = await nextToken();
    await clock.advance(29_999);
    expect((await engine.describe('release', 'rel-1'))?.status).toBe('running');
    await clock.advance(1);
    expect(await engine.describe('release', 'rel-1')).toMatchObject({
      status: 'failed',
      error: 'States.Timeout',
    });
    expect(await engine.succeed(token, {})).toBe('stale');
  });

  it('tells when each task was entered, the later one later though the clock goes back', async () => {
    const { engine, clock, handlers, settle } = createSubject();
    const entered: string[] = [];
    handlers.wait = async (payload) => {
      entered.push((payload as { enteredAt: string }).enteredAt);
      return null;
    };
    for (const name of ['rel-1', 'rel-2', 'rel-3']) {
      await engine.start('release', name, {});
      await settle();
      clock.now = () => 0;
    }
    expect(entered).toHaveLength(3);
    expect(entered.toSorted()).toEqual(entered);
    expect(new Set(entered).size).toBe(3);
  });

  it('waits as long as the input says, fractions of seconds too', async () => {
    const { engine, clock, nextToken } = createSubject(undefined, 'Pause');
    await engine.start('release', 'rel-1', { seconds: 0.25, patience: 600 });
    await clock.advance(249);
    await expect(nextToken()).rejects.toThrow('nothing waits');
    await clock.advance(1);
    expect(await nextToken()).toBeTypeOf('string');
  });

  it('ends a task that hangs with States.Timeout, and its late answer changes nothing', async () => {
    const { engine, clock, handlers, ended } = createSubject();
    const late = Promise.withResolvers<never>();
    handlers.first = () => late.promise;
    await engine.start('release', 'rel-1', {});
    await clock.advance(60_000);
    expect((await engine.describe('release', 'rel-1'))?.error).toBe('States.Timeout');
    late.reject(new Error('late'));
    await clock.settle();
    expect(ended()).toHaveLength(1);
  });

  it('fails a token task whose function could not store the token', async () => {
    const { engine, handlers, settle } = createSubject();
    handlers.wait = async () => {
      throw Object.assign(new Error('ledger is down'), { name: 'LedgerUnavailableError' });
    };
    await engine.start('release', 'rel-1', {});
    await settle();
    expect((await engine.describe('release', 'rel-1'))?.error).toBe('LedgerUnavailableError');
  });

  it('lets only JSON cross the border between states', async () => {
    const { engine, handlers, nextToken } = createSubject();
    const kept: Record<string, unknown> = { patience: 600, gone: undefined };
    handlers.first = async () => kept as never;
    await engine.start('release', 'rel-1', {});
    const token = await nextToken();
    kept.patience = 'changed after it was handed over';
    expect(await engine.succeed(token, {})).toBe('accepted');
  });

  it.each([
    ['somebody is to answer', 'First'],
    ['time is to pass', 'Pause'],
  ])('leaves no timer behind when it is abandoned while %s', async (_, startAt) => {
    const { engine, clock } = createSubject(undefined, startAt);
    await engine.start('release', 'rel-1', { seconds: 60, patience: 86_400 });
    await clock.settle();
    expect(clock.pending()).toBe(1);
    engine.abandon();
    await clock.settle();
    expect(clock.pending()).toBe(0);
  });

  it('starts interrupted rollbacks and retirements again, and reports interrupted releases', async () => {
    const store = createMemoryExecutionStore();
    const killed = createSubject(store);
    await killed.engine.start('release', 'rel-1', {});
    await killed.engine.start('rollback', 'rel-0-rollback-2', {});
    await killed.engine.start('retire', 'rel-0-blue', {});
    await killed.settle();
    killed.engine.abandon();
    await killed.settle();
    expect(killed.ended()).toEqual([]);

    const next = createSubject(store);
    await next.engine.recover();
    await next.settle();
    expect(next.ended()).toMatchObject([{ name: 'rel-1', status: 'aborted' }]);
    expect(next.starts()).toBe(2);
    expect((await next.engine.describe('retire', 'rel-0-blue'))?.status).toBe('running');
  });
});
