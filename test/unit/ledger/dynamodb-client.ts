import type { TableClient } from '../../../lib/ledger/dynamodb/table.ts';

/** The input of a command, as far as tests look into it. */
// biome-ignore lint/suspicious/noExplicitAny: the inputs of all commands in one.
export type Input = Record<string, any>;

/** A request as the SDK would have sent it. */
export interface Sent {
  /** Such as `PutCommand`. */
  command: string;
  input: Input;
}

/** Answers a request, or throws. */
export type Answer = (input: Input, nth: number) => object;

/** A document client that answers by command, and `{}` where nothing is said; it keeps all it got. */
export function createStubClient(answers: Record<string, Answer> = {}) {
  const sent: Sent[] = [];
  const send = async (command: { input: Input }) => {
    const name = command.constructor.name;
    sent.push({ command: name, input: command.input });
    const nth = sent.filter((it) => it.command === name).length;
    return answers[name]?.(command.input, nth) ?? {};
  };
  const names = () => sent.map(({ command }) => command);
  return { client: { send } as unknown as TableClient, sent, names };
}

/** An error as the SDK throws it. */
export function sdkError(name: string, message = name, extra: object = {}): Error {
  return Object.assign(new Error(message), { name, ...extra });
}

/** A transaction that DynamoDB did not carry out, with a code per write. */
export function cancelled(...codes: string[]): Error {
  const CancellationReasons = codes.map((Code) => ({ Code, Message: `because of ${Code}` }));
  return sdkError('TransactionCanceledException', 'Transaction cancelled', { CancellationReasons });
}

/** Throws that every time. */
export function always(error: Error): Answer {
  return () => {
    throw error;
  };
}

/** Throws that so many times, and answers then. */
export function times(count: number, error: Error, answer: Answer = () => ({})): Answer {
  return (input, nth) => {
    if (nth <= count) throw error;
    return answer(input, nth);
  };
}
