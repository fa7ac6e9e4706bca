import {
  type After,
  type Change,
  createStreamKeeper,
  type OpenStream,
  retryDelay,
} from './stream.ts';

export type { Change } from './stream.ts';

/** What the banner and the sign of life in the header show. */
export interface LiveState {
  /** How the page hears of changes. */
  mode: 'stream' | 'polling';
  /** The last reads failed: what is shown is old. */
  isLost: boolean;
  /** Milliseconds since the epoch; null before the first answer. */
  lastGoodAt: number | null;
}

/** The page's clock, timers and connection. */
export interface LiveDeps {
  now(): number;
  after: After;
  /** Null where the conductor holds no stream. */
  openStream: OpenStream | null;
  isHidden(): boolean;
}

/** The heart of the page: says when to read again, and knows how old what is shown is. */
export interface Live {
  state(): LiveState;
  /** Called with every change of the state. Returns what ends it. */
  watch(listener: () => void): () => void;
  /** Called when something may have changed; null means anything. Returns what ends it. */
  onChange(listener: (change: Change | null) => void): () => void;
  /** Something runs: the pace is quick. */
  setBusy(isBusy: boolean): void;
  /** Whether a read reached the conductor; failures slow the pace down. */
  report(isGood: boolean): void;
  /** To be called when the tab is shown or hidden: reads at once, or rests. */
  wake(): void;
  stop(): void;
}

/** Milliseconds between two looks. Beside a stream they are for what no event tells, such as metrics. */
export const paces = {
  polling: { busy: 2_000, idle: 10_000 },
  stream: { busy: 4_000, idle: 60_000 },
} as const;

/** @example const live = createLive({ now: Date.now, after, openStream, isHidden: () => document.hidden }); */
export function createLive({ now, after, openStream, isHidden }: LiveDeps): Live {
  const watchers = new Set<() => void>();
  const listeners = new Set<(change: Change | null) => void>();
  let state: LiveState = { mode: 'polling', isLost: false, lastGoodAt: null };
  let isBusy = false;
  let isStopped = false;
  /** Rounds of reads that failed, one after the other; several failures of one round count once. */
  let failures = 0;
  let hasFailed = false;
  let callOff = () => {};

  const become = (next: Partial<LiveState>) => {
    state = { ...state, ...next };
    for (const watcher of watchers) watcher();
  };
  const tell = (change: Change | null) => {
    for (const listener of listeners) listener(change);
  };
  const schedule = () => {
    callOff();
    if (isStopped || isHidden()) return;
    const pace = paces[state.mode][isBusy ? 'busy' : 'idle'];
    callOff = after(failures > 0 ? retryDelay(failures) : pace, look);
  };
  const look = () => {
    hasFailed = false;
    tell(null);
    schedule();
  };
  const fail = () => {
    if (hasFailed) return;
    hasFailed = true;
    failures += 1;
    become({ isLost: true });
    schedule();
  };
  const succeed = () => {
    const wasLost = failures > 0;
    failures = 0;
    become({ isLost: false, lastGoodAt: now() });
    if (wasLost) schedule();
  };
  const stream =
    openStream &&
    createStreamKeeper(openStream, after, {
      onUp: () => {
        become({ mode: 'stream' });
        look();
      },
      onDown: () => {
        become({ mode: 'polling' });
        look();
      },
      onChange: tell,
    });

  stream?.open();
  schedule();
  return {
    state: () => state,
    watch: (listener) => added(watchers, listener),
    onChange: (listener) => added(listeners, listener),
    setBusy: (next) => {
      if (next === isBusy) return;
      isBusy = next;
      schedule();
    },
    report: (isGood) => (isGood ? succeed() : fail()),
    wake: () => {
      callOff();
      stream?.close();
      if (isHidden() || isStopped) return;
      become({ mode: 'polling' });
      stream?.open();
      look();
    },
    stop: () => {
      isStopped = true;
      callOff();
      stream?.close();
    },
  };
}

function added<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => set.delete(item);
}
