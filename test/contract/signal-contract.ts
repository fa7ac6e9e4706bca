import { afterEach, describe, expect, it } from 'vitest';
import type { Signal } from '../../lib/signals/signal.ts';

/** A signal with the alarms `errors` and `slowness`, neither of which fires yet. */
export interface SignalSubject {
  signal: Signal;
  /** Makes this alarm fire; resolves when it does. */
  fire(name: string): Promise<void>;
  /** Makes it stop; resolves when it has. */
  clear(name: string): Promise<void>;
  nowMs(): number;
  stop(): Promise<void>;
}

/** What every signal keeps. */
export function signalContract(name: string, makeSubject: () => Promise<SignalSubject>): void {
  describe(`signal contract: ${name}`, () => {
    let stop: () => Promise<void> = async () => {};
    afterEach(() => stop());
    async function prepare() {
      const subject = await makeSubject();
      stop = subject.stop;
      return subject;
    }

    it('says nothing while nothing fires', async () => {
      const { signal } = await prepare();
      expect(await signal.firing(['errors', 'slowness'])).toEqual([]);
      expect(await signal.firing([])).toEqual([]);
    });

    it('names the alarm that fires, since when and why', async () => {
      const { signal, fire, nowMs } = await prepare();
      const before = nowMs();
      await fire('errors');
      const [alarm, ...rest] = await signal.firing(['slowness', 'errors']);
      expect(rest).toEqual([]);
      expect(alarm).toMatchObject({ name: 'errors', reason: expect.stringMatching(/\S/) });
      const since = Date.parse(alarm?.since ?? '');
      expect(since).toBeGreaterThanOrEqual(before);
      expect(since).toBeLessThanOrEqual(nowMs());
    });

    it('says nothing about alarms that were not asked for', async () => {
      const { signal, fire } = await prepare();
      await fire('errors');
      expect(await signal.firing(['slowness'])).toEqual([]);
    });

    it('keeps the moment in which it began to fire', async () => {
      const { signal, fire } = await prepare();
      await fire('errors');
      const first = await signal.firing(['errors']);
      expect(await signal.firing(['errors'])).toEqual(first);
    });

    it('falls silent when the alarm clears', async () => {
      const { signal, fire, clear } = await prepare();
      await fire('errors');
      await clear('errors');
      expect(await signal.firing(['errors'])).toEqual([]);
    });

    it('says which alarms are there and which of them tell by themselves', async () => {
      const { signal } = await prepare();
      expect(await signal.examine(['nobody', 'slowness', 'errors'])).toEqual([
        { name: 'nobody', exists: false, hasAction: null },
        { name: 'slowness', exists: true, hasAction: expect.any(Boolean) },
        { name: 'errors', exists: true, hasAction: true },
      ]);
      expect(await signal.examine([])).toEqual([]);
    });

    it('suspends actions and gives them back, however often it is told, where it can', async ({
      skip,
    }) => {
      const { signal, fire } = await prepare();
      const { actions } = signal;
      if (!actions) return skip('these alarms have no actions that the conductor may touch');
      expect(await actions.inForce(['errors', 'nobody'])).toContain('errors');
      for (const _ of [1, 2]) await actions.suspend(['errors']);
      expect(await actions.inForce(['errors'])).toEqual([]);
      await fire('errors');
      expect(await signal.firing(['errors'])).toHaveLength(1);
      for (const _ of [1, 2]) await actions.resume(['errors']);
      expect(await actions.inForce(['errors'])).toEqual(['errors']);
    });

    it('refuses a name that does not exist and tells the nearest one', async () => {
      const { signal } = await prepare();
      await expect(signal.firing(['errors', 'slownes'])).rejects.toMatchObject({
        name: 'AlarmUnknownError',
        message: expect.stringMatching(/"slownes".*"slowness"/),
      });
    });
  });
}
