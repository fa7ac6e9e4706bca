/** W3C trace context: every request is a trace of its own. */
import { randomBytes } from 'node:crypto';

/** `{traceId, traceparent}`, the second for the answer. */
export function traceOf() {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
}
