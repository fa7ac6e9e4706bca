import { useEffect, useState } from 'preact/hooks';
import type { LiveState } from '../live.ts';
import type { After, OpenStream } from '../stream.ts';
import { useConsole } from './console-context.ts';

/** The time, in milliseconds since the epoch, as often as asked for; it rests in a hidden tab. */
export function useNow(everyMs: number, isTicking = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    if (!isTicking) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isTicking]);
  return now;
}

/** How the page hears of changes just now. */
export function useLiveState(): LiveState {
  const { live } = useConsole();
  const [state, setState] = useState(live.state());
  useEffect(() => {
    setState(live.state());
    return live.watch(() => setState(live.state()));
  }, [live]);
  return state;
}

/** The page's title, with the console's name behind it. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Verdigris`;
  }, [title]);
}

/** The browser's timer. */
export const after: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** The conductor's stream of changes. */
export const openStream: OpenStream = ({ onOpen, onMessage, onError }) => {
  const source = new EventSource('/api/stream');
  source.addEventListener('open', onOpen);
  source.addEventListener('beat', () => onMessage());
  source.addEventListener('change', ({ data }) => onMessage(changeIn(data)));
  source.addEventListener('error', onError);
  return () => source.close();
};

/** A change that cannot be read is one of anything. */
function changeIn(data: unknown): { service: string | null; releaseId: string | null } {
  try {
    const { service = null, releaseId = null } = JSON.parse(String(data));
    return { service, releaseId };
  } catch {
    return { service: null, releaseId: null };
  }
}
