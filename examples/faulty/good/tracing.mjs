/** W3C trace context: a request belongs to the trace of whoever sent it, or begins its own. */
import { randomBytes } from 'node:crypto';

const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** `{traceId, traceparent}`, the second for the answer: same trace, a span of our own. */
export function traceOf({ headers }) {
  const [, given, flags = '01'] = pattern.exec(headers.traceparent ?? '') ?? [];
  const traceId = given ?? randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}` };
}
