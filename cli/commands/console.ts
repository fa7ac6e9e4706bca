import { CommandError, usageError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import type { Session } from '../session.ts';

/**
 * Where the console is opened by somebody who has the token. It stands behind the `#`, which a browser
 * keeps to itself: no server and no log sees it.
 */
export function signInLink(url: string, token: string): string {
  return `${url}/#token=${encodeURIComponent(token)}`;
}

/** Prints where the console is, signed in; opens it in a browser if asked to. */
export async function openConsole(session: Session, isToOpen: boolean): Promise<number> {
  const { api, token, io } = session;
  if (!token) {
    throw usageError('there is no token; give --token or VERDIGRIS_TOKEN, or go to where it lies');
  }
  // A link to nowhere, or with a token that does not count, helps nobody.
  await api.services();
  const link = signInLink(api.url, token);
  session.show({ console: link }, [link]);
  if (isToOpen && !(await io.openInBrowser(link))) {
    throw new CommandError('BrowserError', 'no browser could be opened here; open the link');
  }
  return exitCodes.done;
}
