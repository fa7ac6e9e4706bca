import type { Watch } from '../ledger/ledger.ts';
import { epochMs, isoTime } from '../release/clock.ts';
import { pending, type ReleaseDocument, type StepStatus } from '../release/document.ts';
import { isNamed } from '../release/errors.ts';
import type { RouterFacts } from '../routers/router.ts';
import type { Ports, StepCall } from './ports.ts';

/**
 * An idempotent advance: does as much as it can in a few seconds and returns the document with a
 * status. Calling it twice in a row, or twice at once, has the effect of calling it once.
 */
export type Step = (
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
) => Promise<ReleaseDocument>;

/** A task that waits for its token to be answered. */
export interface WaitingTask {
  token: string;
  /** See {@link Watch.turn}. */
  turn: string | null;
}

/** A task that waits, as the state machine hands it over; the times are missing in those of 0.1.0. */
export interface TokenPayload {
  token: string;
  /** ISO 8601, when the state was entered. */
  enteredAt?: string | undefined;
  /** Earlier attempts since then. */
  retryCount?: number | undefined;
}

/** States are entered one after the other, and so are their attempts made. */
export function waitingTaskOf({ token, enteredAt, retryCount = 0 }: TokenPayload): WaitingTask {
  if (enteredAt === undefined) return { token, turn: null };
  return { token, turn: `${isoTime(epochMs(enteredAt))}#${String(retryCount).padStart(4, '0')}` };
}

/**
 * Stores a task token where whoever is meant to answer finds it. The state machine then waits for
 * that answer, not for this call.
 */
export type TokenStep = (
  document: ReleaseDocument,
  task: WaitingTask,
  ports: Ports,
) => Promise<void>;

/** When a provider that asked for patience is asked again, in seconds. */
export const patienceSeconds = 2;

/**
 * When to look again whether clients follow a change, in seconds: every look is a part of the history,
 * and a provider that takes minutes is not asked each second.
 */
export function lookAgainSeconds({ maxPropagationSeconds }: RouterFacts): number {
  return Math.min(10, Math.max(1, Math.round(maxPropagationSeconds / 12)));
}

/**
 * A provider that asks for patience gets it: a step that meets a ThrottledError says `pending` and is
 * called again with what it was given. No release fails because a provider is busy.
 */
export function patiently<
  Input extends object,
  Output extends { step: StepStatus },
  Rest extends [Ports, ...unknown[]],
>(
  step: (input: Input, ...rest: Rest) => Promise<Output>,
): (input: Input, ...rest: Rest) => Promise<Output> {
  return async (input, ...rest) => {
    try {
      return await step(input, ...rest);
    } catch (error) {
      if (!isNamed(error, 'ThrottledError')) throw error;
      rest[0].log.warn('a provider asks for patience', { reason: error.message });
      // What a step takes and what it gives is the same thing, a little further on.
      return { ...input, step: pending(patienceSeconds) } as unknown as Output;
    }
  };
}
