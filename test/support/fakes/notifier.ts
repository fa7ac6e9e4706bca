import type { Notifier } from '../../../lib/notifiers/notifier.ts';
import { isPublic, type ReleaseEvent } from '../../../lib/release/events.ts';

/** A notifier that remembers. */
export interface FakeNotifier extends Notifier {
  /** What arrived, in order. */
  readonly sent: readonly ReleaseEvent[];
  /** What was lost while the other side was down. */
  readonly lost: readonly ReleaseEvent[];
  /** The other side goes down, or comes back. */
  setDown(isDown: boolean): void;
}

/** An in-memory notifier for tests. Like every notifier it never throws: what fails is lost. */
export function createFakeNotifier({ isDown = false }: { isDown?: boolean } = {}): FakeNotifier {
  const sent: ReleaseEvent[] = [];
  const lost: ReleaseEvent[] = [];
  let isOff = isDown;
  return {
    sent,
    lost,
    setDown(next) {
      isOff = next;
    },
    async send(event) {
      if (!isPublic(event)) return;
      (isOff ? lost : sent).push(event);
    },
  };
}
