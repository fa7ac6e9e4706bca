/** What a command of the SDK carries. */
export type Input = Record<string, unknown>;

/** A call that the fake has seen. */
export interface SeenCall {
  command: string;
  input: Input;
}

/** Operations of a provider, by the name of their command without `Command`. */
export type Operations = Record<string, (input: Input) => unknown>;

/** Faults to inject into a fake's calls. */
export interface FakeCalls {
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

/** An error as the SDK throws it. */
export function sdkError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/**
 * Clients of the SDK in memory. Several may share one record of calls: commands of each are then known
 * by its prefix.
 */
export function createFakeCalls(provider: string, makeError = sdkError) {
  const calls: SeenCall[] = [];
  const faults: { command: string; error: Error; left: number }[] = [];
  const lost: string[] = [];
  const delays: { command: string; arrive: (effect: () => unknown) => void }[] = [];
  const interruptions: { command: string; action: () => void }[] = [];

  const noAnswer = () => sdkError('TimeoutError', 'socket hang up');

  /** The `send` of a client with these operations. */
  function createSend(operations: Operations, prefix = '') {
    return async function send(
      request: { constructor: { name: string }; input: Input },
      { abortSignal }: { abortSignal?: AbortSignal } = {},
    ): Promise<unknown> {
      const { input } = request;
      const name = request.constructor.name.replace(/Command$/, '');
      const operation = operations[name];
      if (!operation) throw new Error(`the fake ${provider} does not know ${name}`);
      if (abortSignal?.aborted) throw sdkError('AbortError', 'aborted');
      const command = `${prefix}${name}`;
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
    };
  }

  /** A call under way: its caller hears nothing until it gives up. */
  function unanswered(abortSignal: AbortSignal | undefined): Promise<never> {
    if (!abortSignal) return Promise.reject(noAnswer());
    return new Promise((_, reject) => {
      const giveUp = () => reject(sdkError('AbortError', 'aborted'));
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

  const seen: FakeCalls = {
    calls,
    commands: () => calls.map(({ command }) => command),
    failNext(command, name, message = `${name} said no`, times = 1) {
      faults.push({ command, error: makeError(name, message), left: times });
    },
    loseAnswer: (command) => void lost.push(command),
    delayNext(command) {
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
    before: (command, action) => void interruptions.push({ command, action }),
  };
  return { ...seen, createSend };
}
