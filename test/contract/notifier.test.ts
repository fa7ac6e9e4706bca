import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../lib/notifiers/index.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createFakeNotifier } from '../support/fakes/notifier.ts';
import { eventOf, notifierContract } from './notifier.contract.ts';

notifierContract('fake', async () => {
  const notifier = createFakeNotifier();
  const broken = createFakeNotifier({ isDown: true });
  return { notifier, broken, arrived: () => notifier.sent.length + broken.sent.length };
});

notifierContract('console', async () => {
  const lines: string[] = [];
  const make = (write: (line: string) => void) =>
    createNotifier({ kind: 'console' }, { write, log: silentLogger });
  const fail = () => {
    throw new Error('EPIPE');
  };
  return {
    notifier: make((line) => void lines.push(line)),
    broken: make(fail),
    arrived: () => lines.length,
  };
});

describe('the faults of the fake notifier', () => {
  it('can go down and come back, and remembers what was lost', async () => {
    const notifier = createFakeNotifier();
    notifier.setDown(true);
    await notifier.send(eventOf('Completed'));
    notifier.setDown(false);
    await notifier.send(eventOf('Held'));
    expect(notifier.lost.map(({ type }) => type)).toEqual(['Completed']);
    expect(notifier.sent.map(({ type }) => type)).toEqual(['Held']);
  });
});
