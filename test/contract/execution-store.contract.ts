import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutionStore, StoredExecution } from '../../lib/engine/execution-store.ts';

/** The stores to test: two views of the same one. */
export interface ExecutionStoreSubject {
  store: ExecutionStore;
  rival: ExecutionStore;
  dispose(): Promise<void>;
}

function executionOf(name: string, over: Partial<StoredExecution> = {}): StoredExecution {
  return {
    machine: 'release',
    name,
    status: 'running',
    input: { releaseId: name, list: [1, null, { deep: true }] },
    error: null,
    cause: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    ...over,
  };
}

/** What every execution store does. `makeSubject` opens an empty one before each test. */
export function executionStoreContract(
  name: string,
  makeSubject: () => Promise<ExecutionStoreSubject>,
): void {
  describe(`the execution store contract: ${name}`, () => {
    let subject: ExecutionStoreSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    afterEach(() => subject.dispose());

    it('stores an execution whole', async () => {
      const { store, rival } = subject;
      expect(await store.create(executionOf('rel-1'))).toEqual({ isNew: true });
      expect(await rival.get('release', 'rel-1')).toEqual(executionOf('rel-1'));
      expect(await rival.running()).toEqual([executionOf('rel-1')]);
    });

    it('changes nothing when the same machine and name come again', async () => {
      const { store } = subject;
      await store.create(executionOf('rel-1'));
      expect(await store.create(executionOf('rel-1', { input: {} }))).toEqual({ isNew: false });
      expect(await store.get('release', 'rel-1')).toEqual(executionOf('rel-1'));
    });

    it('does not start again what has ended', async () => {
      const { store } = subject;
      await store.create(executionOf('rel-1'));
      await store.end('release', 'rel-1', 'succeeded', null, null);
      expect(await store.create(executionOf('rel-1'))).toEqual({ isNew: false });
      expect(await store.running()).toEqual([]);
    });

    it('is new to only one of two that create it at once', async () => {
      const { store, rival } = subject;
      const answers = await Promise.all([
        store.create(executionOf('rel-1')),
        rival.create(executionOf('rel-1')),
      ]);
      expect(answers.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
    });

    it('keeps machines apart', async () => {
      const { store } = subject;
      await store.create(executionOf('rel-1'));
      expect(await store.create(executionOf('rel-1', { machine: 'rollback' }))).toEqual({
        isNew: true,
      });
      await store.end('rollback', 'rel-1', 'aborted', null, 'stopped');
      expect(await store.get('release', 'rel-1')).toMatchObject({ status: 'running' });
      expect(await store.get('retire', 'rel-1')).toBeNull();
    });

    it('writes the end once', async () => {
      const { store } = subject;
      await store.create(executionOf('rel-1'));
      await store.end('release', 'rel-1', 'failed', 'RolledBack', 'the alarm fired');
      await store.end('release', 'rel-1', 'succeeded', null, null);
      expect(await store.get('release', 'rel-1')).toEqual(
        executionOf('rel-1', { status: 'failed', error: 'RolledBack', cause: 'the alarm fired' }),
      );
    });

    it('has nothing to end when there is none', async () => {
      const { store } = subject;
      await store.end('release', 'nobody', 'aborted', null, null);
      expect(await store.get('release', 'nobody')).toBeNull();
    });

    it('lists what runs, oldest first', async () => {
      const { store } = subject;
      const startedAt = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
      await store.create(executionOf('second', { startedAt: startedAt(2) }));
      await store.create(executionOf('first', { startedAt: startedAt(1), machine: 'retire' }));
      await store.create(executionOf('third', { startedAt: startedAt(2) }));
      await store.create(executionOf('over', { startedAt: startedAt(0) }));
      await store.end('release', 'over', 'timed-out', null, null);
      const running = await store.running();
      expect(running.map(({ name }) => name)).toEqual(['first', 'second', 'third']);
    });

    it('is not changed by what callers do to their objects afterwards', async () => {
      const { store } = subject;
      const mine = executionOf('rel-1');
      await store.create(mine);
      Object.assign(mine.input, { changed: true });
      const [yours] = await store.running();
      if (yours) yours.status = 'failed';
      expect(await store.get('release', 'rel-1')).toEqual(executionOf('rel-1'));
    });
  });
}
