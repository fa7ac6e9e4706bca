import { z } from 'zod';
import { messageOf } from '../../release/errors.ts';
import { isPublic } from '../../release/events.ts';
import type { Logger } from '../../release/logger.ts';
import type { Notifier } from '../notifier.ts';
import type { PagerDutyConfig } from '../pagerduty.ts';
import { type OutboundDeps, outboundOf, type Posted, patienceMs, postJson } from '../post-json.ts';
import { callsFor, type PagerDutyCall } from './messages.ts';

/** What the notifier works with. */
export interface PagerDutyNotifierDeps extends Partial<OutboundDeps> {
  consoleUrl?: string | undefined;
  log: Logger;
}

const hosts: Record<PagerDutyConfig['region'], string> = {
  us: 'https://events.pagerduty.com',
  eu: 'https://events.eu.pagerduty.com',
};

const refusal = z.looseObject({
  message: z.string().optional(),
  errors: z.array(z.string()).optional(),
});

/**
 * PagerDuty's Events API v2 (docs/events-API-v2/01-Overview.md of its developer documentation): taken
 * is a 202; a 429 and a 5xx are repeated while there is time, an alert under its `dedup_key`.
 * @throws KindUnavailableError
 */
export function createPagerDutyNotifier(
  { routingKeySecret, region }: PagerDutyConfig,
  deps: PagerDutyNotifierDeps,
): Notifier {
  const { consoleUrl, log } = deps;
  const outbound = outboundOf('pagerduty', deps);
  return {
    async send(event, release) {
      if (!isPublic(event)) return;
      const calls = callsFor({ event, release, consoleUrl });
      if (calls.length === 0) return;
      const warn = (reason: string) =>
        log.warn('PagerDuty did not take an event', { event: event.id, reason });
      try {
        const deadlineMs = outbound.clock.now() + patienceMs;
        const [routing_key] = await outbound.secrets.read(routingKeySecret);
        for (const { path, body } of calls) {
          const request = {
            url: `${hosts[region]}${path}`,
            body: { routing_key, ...body },
            deadlineMs,
            isRepeatable: isRepeatable({ path, body }),
          };
          const problem = problemOf(await postJson(request, outbound));
          if (problem) warn(`${problem} (secret ${routingKeySecret})`);
        }
      } catch (error) {
        warn(messageOf(error));
      }
    },
  };
}

/** A change event has no key by which a second one would be known. */
function isRepeatable({ path }: PagerDutyCall): boolean {
  return path === '/v2/enqueue';
}

/** `{ status: "invalid event", message, errors }` comes with a 400. */
function problemOf(posted: Posted): string | null {
  if ('problem' in posted) return posted.problem;
  if (posted.status === 202) return null;
  const { message = '', errors = [] } = refusal.safeParse(posted.body).data ?? {};
  return [`HTTP ${posted.status}`, message, ...errors].filter(Boolean).join(': ').slice(0, 500);
}
