import { describe, expect, it } from 'vitest';
import { createLatest, onceAtATime } from '../../../console/state/latest.ts';

describe('answers', () => {
  it('that come late do not replace newer ones', () => {
    const latest = createLatest();
    const [first, second, third] = [latest.take(), latest.take(), latest.take()];

    expect(latest.show(second)).toBe(true);
    expect(latest.show(first)).toBe(false);
    expect(latest.show(second)).toBe(false);
    expect(latest.show(third)).toBe(true);
  });
});

describe('an action', () => {
  it('is done once for two clicks, and again when it is over', async () => {
    let calls = 0;
    let finish = () => {};
    const action = onceAtATime(async () => {
      calls += 1;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return 'done';
    });
    const [first, second] = [action(), action()];
    finish();

    expect([await first, await second, calls]).toEqual(['done', undefined, 1]);
    const again = action();
    finish();
    expect(await again).toBe('done');
  });

  it('can be tried again when it failed', async () => {
    let calls = 0;
    const action = onceAtATime(async () => {
      calls += 1;
      throw new Error('no');
    });

    await expect(action()).rejects.toThrow('no');
    await expect(action()).rejects.toThrow('no');
    expect(calls).toBe(2);
  });
});
