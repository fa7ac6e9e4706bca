import { z } from 'zod';
import { matchesGlob } from '../../../../release/artifact-source.ts';
import type { Json } from '../../../../release/json.ts';
import { validate } from '../../../validate.ts';
import { fillMapping, type Wish } from '../../fill-mapping.ts';
import { readPayload } from '../../payload.ts';
import { actorName, ignored, releaseArtifacts } from '../../releases.ts';
import { digestHex, isSameText } from '../../signature.ts';
import type { Webhook, WebhookRequest } from '../../webhook.ts';
import { harborSchema } from '../harbor.ts';

const pushed = z.looseObject({
  resources: z
    .array(z.looseObject({ digest: z.string().max(255), tag: z.string().max(255).default('') }))
    .max(100),
  repository: z.looseObject({ name: z.string().max(255), repo_full_name: z.string().max(255) }),
});

const operator = z.string().max(255).nullish();

/** goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks, Default */
const defaultPayload = z.looseObject({ event_data: pushed, operator });
/** The same page, CloudEvents. */
const cloudEvent = z.looseObject({ data: pushed, operator });

const anyPayload = z.looseObject({ type: z.string().max(64) });

type Pushed = z.output<typeof pushed>;

/**
 * Webhooks of Harbor, which sends as `Authorization` whatever stands in the endpoint's "Auth Header":
 * the secret, or `Bearer` and the secret. It has no id, so that the same body is the same delivery: it
 * tells when the image was pushed, and Harbor sends the same body again.
 */
export const harborWebhook: Webhook = {
  isSigned: (request) => credentialOf(request) !== '',
  isSignedWith: (request, secret) => isSameText(credentialOf(request), secret),
  read(request) {
    const id = digestHex(request.body);
    const event = readEvent(readPayload(request));
    if ('ignored' in event) {
      return { id, by: 'harbor', carryOut: async () => ignored(event.ignored) };
    }
    const by = actorName('harbor', event.operator);
    const wishOf = (config: unknown) => wish(event.pushed, harborSchema.parse(config));
    return {
      id,
      by,
      carryOut: (entries, operations) =>
        releaseArtifacts(
          { key: `harbor:${id}`, by, entries, wishOf: ({ config }) => wishOf(config) },
          operations,
        ),
    };
  },
};

function credentialOf({ header }: WebhookRequest): string {
  return (header('authorization') ?? '').replace(/^Bearer +/i, '').trim();
}

function readEvent(
  payload: Json,
): { pushed: Pushed; operator: string | null | undefined } | { ignored: string } {
  const { type } = validate(anyPayload, payload, 'body');
  if (type === 'PUSH_ARTIFACT') {
    const { event_data, operator } = validate(defaultPayload, payload, 'body');
    return { pushed: event_data, operator };
  }
  if (type === 'harbor.artifact.pushed') {
    const { data, operator } = validate(cloudEvent, payload, 'body');
    return { pushed: data, operator };
  }
  return { ignored: `event ${JSON.stringify(type)} starts nothing` };
}

/** Of what was pushed at once, the first that has a tag of the right form. */
function wish(
  { resources, repository }: Pushed,
  { repository: wanted, tagPattern, artifact }: z.output<typeof harborSchema>,
): Wish {
  if (wanted !== repository.repo_full_name) return { ignored: `is for ${wanted}` };
  const found = resources.find(({ tag }) => isTag(tag) && matchesGlob(tag, tagPattern));
  if (!found) return { ignored: `is for tags like ${tagPattern}` };
  const { tag, digest } = found;
  const { repo_full_name, name } = repository;
  return fillMapping(artifact, { tag, digest, repository: repo_full_name, name });
}

/** Harbor calls what was pushed without a tag by its digest. */
function isTag(tag: string): boolean {
  return tag !== '' && !tag.startsWith('sha256:');
}
