import { readPayload } from '../../payload.ts';
import { actorName, ignored, releaseArtifacts } from '../../releases.ts';
import { digestHex, isSameText } from '../../signature.ts';
import type { Webhook, WebhookRequest } from '../../webhook.ts';
import { gitlabSchema } from '../gitlab.ts';
import { readGitlabEvent } from './events.ts';

/**
 * Webhooks of GitLab: `X-Gitlab-Token` is the secret itself, and `Idempotency-Key` (before 17.4 there
 * is only `X-Gitlab-Event-UUID`, which hooks that follow from each other share) is the same for a
 * delivery that is sent again (docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers).
 *
 * A release that is refused is told with 202: GitLab turns a webhook off that answers 4xx four times.
 */
export const gitlabWebhook: Webhook = {
  isSigned: ({ header }) => (header('x-gitlab-token') ?? '') !== '',
  isSignedWith: ({ header }, secret) => isSameText(header('x-gitlab-token') ?? '', secret),
  read(request) {
    const id = digestHex(`${sentAs(request)}\n${digestHex(request.body)}`);
    const event = readGitlabEvent(readPayload(request));
    if ('ignored' in event) {
      return { id, by: 'gitlab', carryOut: async () => ignored(event.ignored) };
    }
    const by = actorName('gitlab', event.sender);
    return {
      id,
      by,
      carryOut: (entries, operations) =>
        releaseArtifacts(
          {
            key: `gitlab:${id}`,
            by,
            entries,
            wishOf: ({ config }) => event.wishOf(gitlabSchema.parse(config)),
            refusedStatus: 202,
          },
          operations,
        ),
    };
  },
};

function sentAs({ header }: WebhookRequest): string {
  return header('idempotency-key') ?? header('x-gitlab-event-uuid') ?? '';
}
