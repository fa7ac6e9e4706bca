import { meaningOfName } from '../../aws/sdk-errors.ts';
import { type ErrorName, messageOf, VerdigrisError } from '../../release/errors.ts';

/**
 * Why one write of a transaction was refused: `CancellationReasons` of
 * /amazondynamodb/latest/APIReference/API_TransactWriteItems.html, in the order of the writes.
 */
interface CancellationReason {
  Code?: string;
  Message?: string;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function reasonsOf(error: unknown): CancellationReason[] {
  if (nameOf(error) !== 'TransactionCanceledException') return [];
  const { CancellationReasons } = error as { CancellationReasons?: CancellationReason[] };
  return (CancellationReasons ?? []).filter(({ Code }) => Code !== undefined && Code !== 'None');
}

/** True when a condition did not hold: an answer, not a failure. Nothing was written. */
export function isRefusal(error: unknown): boolean {
  if (nameOf(error) === 'ConditionalCheckFailedException') return true;
  return reasonsOf(error).some(({ Code }) => Code === 'ConditionalCheckFailed');
}

/**
 * True when another request was at the same item in the same moment. Nothing was written. The SDK
 * does not repeat these: it goes by the error's name and does not look at the reasons.
 */
export function isConflict(error: unknown): boolean {
  if (nameOf(error) === 'TransactionConflictException') return true;
  const reasons = reasonsOf(error);
  return reasons.length > 0 && reasons.every(({ Code }) => Code === 'TransactionConflict');
}

/**
 * What a failed request means to the callers of the contract. Requests that DynamoDB finds malformed
 * are our mistakes and come back as they are; so do errors of ours.
 */
export function toOurs(cause: unknown, tableName: string): unknown {
  if (cause instanceof VerdigrisError) return cause;
  const said = describe(cause);
  const ours = (name: ErrorName, message: string) =>
    new VerdigrisError(name, `ledger ${tableName}: ${message}`, { cause, details: { tableName } });

  const codes = [nameOf(cause), ...reasonsOf(cause).map(({ Code }) => Code ?? '')];
  if (codes.some((code) => meaningOfName(code) === 'throttled')) {
    return ours('ThrottledError', `DynamoDB asks for patience: ${said}`);
  }
  if (nameOf(cause) === 'ResourceNotFoundException') {
    const right = 'VERDIGRIS_TABLE must name the table of this stack, in this account and region';
    return ours('ConfigInvalidError', `there is no such table (${said}); ${right}`);
  }
  if (codes.some((code) => meaningOfName(code) === 'denied')) {
    return ours('ConfigInvalidError', `${remedyOf(said)} (${said})`);
  }
  if (isForeignTable(cause)) {
    const right = 'VERDIGRIS_TABLE must name a table with the keys of docs/ledger.md';
    return ours('ConfigInvalidError', `the table has other keys (${said}); ${right}`);
  }
  const isOurMistake = codes.some((code) => /^Validation|Serialization/.test(code));
  if (isOurMistake || cause instanceof TypeError) return cause;
  return ours('LedgerUnavailableError', `DynamoDB does not answer: ${said}`);
}

function describe(error: unknown): string {
  const reasons = reasonsOf(error).map(({ Code, Message }) => `${Code}: ${Message ?? 'no reason'}`);
  return [`${nameOf(error) || 'Error'}: ${messageOf(error)}`, ...reasons].join('; ');
}

/** IAM's message says `is not authorized to perform: dynamodb:PutItem on resource: ...`. */
function remedyOf(said: string): string {
  const action = /perform: (\S+)/.exec(said)?.[1];
  if (!action) return "the function's credentials are not accepted";
  return `the function's role lacks ${action} on the table and its index`;
}

function isForeignTable(error: unknown): boolean {
  if (nameOf(error) !== 'ValidationException') return false;
  return /does not have the specified index|does not match the schema|Missing the key/.test(
    messageOf(error),
  );
}
