import { describe, expect, it } from 'vitest';
import type { Engine, Execution } from '../../lib/engine/engine.ts';
import type { Json } from '../../lib/release/json.ts';

/** An engine whose retire machine runs these steps in place of the real ones. */
export interface EngineSubject {
  engine: Engine;
  /** Makes the next execution wait for its token, which is returned once it is there. */
  nextToken(): Promise<string>;
  /** Lets everything happen that can happen now. */
  settle(): Promise<void>;
  /** How often the first step ran. */
  starts(): number;
  /** What `onEnded` was told, in order. */
  ended(): Execution[];
}

const input = { hello: 'world' } satisfies Json;

/** What every engine promises. The machine `release` has one task that waits for a token. */
export function engineContract(name: string, makeSubject: () => Promise<EngineSubject>): void {
  describe(`engine: ${name}`, () => {
    it('starts the same name once', async () => {
      const { engine, starts, settle } = await makeSubject();
      expect(await engine.start('release', 'rel-1', input)).toEqual({ isNew: true });
      expect(await engine.start('release', 'rel-1', input)).toEqual({ isNew: false });
      await settle();
      expect(starts()).toBe(1);
    });

    it('lets the waiting task succeed, and the second answer is stale', async () => {
      const { engine, nextToken, settle } = await makeSubject();
      await engine.start('release', 'rel-1', input);
      const token = await nextToken();
      expect(await engine.succeed(token, { ok: true })).toBe('accepted');
      expect(await engine.succeed(token, { ok: true })).toBe('stale');
      expect(await engine.fail(token, { name: 'BreachError', cause: 'late' })).toBe('stale');
      await settle();
      expect((await engine.describe('release', 'rel-1'))?.status).toBe('succeeded');
    });

    it('lets the waiting task fail under the error that it is given', async () => {
      const { engine, nextToken, settle, ended } = await makeSubject();
      await engine.start('release', 'rel-1', input);
      const token = await nextToken();
      expect(await engine.fail(token, { name: 'BreachError', cause: 'too many errors' })).toBe(
        'accepted',
      );
      await settle();
      const execution = await engine.describe('release', 'rel-1');
      expect(execution).toMatchObject({
        status: 'failed',
        error: 'BreachError',
        cause: 'too many errors',
      });
      expect(ended()).toEqual([execution]);
    });

    it('says stale to a token that nobody knows', async () => {
      const { engine } = await makeSubject();
      expect(await engine.succeed('no such token', {})).toBe('stale');
      expect(await engine.fail('no such token', { name: 'BreachError', cause: '' })).toBe('stale');
    });

    it('stops a running execution, tells of it once, and its token is stale', async () => {
      const { engine, nextToken, settle, ended } = await makeSubject();
      await engine.start('release', 'rel-1', input);
      const token = await nextToken();
      await engine.stop('release', 'rel-1', 'by hand');
      await engine.stop('release', 'rel-1', 'by hand again');
      await settle();
      expect((await engine.describe('release', 'rel-1'))?.status).toBe('aborted');
      expect(await engine.succeed(token, {})).toBe('stale');
      expect(ended().map((execution) => execution.status)).toEqual(['aborted']);
    });

    it('describes a running execution with its input, and none as null', async () => {
      const { engine, nextToken } = await makeSubject();
      await engine.start('release', 'rel-1', input);
      await nextToken();
      expect(await engine.describe('release', 'rel-1')).toMatchObject({ status: 'running', input });
      expect(await engine.describe('release', 'rel-2')).toBeNull();
      expect(await engine.describe('rollback', 'rel-1')).toBeNull();
    });
  });
}
