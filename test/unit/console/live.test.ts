import { beforeEach, describe, expect, it } from 'vitest';
import { createLive, type Live } from '../../../console/live.ts';
import { retryDelay, type StreamHandlers, silenceMs } from '../../../console/stream.ts';

/** A page's clock, timers and connection, moved by hand. */
function createPage() {
  let now = 0;
  let isHidden = false;
  let timers: { at: number; callback: () => void }[] = [];
  const streams: { handlers: StreamHandlers; isOpen: boolean }[] = [];
  return {
    streams,
    hide: (hidden: boolean) => {
      isHidden = hidden;
    },
    /** Lets time pass, one timer after the other. */
    pass(ms: number) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        now = next.at;
        next.callback();
      }
      now = end;
    },
    deps: {
      now: () => now,
      after(ms: number, callback: () => void) {
        const timer = { at: now + ms, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((it) => it !== timer);
        };
      },
      openStream(handlers: StreamHandlers) {
        const stream = { handlers, isOpen: true };
        streams.push(stream);
        return () => {
          stream.isOpen = false;
        };
      },
      isHidden: () => isHidden,
    },
  };
}

let page: ReturnType<typeof createPage>;
let looks: number;

function follow(live: Live): Live {
  live.onChange(() => {
    looks += 1;
  });
  return live;
}

const poll = () => follow(createLive({ ...page.deps, openStream: null }));

beforeEach(() => {
  page = createPage();
  looks = 0;
});

describe('polling', () => {
  it('looks every ten seconds, and every two while something runs', () => {
    const live = poll();
    page.pass(30_000);
    expect(looks).toBe(3);

    live.setBusy(true);
    page.pass(10_000);
    expect(looks).toBe(8);
  });

  it('rests in a hidden tab and looks at once when it is shown', () => {
    const live = poll();
    page.hide(true);
    live.wake();
    live.setBusy(true);
    page.pass(600_000);
    expect(looks).toBe(0);

    page.hide(false);
    live.wake();
    expect(looks).toBe(1);
  });

  it('takes longer and longer while nothing answers, and is back at its pace with the first answer', () => {
    const live = poll();
    live.onChange(() => live.report(false));
    live.setBusy(true);
    page.pass(2_000);
    expect(live.state().isLost).toBe(true);
    page.pass(1_000 + 2_000 + 4_000 + 8_000);
    expect(looks).toBe(5);

    live.report(true);
    expect(live.state()).toMatchObject({ isLost: false, lastGoodAt: 17_000 });
    page.pass(2_000);
    expect(looks).toBe(6);
  });

  it('counts several failures of one look as one', () => {
    const live = poll();
    live.onChange(() => {
      for (let i = 0; i < 5; i += 1) live.report(false);
    });
    page.pass(10_000);
    page.pass(1_000);

    expect(looks).toBe(2);
  });

  it('never waits longer than half a minute', () => {
    expect([1, 2, 3, 6, 100].map(retryDelay)).toEqual([1000, 2000, 4000, 30_000, 30_000]);
  });

  it('is quiet once it is stopped', () => {
    poll().stop();
    page.pass(100_000);

    expect(looks).toBe(0);
  });
});

describe('a stream', () => {
  const stream = () => follow(createLive(page.deps));
  const current = () => page.streams.at(-1) as (typeof page.streams)[number];

  it('tells of changes at once, and reads everything when it opens', () => {
    const live = stream();
    const told: unknown[] = [];
    live.onChange((change) => told.push(change));
    current().handlers.onOpen();
    current().handlers.onMessage({ service: 'shop', releaseId: 'r1' });
    current().handlers.onMessage();

    expect(live.state().mode).toBe('stream');
    expect(told).toEqual([null, { service: 'shop', releaseId: 'r1' }]);
  });

  it('is replaced by polling while it is broken, and opened again', () => {
    const live = stream();
    live.setBusy(true);
    current().handlers.onOpen();
    current().handlers.onError();
    expect(live.state().mode).toBe('polling');
    expect(page.streams[0]?.isOpen).toBe(false);

    looks = 0;
    page.pass(900);
    expect(page.streams).toHaveLength(1);
    page.pass(3_200);
    expect(looks).toBe(2);
    expect(page.streams).toHaveLength(2);
    current().handlers.onOpen();
    expect(live.state().mode).toBe('stream');
  });

  it('counts as broken when there is no sign of life', () => {
    const live = stream();
    current().handlers.onOpen();
    page.pass(silenceMs - 1);
    current().handlers.onMessage();
    page.pass(silenceMs - 1);
    expect(live.state().mode).toBe('stream');

    page.pass(1);
    expect(live.state().mode).toBe('polling');
  });

  it('is closed in a hidden tab, so that others have their connections', () => {
    const live = stream();
    current().handlers.onOpen();
    page.hide(true);
    live.wake();
    expect(page.streams.some(({ isOpen }) => isOpen)).toBe(false);

    page.hide(false);
    live.wake();
    expect(page.streams.filter(({ isOpen }) => isOpen)).toHaveLength(1);
  });
});
