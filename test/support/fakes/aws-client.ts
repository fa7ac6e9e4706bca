/** What a command carries. */
export type Input = Record<string, unknown>;

/** Does what an API call does. */
export type Operation = (input: Input) => unknown;

/** A call that the fake has seen. */
export interface SeenCall {
  command: string;
  input: Input;
}

/** A client of the SDK whose calls go to a control plane in memory, and faults to inject. */
export interface FakeClient {
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

/** The one call of the SDK's client. */
export type Send = (
  request: { constructor: { name: string }; input: Input },
  options?: { abortSignal?: AbortSignal },
) => Promise<unknown>;

/** An error as the SDK throws it. */
export function awsError(name: string, message: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

/** Statuses of refusals that every service has in common. */
const statusOf: Record<string, number> = {
  AccessDenied: 403,
  AccessDeniedException: 403,
  ThrottlingException: 400,
  ServerException: 500,
  InternalFailure: 500,
};

/**
 * The client and its faults.
 * @param provider For messages. @param operations By their names, such as `GetAlias`.
 * @param errorOf Makes the errors of `failNext`.
 */
export function createFakeClient(
  provider: string,
  operations: Record<string, Operation>,
  errorOf = (name: string, message: string) => awsError(name, message, statusOf[name]),
): { send: Send; faults: FakeClient } {
  const calls: SeenCall[] = [];
  const faults: { command: string; error: Error; left: number }[] = [];
  const lost: string[] = [];
  const delays: { command: string; arrive: (effect: () => unknown) => void }[] = [];
  const interruptions: { command: string; action: () => void }[] = [];

  const noAnswer = () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });

  const send: Send = async (request, { abortSignal } = {}) => {
    const { input } = request;
    const command = request.constructor.name.replace(/Command$/, '');
    const operation = operations[command];
    if (!operation) throw new Error(`the fake ${provider} does not know ${command}`);
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
  };

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

  return {
    send,
    faults: {
      calls,
      commands: () => calls.map(({ command }) => command),
      failNext(command, name, message = `${name} said no`, times = 1) {
        faults.push({ command, error: errorOf(name, message), left: times });
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
    },
  };
}
