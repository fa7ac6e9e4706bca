import type { EventType, ReleaseEvent, ReleaseStatus } from '../../../console/types.ts';
import type { JsonObject } from '../../../lib/release/json.ts';

const start = Date.parse('2026-03-11T09:14:00.000Z');

/** Seconds after the release was asked for, as ISO 8601. */
export const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();

/** Something that happened so many seconds after the release was asked for. */
export function event(
  type: EventType,
  seconds: number,
  data: JsonObject = {},
  { by = 'conductor', summary = type as string } = {},
): ReleaseEvent {
  const id = `r1#${type}-${seconds}`;
  return { id, type, releaseId: 'r1', service: 'shop', at: at(seconds), by, summary, data };
}

const side = (id: string, version: string) => ({
  id,
  kind: 'process',
  version,
  address: null,
  attributes: {},
});

/** A release of v2 over v1 that is being watched, or as the changes say. */
export function release(changes: Partial<ReleaseStatus> = {}): ReleaseStatus {
  return {
    releaseId: 'r1',
    service: 'shop',
    version: 'v2',
    phase: 'watching',
    outcome: null,
    reason: null,
    requestedBy: 'ada',
    blue: side('b', 'v1'),
    green: side('g', 'v2'),
    traffic: { g: 100 },
    timings: { cutoverMs: null, detectToRestoredMs: null, totalMs: null },
    verification: {
      asked: 0,
      passed: 0,
      warned: 0,
      failed: 0,
      passRate: null,
      observabilityCoverage: null,
    },
    breach: null,
    watch: null,
    events: [],
    ...changes,
  };
}
