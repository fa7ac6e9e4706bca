import type { PublicEventType, ReleaseEvent } from '../../release/events.ts';
import { incidentKeyOf, releaseMark } from '../../release/incident.ts';
import type { JsonObject } from '../../release/json.ts';
import { eventJson } from '../event-json.ts';
import type { ReleaseFacts } from '../notifier.ts';
import { oneLine, pageOf, type Telling } from '../telling.ts';

/** What PagerDuty is told of one event: calls of its Events API, in this order. */
export interface PagerDutyCall {
  path: '/v2/enqueue' | '/v2/change/enqueue';
  /** Without the routing key. */
  body: JsonObject;
}

/** What wakes somebody, and how urgently: traffic that is stuck, and data that may be at risk. */
const pages: Partial<Record<PublicEventType, 'critical' | 'error'>> = {
  'Rollback Failed': 'critical',
  Held: 'error',
};
/** What ends that: traffic is on one side again, and a person or the conductor put it there. */
const endings: readonly string[] = ['Completed', 'Rolled Back'];
/** What changed for users. */
const changes: readonly string[] = ['Traffic Shifted', 'Completed', 'Rolled Back'];

/** The limit of both kinds of summaries. */
const longestSummary = 1024;

/**
 * The calls for one event, most of which have none: an alert for what must wake somebody, its end, and
 * a change event for what moved traffic. The fields are those of PagerDuty's developer documentation,
 * docs/events-API-v2/02-Trigger-Events.md and 03-Change-Events.md. A `resolve` without an open alert is
 * dropped there, so nothing has to be remembered here.
 */
export function callsFor(told: Telling): PagerDutyCall[] {
  const { type, releaseId } = told.event;
  if (releaseId === null) return [];
  const severity = pages[type as PublicEventType];
  return [
    ...(severity ? [trigger(told, severity)] : []),
    ...(endings.includes(type) ? [resolve(told)] : []),
    ...(changes.includes(type) ? [change(told)] : []),
  ];
}

function trigger(told: Telling, severity: 'critical' | 'error'): PagerDutyCall {
  const { event, release } = told;
  const url = pageOf(told);
  const payload = {
    ...payloadOf(told),
    severity,
    component: release.green?.id ?? release.artifact.version,
    class: event.type,
    ...(release.owner === null ? {} : { group: release.owner }),
  };
  const body = {
    event_action: 'trigger',
    dedup_key: incidentKeyOf(release.releaseId),
    client: 'Verdigris',
    ...(url ? { client_url: url } : {}),
    payload,
    links: linksOf(told),
  };
  return { path: '/v2/enqueue', body };
}

function resolve({ release }: Telling): PagerDutyCall {
  const body = { event_action: 'resolve', dedup_key: incidentKeyOf(release.releaseId) };
  return { path: '/v2/enqueue', body };
}

function change(told: Telling): PagerDutyCall {
  return { path: '/v2/change/enqueue', body: { payload: payloadOf(told), links: linksOf(told) } };
}

function payloadOf(told: Telling): JsonObject {
  const { event, release } = told;
  return {
    summary: summaryOf(told),
    source: release.service,
    timestamp: event.at,
    custom_details: detailsOf(event, release),
  };
}

/** Ends with the release, by which an incident whose key PagerDuty keeps to itself is found again. */
function summaryOf({ event, release }: Telling): string {
  const start = `${release.service} ${release.artifact.version} ${event.type}: ${event.summary}`;
  const mark = releaseMark(release.releaseId);
  const room = longestSummary - mark.length - 1;
  return `${oneLine(start, room)} ${mark}`;
}

function detailsOf(event: ReleaseEvent, release: ReleaseFacts): JsonObject {
  const { data } = JSON.parse(eventJson(event)) as { data: JsonObject };
  const { artifact, blue, green } = release;
  return {
    release: release.releaseId,
    service: release.service,
    version: artifact.version,
    artifact: artifact.uri,
    digest: artifact.digest,
    blue: blue && `${blue.version} (${blue.id})`,
    green: green && `${green.version} (${green.id})`,
    'requested by': release.requestedBy,
    owner: release.owner,
    reason: event.summary,
    by: event.by,
    ...(Object.keys(data).length > 0 ? { facts: data } : {}),
  };
}

function linksOf(told: Telling): JsonObject[] {
  const { release, consoleUrl } = told;
  const url = pageOf(told);
  if (!url) return [];
  const service = `${consoleUrl}/services/${encodeURIComponent(release.service)}`;
  return [
    { href: url, text: 'The release in the console' },
    { href: service, text: `The service ${release.service}` },
  ];
}
