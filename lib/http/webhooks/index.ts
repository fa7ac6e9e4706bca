import { artifactKind } from './kinds/artifact.ts';
import { dockerhubKind } from './kinds/dockerhub.ts';
import { githubKind } from './kinds/github.ts';
import { gitlabKind } from './kinds/gitlab.ts';
import { harborKind } from './kinds/harbor.ts';
import type { WebhookKind } from './webhook.ts';

/** Every kind of webhook. Another one is another line. */
export const webhookKinds: readonly WebhookKind[] = [
  artifactKind,
  githubKind,
  gitlabKind,
  dockerhubKind,
  harborKind,
];
