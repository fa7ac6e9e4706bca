import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import type { PreflightContext } from '../check.ts';
import type { ConnectionConfig } from './config.ts';
import { openSession, type Session } from './session.ts';

/** Opens what the manifest names. @throws UnreachableError, and what `secret` throws. */
export async function openNamed(
  { secret, url }: ConnectionConfig,
  context: Pick<PreflightContext, 'secret'>,
  tools: { abort: AbortSignal; timers: Timers },
): Promise<Session> {
  const target = secret === undefined ? (url ?? '') : await context.secret(secret);
  if (!URL.canParse(target))
    throw new UnreachableError(
      `the secret ${secret} holds no URL such as postgres://user@host/name`,
    );
  try {
    return await openSession(target, tools);
  } catch (error) {
    const { hostname, port, pathname } = new URL(target);
    const what = `${pathname.slice(1) || 'the database'} at ${hostname}:${port || 5432}`;
    throw new UnreachableError(`${what} cannot be reached: ${reasonOf(error)}`, { cause: error });
  }
}

/** A database that there is no connection to. The message is for people. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** What tries several addresses says nothing by itself. */
function reasonOf(error: unknown): string {
  return messageOf(error) || String((error as { code?: unknown }).code ?? 'no answer');
}
