import { readPayload } from '../../payload.ts';
import { actorName, ignored, releaseArtifacts } from '../../releases.ts';
import { digestHex, hmacHex, isSameText } from '../../signature.ts';
import type { Webhook } from '../../webhook.ts';
import { githubSchema } from '../github.ts';
import { readGithubEvent } from './events.ts';

const signatureHeader = 'x-hub-signature-256';

/**
 * Webhooks of GitHub: `X-Hub-Signature-256` is `sha256=` and the HMAC of the body
 * (docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries).
 *
 * A delivery is the same one by its body: `X-GitHub-Delivery` is not signed, so that whoever has seen a
 * signed body could send it again under another id.
 */
export const githubWebhook: Webhook = {
  isSigned: ({ header }) => /^sha256=[0-9a-f]{64}$/.test(header(signatureHeader) ?? ''),
  isSignedWith: ({ header, body }, secret) =>
    isSameText(header(signatureHeader) ?? '', `sha256=${hmacHex(secret, body)}`),
  read(request) {
    const id = digestHex(request.body);
    const name = request.header('x-github-event') ?? '';
    const event = readGithubEvent(name, readPayload(request));
    if ('ignored' in event) return nothing(id, event.ignored);
    const by = actorName('github', event.sender);
    return {
      id,
      by,
      carryOut: (entries, operations) =>
        releaseArtifacts(
          {
            key: `github:${id}`,
            by,
            entries,
            wishOf: ({ config }) => event.wishOf(githubSchema.parse(config)),
          },
          operations,
        ),
    };
  },
};

function nothing(id: string, reason: string): ReturnType<Webhook['read']> {
  return { id, by: 'github', carryOut: async () => ignored(reason) };
}
