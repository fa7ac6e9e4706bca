import type { ReleaseEvent } from '../release/events.ts';
import type { JsonObject } from '../release/json.ts';

/** What SNS takes as a message, and the smallest of what targets of EventBridge rules take. */
const limitBytes = 262_144;
/** Left for source, detail type, subject, attributes and what the provider wraps around. */
const reserveBytes = 4096;
/** Of an event that is too large, values up to this length stay, as long as there is room. */
const longestValue = 1024;
const mostValues = 40;
const longestText = 4096;

/**
 * An event as JSON of at most 252 KB. One that is larger loses its largest data, and says so with
 * `data.isShortened: true`: the whole event is in the ledger.
 */
export function eventJson(event: ReleaseEvent): string {
  const whole = JSON.stringify(event);
  if (Buffer.byteLength(whole) <= limitBytes - reserveBytes) return whole;
  const summary = event.summary.slice(0, longestText);
  return JSON.stringify({ ...event, summary, data: shorten(event.data) });
}

function shorten(data: JsonObject): JsonObject {
  const kept = Object.entries(data)
    .filter((entry) => JSON.stringify(entry).length <= longestValue)
    .slice(0, mostValues);
  return { ...Object.fromEntries(kept), isShortened: true };
}
