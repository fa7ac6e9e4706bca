import { messageOf } from '../release/errors.ts';
import type { Logger } from '../release/logger.ts';
import type { NotifierMemory } from './notifier.ts';

/**
 * Does something that is to be done once, as far as there is a memory for it: what worked (true) is
 * remembered and not done again. A memory that is away is no reason to say nothing.
 */
export async function once(
  key: string,
  { memory, log }: { memory?: NotifierMemory | undefined; log: Logger },
  work: () => Promise<boolean>,
): Promise<void> {
  const quietly = async <T>(ask: () => Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      log.warn('a notifier could not remember', { key, reason: messageOf(error) });
      return undefined;
    }
  };
  if (await quietly(() => memory?.recall(key))) return;
  if (await work()) await quietly(() => memory?.remember(key, true));
}
