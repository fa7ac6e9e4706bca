import { alertmanagerKind } from './kinds/alertmanager.ts';
import { grafanaKind } from './kinds/grafana.ts';
import { pagerDutyKind } from './kinds/pagerduty.ts';
import { slackKind } from './kinds/slack.ts';
import type { WebhookKind } from './webhook.ts';

/** Every kind of webhook. Another one is another line. */
export const webhookKinds: readonly WebhookKind[] = [
  alertmanagerKind,
  grafanaKind,
  slackKind,
  pagerDutyKind,
];
