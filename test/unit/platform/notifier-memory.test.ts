import { describe, expect, it } from 'vitest';
import { createNotifierMemory } from '../../../lib/platform/notifier-memory.ts';
import { createMemoryLedger } from '../../support/fakes/ledger.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const day = 86_400_000;

describe('what notifiers remember', () => {
  function prepare() {
    const clock = createVirtualClock();
    const ledger = createMemoryLedger();
    return { clock, ledger, memory: createNotifierMemory(() => ledger, clock) };
  }

  it('is what was remembered first', async () => {
    const { memory } = prepare();
    expect(await memory.recall('slack:r1')).toBeNull();
    await memory.remember('slack:r1', { ts: '1.1' });
    await memory.remember('slack:r1', { ts: '2.2' });

    expect(await memory.recall('slack:r1')).toEqual({ ts: '1.1' });
    expect(await memory.recall('slack:r2')).toBeNull();
  });

  it('is gone after a month', async () => {
    const { clock, memory } = prepare();
    await memory.remember('slack:r1', 'thread');
    await clock.advance(31 * day - 1);
    expect(await memory.recall('slack:r1')).toBe('thread');
    await clock.advance(1);

    expect(await memory.recall('slack:r1')).toBeNull();
  });

  it('keeps away from other receipts', async () => {
    const { clock, ledger, memory } = prepare();
    await memory.remember('r1', 'thread');
    const at = new Date(clock.now()).toISOString();

    expect(await ledger.getReceipt('notifier:r1', at)).toMatchObject({ answer: 'thread' });
    expect(await ledger.getReceipt('r1', at)).toBeNull();
  });
});
