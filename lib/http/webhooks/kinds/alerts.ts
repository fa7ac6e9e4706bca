import { z } from 'zod';
import type { AlertSource, ToldAlert } from '../../../release/reported-alerts.ts';
import { readPayloadAs } from '../payload.ts';
import type { Delivery, WebhookRequest } from '../webhook.ts';

const texts = z.record(z.string(), z.string()).nullish();
const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'needs an ISO 8601 time');

/**
 * What Alertmanager posts (prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4)
 * and, with other things around it, Grafana. A firing alert ends in the year 1.
 */
const message = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  groupKey: z.string().optional(),
  truncatedAlerts: z.int().nullish(),
  alerts: z
    .array(
      z.looseObject({
        status: z.enum(['firing', 'resolved']),
        labels: texts,
        annotations: texts,
        startsAt: time,
        endsAt: time.nullish(),
      }),
    )
    .max(5000),
});

type Message = z.output<typeof message>;

/**
 * A message about alerts of one group. Telling it twice tells nothing new, so it needs no id.
 * @throws RequestInvalidError
 */
export function readAlerts(source: AlertSource, request: WebhookRequest): Delivery {
  const told = readPayloadAs(message, request);
  return {
    id: null,
    by: source,
    async carryOut(entries, operations) {
      const services = entries.map(({ service }) => service);
      const heard = await operations.reportAlerts({ source, alerts: alertsOf(told), services });
      return { status: 200, body: { heard: heard.map((it) => ({ ...it })) }, isFinal: true };
    },
  };
}

/** Where alerts were left out, what is missing may still fire: then nothing is over yet. */
function alertsOf({ alerts, truncatedAlerts }: Message): ToldAlert[] {
  const isWhole = (truncatedAlerts ?? 0) === 0;
  return alerts
    .filter(({ status }) => isWhole || status === 'firing')
    .map(({ status, labels, annotations, startsAt, endsAt }) => ({
      state: status,
      labels: labels ?? {},
      annotations: annotations ?? {},
      startsAt,
      endsAt: status === 'resolved' ? (endsAt ?? null) : null,
    }));
}
