import { messageOf, VerdigrisError } from '../../release/errors.ts';

/** Primary result codes of https://www.sqlite.org/rescode.html that this ledger tells apart. */
const codes = {
  busy: 5,
  locked: 6,
  outOfMemory: 7,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

const remedies: Record<number, string> = {
  [codes.busy]: 'another process writes to it; only one conductor may use a ledger',
  [codes.locked]: 'another process writes to it; only one conductor may use a ledger',
  [codes.outOfMemory]: 'free some memory',
  [codes.readOnly]: 'the file and its directory must be writable',
  [codes.ioError]: 'the disk does not read or write; see the cause',
  [codes.corrupt]: 'the file is damaged; restore a copy of it',
  [codes.full]: 'the disk is full; free some space',
  [codes.cannotOpen]: 'the file and its directory must exist and be writable',
  [codes.notADatabase]: 'the file is no SQLite database any more; restore a copy of it',
};

/** The primary result code of an error of node:sqlite, or undefined when it is none. */
function resultCode(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** True when the file turned out to be something else than a SQLite database. */
export function isNotADatabase(error: unknown): boolean {
  return resultCode(error) === codes.notADatabase;
}

/** True when another connection stood in the way. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === codes.busy;
}

/**
 * What a failed access means to the callers of the contract: everything that lies in the file, the
 * disk or another process is LedgerUnavailableError. Errors of the SQL itself are our mistakes and
 * come back as they are.
 */
export function namedFailure(error: unknown, path: string): unknown {
  if ((error as { code?: unknown } | undefined)?.code === 'ERR_INVALID_STATE') {
    return unavailable(path, 'it is closed', error);
  }
  const remedy = remedies[resultCode(error) ?? 0];
  return remedy ? unavailable(path, `${messageOf(error)}; ${remedy}`, error) : error;
}

/** A LedgerUnavailableError that names the file. */
export function unavailable(path: string, reason: string, cause: unknown): VerdigrisError {
  return new VerdigrisError('LedgerUnavailableError', `ledger ${path}: ${reason}`, {
    cause,
    details: { path },
  });
}
