import { useMemo, useRef, useState } from 'preact/hooks';
import { wordsOf } from '../api.ts';
import { onceAtATime } from './latest.ts';

/** Something a person does, once for a click however often they click. */
export interface Action<Args extends unknown[]> {
  isRunning: boolean;
  /** Why it did not work, in words; null when it did. */
  problem: string | null;
  /** True when it was done. */
  start(...args: Args): Promise<boolean>;
}

/** @example const freeze = useAction((reason: string) => api.send('PUT', path, { reason })); */
export function useAction<Args extends unknown[]>(
  run: (...args: Args) => Promise<unknown>,
): Action<Args> {
  const [state, setState] = useState<Omit<Action<Args>, 'start'>>({
    isRunning: false,
    problem: null,
  });
  const newest = useRef(run);
  newest.current = run;
  const start = useMemo(() => {
    const once = onceAtATime(async (...args: Args) => {
      setState({ isRunning: true, problem: null });
      try {
        await newest.current(...args);
        setState({ isRunning: false, problem: null });
        return true;
      } catch (error) {
        setState({ isRunning: false, problem: wordsOf(error) });
        return false;
      }
    });
    return async (...args: Args) => (await once(...args)) ?? false;
  }, []);
  return { ...state, start };
}
