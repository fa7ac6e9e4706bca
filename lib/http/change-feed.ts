import type { Change, Changes } from './changes.ts';

/** Milliseconds between two signs of life. */
export const beatMs = 15_000;
/** What changes within so many milliseconds is told together: a step writes several things at once. */
export const gatherMs = 50;
/** A reader that has taken nothing for so many beats is gone. */
export const patientBeats = 4;
/** A feed ends after an hour; whoever reads on shows anew who they are. */
export const longestFeedMs = 3_600_000;
/** So many bytes may wait for the reader; what comes after is kept as changes, each once. */
const queuedBytes = 4096;
/** More different changes than this are told as one that may be anything. */
const mostPending = 256;

const anything: Change = { service: null, releaseId: null };
const encoder = new TextEncoder();

/** What a feed is made of. */
export interface FeedDeps {
  changes: Changes;
  /** Whether its reader may hear of it. */
  isVisible(change: Change): boolean;
  /** Called once when nobody reads it any more. */
  onEnd(): void;
}

/**
 * Changes as server-sent events (html.spec.whatwg.org/multipage/server-sent-events.html): `change` with
 * what changed, `beat` when nothing did for a while. However slowly it is read and however much
 * happens, it holds a bounded amount: the same change waits once.
 */
export function createChangeFeed(deps: FeedDeps): ReadableStream<Uint8Array> {
  const { timers } = deps.changes;
  const pending = new Map<string, Change>();
  const closers: (() => void)[] = [];
  let unreadBeats = 0;
  let isGathering = false;
  let callOffGathering = () => {};
  let callOffBeat = () => {};

  const end = () => {
    if (closers.length > 0) deps.onEnd();
    for (const close of closers.splice(0)) close();
  };
  type Controller = ReadableStreamDefaultController<Uint8Array>;
  const hasRoom = ({ desiredSize }: Controller) => (desiredSize ?? 0) > 0;
  const flush = (controller: Controller) => {
    for (const [key, change] of pending) {
      if (isGathering || !hasRoom(controller)) return;
      pending.delete(key);
      controller.enqueue(message('change', change));
    }
  };
  const gather = (controller: Controller) => {
    if (isGathering) return;
    isGathering = true;
    callOffGathering = timers.after(gatherMs, () => {
      isGathering = false;
      flush(controller);
    });
  };
  const beat = (controller: Controller) => {
    unreadBeats = hasRoom(controller) ? 0 : unreadBeats + 1;
    if (unreadBeats === 0) controller.enqueue(message('beat', {}));
    if (unreadBeats >= patientBeats) {
      end();
      controller.error(new Error('a reader of /api/stream took nothing any more'));
    } else {
      callOffBeat = timers.after(beatMs, () => beat(controller));
    }
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Says at once that it is open; a browser comes back after two seconds when it breaks.
        controller.enqueue(encoder.encode('retry: 2000\n\n'));
        callOffBeat = timers.after(beatMs, () => beat(controller));
        closers.push(
          () => callOffGathering(),
          () => callOffBeat(),
          timers.after(longestFeedMs, () => {
            end();
            controller.close();
          }),
          deps.changes.subscribe((change) => {
            if (!deps.isVisible(change)) return;
            remember(pending, change);
            gather(controller);
          }),
        );
      },
      pull(controller) {
        unreadBeats = 0;
        flush(controller);
      },
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: queuedBytes }),
  );
}

/** Too many to tell apart become one, which everybody may hear of: it names nothing. */
function remember(pending: Map<string, Change>, change: Change): void {
  const isOverflowing = pending.size >= mostPending || pending.has(keyOf(anything));
  if (isOverflowing) pending.clear();
  const told = isOverflowing ? anything : change;
  pending.set(keyOf(told), told);
}

function keyOf({ service, releaseId }: Change): string {
  return `${service} ${releaseId}`;
}

function message(event: 'change' | 'beat', data: object): Uint8Array {
  return encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
