/** Facts besides the message. */
export interface CommandErrorFacts {
  /** `VGnnn` where the error is one of the catalogue. */
  code?: string | undefined;
  /** What to try, on a line of its own. */
  hint?: string | undefined;
  details?: Record<string, unknown> | undefined;
  /** The same call may succeed a little later. */
  isRetryable?: boolean;
  /** The command was used wrongly: exit code 2. */
  isUsage?: boolean;
  cause?: unknown;
}

/** Why a command did not do what it was asked, as it is printed. */
export class CommandError extends Error {
  readonly facts: CommandErrorFacts;

  constructor(name: string, message: string, facts: CommandErrorFacts = {}) {
    super(message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.name = name;
    this.facts = facts;
  }
}

/** A command that was used wrongly. */
export function usageError(message: string): CommandError {
  return new CommandError('UsageError', message, { isUsage: true });
}

/** Whatever was thrown as a command error: errors of the local platform carry their own code. */
export function toCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (!(error instanceof Error)) return new CommandError('Error', String(error));
  const { code, details } = error as { code?: unknown; details?: Record<string, unknown> };
  const isOurs = typeof code === 'string' && /^VG\d{3}$/.test(code);
  return new CommandError(error.name, error.message, {
    cause: error,
    ...(isOurs ? { code, details } : {}),
  });
}
