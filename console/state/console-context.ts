import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Api } from '../api.ts';
import type { Live } from '../live.ts';
import type { SessionAnswer } from '../types.ts';

/** What every page and part can reach. */
export interface ConsoleContext {
  api: Api;
  live: Live;
  session: SessionAnswer;
  /** Goes to a path of the console without loading a page. */
  go(path: string): void;
  /** Has a sentence read aloud, politely. */
  announce(text: string): void;
}

/** Filled once somebody is signed in. */
export const ConsoleState = createContext<ConsoleContext | null>(null);

/** What a part of the page needs of the rest. Only within {@link ConsoleState}. */
export function useConsole(): ConsoleContext {
  const found = useContext(ConsoleState);
  if (!found) throw new Error('this part of the page is shown to people who are signed in only');
  return found;
}
