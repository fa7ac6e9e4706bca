import { z } from 'zod';
import { matchesGlob } from '../../../../release/artifact-source.ts';
import { fillMapping, type Wish } from '../../fill-mapping.ts';
import { readPayloadAs } from '../../payload.ts';
import { actorName, releaseArtifacts } from '../../releases.ts';
import { digestHex, isSameText } from '../../signature.ts';
import type { Webhook } from '../../webhook.ts';
import { dockerhubSchema } from '../dockerhub.ts';

/** docs.docker.com/docker-hub/repos/manage/webhooks */
const payloadSchema = z.looseObject({
  callback_url: z.url().max(1024),
  push_data: z.looseObject({
    pushed_at: z.number(),
    pusher: z.string().max(255),
    tag: z.string().max(128),
  }),
  repository: z.looseObject({
    repo_name: z.string().max(300),
    name: z.string().max(255),
  }),
});

type Push = z.output<typeof payloadSchema>;

/**
 * Webhooks of Docker Hub, which signs nothing and sends no header of ours: the secret is the `key` in
 * the query of the address, as paths are in logs and queries are not. What comes must look like a push;
 * nothing of it is ever asked for over the network. It has no id, so that the same body is the same
 * delivery: it tells when the image was pushed.
 */
export const dockerhubWebhook: Webhook = {
  isSigned: ({ query }) => (query('key') ?? '') !== '',
  isSignedWith: ({ query }, secret) => isSameText(query('key') ?? '', secret),
  read(request) {
    const id = digestHex(request.body);
    const push = readPayloadAs(payloadSchema, request);
    const by = actorName('dockerhub', push.push_data.pusher);
    const wishOf = (config: unknown) => wish(push, dockerhubSchema.parse(config));
    return {
      id,
      by,
      carryOut: (entries, operations) =>
        releaseArtifacts(
          { key: `dockerhub:${id}`, by, entries, wishOf: ({ config }) => wishOf(config) },
          operations,
        ),
    };
  },
};

function wish({ push_data, repository }: Push, entry: z.output<typeof dockerhubSchema>): Wish {
  const { tag, pushed_at } = push_data;
  if (entry.repository !== repository.repo_name) return { ignored: `is for ${entry.repository}` };
  if (!matchesGlob(tag, entry.tagPattern))
    return { ignored: `is for tags like ${entry.tagPattern}` };
  const pushedAt = String(Math.trunc(pushed_at));
  const values = { tag, repository: repository.repo_name, name: repository.name, pushedAt };
  return fillMapping(entry.artifact, values);
}
