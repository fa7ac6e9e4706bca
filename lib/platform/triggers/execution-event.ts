import { z } from 'zod';
import type { Execution } from '../../engine/engine.ts';
import { parseEvent } from '../lambda-container.ts';

/**
 * step-functions/latest/dg/cw-events.html. None of the examples there has `error` or `cause`; they are
 * taken where they come all the same.
 */
const statusChange = z.looseObject({
  source: z.literal('aws.states'),
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.looseObject({
    stateMachineArn: z.string().min(1),
    name: z.string().min(1),
    status: z.string(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

/** How an execution ended, by the status that Step Functions gives it. */
const endings: Record<string, Exclude<Execution['status'], 'running'>> = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed-out',
  ABORTED: 'aborted',
};

/** An execution that is over, as EventBridge tells it. */
export interface ExecutionEnd {
  stateMachineArn: string;
  name: string;
  status: Exclude<Execution['status'], 'running'>;
  error: string | null;
  cause: string | null;
}

/**
 * The end that an event tells of; null when the execution goes on.
 * @throws RequestInvalidError for an event of another type or shape.
 */
export function readExecutionEvent(event: unknown): ExecutionEnd | null {
  const { stateMachineArn, name, status, error, cause } = parseEvent(statusChange, event).detail;
  const ending = endings[status];
  if (!ending) return null;
  return { stateMachineArn, name, status: ending, error: error ?? null, cause: cause ?? null };
}
