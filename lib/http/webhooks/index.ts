import { alertmanagerKind } from './kinds/alertmanager.ts';
import { artifactKind } from './kinds/artifact.ts';
import { dockerhubKind } from './kinds/dockerhub.ts';
import { githubKind } from './kinds/github.ts';
import { gitlabKind } from './kinds/gitlab.ts';
import { grafanaKind } from './kinds/grafana.ts';
import { harborKind } from './kinds/harbor.ts';
import { pagerDutyKind } from './kinds/pagerduty.ts';
import { slackKind } from './kinds/slack.ts';
import type { WebhookKind } from './webhook.ts';

/** Every kind of webhook. Another one is another line. */
export const webhookKinds: readonly WebhookKind[] = [
  artifactKind,
  githubKind,
  gitlabKind,
  dockerhubKind,
  harborKind,
  alertmanagerKind,
  grafanaKind,
  slackKind,
  pagerDutyKind,
];
