import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  createControlPlane,
  type FakeCode,
  type Input,
  type LambdaKnobs,
  type LambdaView,
  lambdaError,
} from './lambda-control-plane.ts';

/** The one call of the SDK's client. */
export type LambdaApi = Pick<LambdaClient, 'send'>;

/** A call that the fake has seen. */
export interface SeenCall {
  command: string;
  input: Input;
}

/** A Lambda service in memory, with one function, and faults to inject. */
export interface FakeLambda extends LambdaKnobs, LambdaView {
  readonly lambda: LambdaApi;
  readonly calls: readonly SeenCall[];
  commands(): string[];
  /** The next calls of this command are refused. */
  failNext(command: string, name: string, message?: string, times?: number): void;
  /** The next call takes effect, yet its caller gets no answer. */
  loseAnswer(command: string): void;
  /** The next call's caller gets no answer now; it takes effect when it is told to. */
  delayNext(command: string): { takeEffect(): Promise<'applied' | string> };
  /** Happens just before the next such call is looked at. */
  before(command: string, action: () => void): void;
}

/**
 * A fake of the Lambda client for tests.
 * @example
 * const fake = createFakeLambda({ code: { content: 'v1' } });
 * fake.loseAnswer('PublishVersion');
 */
export function createFakeLambda(options: { code?: FakeCode; secret?: string } = {}): FakeLambda {
  const knobs: LambdaKnobs = {
    busyReads: 0,
    pendingReads: 0,
    concurrencyReads: 0,
    concurrencyFailsWith: null,
    concurrencyKeepsVersions: false,
    dryRunsTellNothing: false,
    answersAs: null,
  };
  const { operations, view } = createControlPlane(options, knobs);
  const calls: SeenCall[] = [];
  const faults: { command: string; error: Error; left: number }[] = [];
  const lost: string[] = [];
  const delays: { command: string; arrive: (effect: () => unknown) => void }[] = [];
  const interruptions: { command: string; action: () => void }[] = [];

  const noAnswer = () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });

  async function send(
    request: { constructor: { name: string }; input: Input },
    { abortSignal }: { abortSignal?: AbortSignal } = {},
  ): Promise<unknown> {
    const { input } = request;
    const command = request.constructor.name.replace(/Command$/, '');
    const operation = operations[command];
    if (!operation) throw new Error(`the fake Lambda does not know ${command}`);
    if (abortSignal?.aborted) throw Object.assign(new Error('aborted'), { name: 'AbortError' });
    calls.push({ command, input });
    take(interruptions, command)?.action();
    throwFault(command);
    const delay = take(delays, command);
    if (delay) {
      delay.arrive(() => operation(input));
      return unanswered(abortSignal);
    }
    const answer = operation(input);
    const isLost = lost.indexOf(command);
    if (isLost < 0) return answer;
    lost.splice(isLost, 1);
    throw noAnswer();
  }

  /** A call under way: its caller hears nothing until it gives up. */
  function unanswered(abortSignal: AbortSignal | undefined): Promise<never> {
    if (!abortSignal) return Promise.reject(noAnswer());
    return new Promise((_, reject) => {
      const giveUp = () => reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));
      abortSignal.addEventListener('abort', giveUp, { once: true });
    });
  }

  function throwFault(command: string): void {
    const fault = faults.find((entry) => entry.command === command && entry.left > 0);
    if (!fault) return;
    fault.left -= 1;
    throw fault.error;
  }

  function take<Entry extends { command: string }>(entries: Entry[], command: string) {
    const index = entries.findIndex((entry) => entry.command === command);
    return index < 0 ? undefined : entries.splice(index, 1)[0];
  }

  return Object.assign(knobs, view, {
    lambda: { send } as unknown as LambdaApi,
    calls,
    commands: () => calls.map(({ command }) => command),
    failNext(command: string, name: string, message = `${name} said no`, times = 1) {
      faults.push({ command, error: lambdaError(name, message), left: times });
    },
    loseAnswer: (command: string) => void lost.push(command),
    delayNext(command: string) {
      let effect = (): unknown => {
        throw new Error('was not called');
      };
      delays.push({
        command,
        arrive(given) {
          effect = given;
        },
      });
      return {
        async takeEffect() {
          try {
            effect();
            return 'applied';
          } catch (error) {
            return (error as Error).name;
          }
        },
      };
    },
    before: (command: string, action: () => void) => void interruptions.push({ command, action }),
  } satisfies Partial<FakeLambda>);
}
