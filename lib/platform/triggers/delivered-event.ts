import { z } from 'zod';

/** lambda/latest/dg/invocation-async-retain-records.html: what a queue gets of a call that failed. */
const invocationRecord = z.looseObject({
  requestContext: z.looseObject({ functionArn: z.string(), condition: z.string() }),
  requestPayload: z.unknown(),
});

/**
 * The event itself, also where somebody sends again what Lambda left in the dead-letter queue: a record
 * of the invocation with the event inside, or with such a record, if that failed again.
 */
export function unwrapEvent(event: unknown): unknown {
  const { data } = invocationRecord.safeParse(event);
  return data && 'requestPayload' in data ? unwrapEvent(data.requestPayload) : event;
}
