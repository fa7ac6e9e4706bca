import type { JsonObject } from '../../../lib/release/json.ts';

/** An alert as PagerDuty keeps it. */
export interface PagerDutyAlert {
  status: 'triggered' | 'resolved';
  severity: string;
  summary: string;
  /** How often it was triggered. */
  triggers: number;
  body: JsonObject;
}

/** PagerDuty's Events API v2 for one integration. */
export interface FakePagerDuty {
  fetch: typeof globalThis.fetch;
  routingKey: string;
  /** By their deduplication keys. */
  alerts: Map<string, PagerDutyAlert>;
  changes: JsonObject[];
  /** Every call that was taken, and where to. */
  calls: { url: string; body: JsonObject }[];
  /** The next calls get this status, and are told to come back after so many seconds. */
  failNext(calls: number, status: number, seconds?: number): void;
  goDown(): void;
}

interface Payload {
  summary?: string;
  source?: string;
  severity?: string;
}

const severities = ['critical', 'error', 'warning', 'info'];

/** What PagerDuty objects to (docs/events-API-v2/02-Trigger-Events.md and 03-Change-Events.md). */
function objections(path: string, body: JsonObject): string[] {
  const { summary, source, severity } = (body.payload ?? {}) as Payload;
  const isAlert = path === '/v2/enqueue';
  const needsPayload = !isAlert || body.event_action === 'trigger';
  const found: [boolean, string][] = [
    [typeof body.routing_key !== 'string', "'routing_key' is missing or blank"],
    [`${body.dedup_key ?? ''}`.length > 255, "'dedup_key' is too long"],
    [needsPayload && !summary, "'payload.summary' is missing or blank"],
    [(summary ?? '').length > 1024, "'payload.summary' is too long"],
    [needsPayload && isAlert && !source, "'payload.source' is missing or blank"],
    [
      needsPayload && isAlert && !severities.includes(severity ?? ''),
      "'payload.severity' is invalid",
    ],
    [JSON.stringify(body).length > 512 * 1024, 'Event is too large'],
  ];
  return found.flatMap(([isWrong, words]) => (isWrong ? [words] : []));
}

/** Taken is a 202 with the key; what is wrong is a 400 with the reasons. */
export function createFakePagerDuty({
  region = 'us',
}: {
  region?: 'us' | 'eu';
} = {}): FakePagerDuty {
  const routingKey = 'R0UT1NGKEYR0UT1NGKEYR0UT1NGKEY00';
  const host = `https://events.${region === 'eu' ? 'eu.' : ''}pagerduty.com`;
  const alerts: FakePagerDuty['alerts'] = new Map();
  const changes: JsonObject[] = [];
  const calls: FakePagerDuty['calls'] = [];
  let failing = { calls: 0, status: 500, seconds: 0 };
  let isDown = false;

  function keep(path: string, body: JsonObject): void {
    if (path !== '/v2/enqueue') return void changes.push(body);
    const key = `${body.dedup_key}`;
    const known = alerts.get(key);
    if (body.event_action === 'resolve') {
      if (known) known.status = 'resolved';
      return;
    }
    const { severity = '', summary = '' } = body.payload as Payload;
    const triggers = known?.status === 'triggered' ? known.triggers + 1 : 1;
    alerts.set(key, { status: 'triggered', severity, summary, triggers, body });
  }

  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    if (isDown || !`${input}`.startsWith(`${host}/`)) throw new TypeError('fetch failed');
    if (failing.calls > 0) {
      failing.calls -= 1;
      const { status, seconds } = failing;
      return new Response('', { status, headers: { 'Retry-After': String(seconds) } });
    }
    const path = new URL(`${input}`).pathname;
    const body = JSON.parse(`${init.body}`) as JsonObject;
    const errors = objections(path, body);
    if (errors.length > 0) {
      const refusal = { status: 'invalid event', message: 'Event object is invalid', errors };
      return Response.json(refusal, { status: 400 });
    }
    calls.push({ url: `${input}`, body });
    if (body.routing_key === routingKey) keep(path, body);
    const taken = {
      status: 'success',
      message: 'Event processed',
      dedup_key: body.dedup_key ?? '',
    };
    return Response.json(taken, { status: 202 });
  };

  return {
    fetch,
    routingKey,
    alerts,
    changes,
    calls,
    failNext: (count, status, seconds = 0) => {
      failing = { calls: count, status, seconds };
    },
    goDown: () => {
      isDown = true;
    },
  };
}
