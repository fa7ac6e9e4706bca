import type { ExecutionStore, StoredExecution } from '../../../lib/engine/execution-store.ts';

/** Executions in a Map, copied on their way in and out. */
export function createMemoryExecutionStore(): ExecutionStore {
  const kept = new Map<string, StoredExecution>();
  return {
    async create(execution) {
      const key = `${execution.machine}/${execution.name}`;
      const isNew = !kept.has(key);
      if (isNew) kept.set(key, structuredClone(execution));
      return { isNew };
    },
    async end(machine, name, status, error, cause) {
      const execution = kept.get(`${machine}/${name}`);
      if (execution?.status === 'running') Object.assign(execution, { status, error, cause });
    },
    get: async (machine, name) => structuredClone(kept.get(`${machine}/${name}`) ?? null),
    running: async () =>
      structuredClone([...kept.values()].filter(({ status }) => status === 'running')).sort(
        (a, b) => (a.startedAt < b.startedAt ? -1 : Number(a.startedAt > b.startedAt)),
      ),
  };
}
