import { setTimeout as delay } from 'node:timers/promises';
import { type Relay, startRelay } from '../../scripts/cloud/relay.ts';

/** What a function asks AWS for. */
export interface Asked {
  /** `GetItem`; the method, path and query where a service is asked by paths. */
  operation: string;
  body: string;
}

/** A call that does not get through. */
export interface HeldCall {
  /** Once it is held. @throws Error when no such call came within half a minute. */
  caught(): Promise<void>;
  /**
   * Lets the call through, however long its function has given it up, and waits until the functions
   * ask for nothing more.
   */
  letGo(): Promise<void>;
}

/** Stands between the functions and AWS, and holds calls back: late, as a network can make them. */
export interface Gate extends Relay {
  /** Holds the next such call before AWS has it, with its repetitions by the SDK. */
  hold(matches: (asked: Asked) => boolean): HeldCall;
  /** Holds the answer to the next such call: AWS has done what was asked for. */
  holdAnswer(matches: (asked: Asked) => boolean): HeldCall;
}

interface Hold {
  takes(asked: Asked, invocationId: string): boolean;
  isAnswer: boolean;
  opened: Promise<void>;
}

const patienceMs = 30_000;
/** Functions that have asked for nothing so long are done: each call here takes some milliseconds. */
const stillMs = 400;

/** Starts a gate on a free port of 127.0.0.1; everything may pass. */
export async function startGate(): Promise<Gate> {
  const holds = new Set<Hold>();
  let [underWay, lastAt] = [0, performance.now()];
  const relay = await startRelay(async ({ method = '', url = '', headers }, body, passOn) => {
    const named = headers['x-amz-target'] as string | undefined;
    const operation = named?.split('.').at(-1) ?? `${method} ${url}`;
    const asked = { operation, body: body.toString('utf8') };
    // The same for all repetitions of a call by the SDK.
    const invocationId = String(headers['amz-sdk-invocation-id']);
    const hold = [...holds].find((one) => one.takes(asked, invocationId));
    if (hold && !hold.isAnswer) await hold.opened;
    underWay += 1;
    try {
      const answer = await passOn(body);
      if (hold?.isAnswer) await hold.opened;
      return answer;
    } finally {
      underWay -= 1;
      lastAt = performance.now();
    }
  });

  async function untilStill(): Promise<void> {
    lastAt = performance.now();
    while (underWay > 0 || performance.now() - lastAt < stillMs) await delay(20);
  }

  function add(matches: (asked: Asked) => boolean, isAnswer: boolean): HeldCall {
    const [opened, caught] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let held: string | undefined;
    const hold: Hold = {
      ...{ isAnswer, opened: opened.promise },
      takes(asked, invocationId) {
        if (held !== undefined) return held === invocationId;
        if (!matches(asked)) return false;
        held = invocationId;
        caught.resolve();
        return true;
      },
    };
    holds.add(hold);
    return {
      async caught() {
        const isLate = delay(patienceMs, 'late' as const, { ref: false });
        if ((await Promise.race([caught.promise, isLate])) === 'late') {
          throw new Error(`no such call within ${patienceMs / 1000} s: ${matches}`);
        }
      },
      async letGo() {
        holds.delete(hold);
        opened.resolve();
        await untilStill();
      },
    };
  }

  return {
    ...relay,
    hold: (matches) => add(matches, false),
    holdAnswer: (matches) => add(matches, true),
  };
}
