import { z } from 'zod';
import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import type { Json } from '../../release/json.ts';
import type { Logger } from '../../release/logger.ts';
import type { NotifierMemory } from '../notifier.ts';
import type { MessageAddress } from './client.ts';

/** What is remembered of a release's messages in one channel. Nothing here throws. */
export interface Thread {
  /** The first message, or null while there is none. */
  find(): Promise<MessageAddress | null>;
  /** Whether the sender of this event is the one who begins the thread. Of several at once one is. */
  isMineToBegin(eventId: string): Promise<boolean>;
  /** Waits a moment for the first message that somebody else is just sending. */
  await(): Promise<MessageAddress | null>;
  keep(address: MessageAddress): Promise<void>;
  /** The question that has buttons, or null. Comes once: whoever asks takes the buttons away. */
  takeQuestion(): Promise<MessageAddress | null>;
  keepQuestion(address: MessageAddress): Promise<void>;
}

const addressSchema = z.object({ channel: z.string(), ts: z.string() });
/** How often, and how many milliseconds apart, somebody else's first message is looked for. */
const looks = 4;
const lookAgainMs = 400;

/** The thread of one release in one channel, as far as there is a memory for it. */
export function createThread(
  key: string,
  { memory, timers, log }: { memory?: NotifierMemory | undefined; timers: Timers; log: Logger },
): Thread {
  const quietly = async <T>(work: () => Promise<T> | undefined): Promise<T | null> => {
    try {
      return (await work()) ?? null;
    } catch (error) {
      log.warn('a Slack thread could not be remembered', { key, reason: messageOf(error) });
      return null;
    }
  };
  const recall = (what: string) => quietly<Json>(() => memory?.recall(`${key}:${what}`));
  const remember = async (what: string, value: Json) => {
    await quietly(() => memory?.remember(`${key}:${what}`, value));
  };
  const address = async (what: string) => addressSchema.safeParse(await recall(what)).data ?? null;
  return {
    find: () => address('first'),
    async isMineToBegin(eventId) {
      await remember('begun-by', eventId);
      const by = await recall('begun-by');
      return by === null || by === eventId;
    },
    async await() {
      for (let look = 0; look < looks; look += 1) {
        await new Promise<void>((resolve) => void timers.after(lookAgainMs, resolve));
        const found = await address('first');
        if (found) return found;
      }
      return null;
    },
    keep: (first) => remember('first', { ...first }),
    async takeQuestion() {
      const question = await address('question');
      if (!question || (await recall('answered')) !== null) return null;
      await remember('answered', true);
      return question;
    },
    keepQuestion: (question) => remember('question', { ...question }),
  };
}
