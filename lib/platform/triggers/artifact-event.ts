import { z } from 'zod';
import { artifactSchema } from '../../release/artifact.ts';
import type { ArtifactArrival } from '../../release/artifact-source.ts';
import { parseEvent } from '../lambda-container.ts';

/** AmazonECR/latest/userguide/ecr-eventbridge.html; the tag of an untagged push is empty or absent. */
const imageAction = z.looseObject({
  source: z.literal('aws.ecr'),
  'detail-type': z.literal('ECR Image Action'),
  account: z.string(),
  region: z.string(),
  detail: z.looseObject({
    result: z.string(),
    'action-type': z.string(),
    'repository-name': z.string().min(1),
    'image-digest': z.string().min(1),
    'image-tag': z.string().optional(),
  }),
});

/** AmazonS3/latest/userguide/ev-events.html; without versioning there is no version id. */
const objectCreated = z.looseObject({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string().min(1) }),
    object: z.looseObject({
      key: z.string().min(1),
      'version-id': z.string().optional(),
      etag: z.string().default(''),
    }),
  }),
});

const { uri, version, digest, environment } = artifactSchema.shape;

/** Ours: docs/triggers.md. */
const artifactPublished = z.looseObject({
  source: z.literal('verdigris.artifact'),
  'detail-type': z.literal('Artifact Published'),
  detail: z.looseObject({
    service: z.string().min(1).max(64),
    ...{ uri, version, digest: digest.nullable(), environment: environment.nullable() },
  }),
});

const artifactEvent = z.discriminatedUnion('detail-type', [
  imageAction,
  objectCreated,
  artifactPublished,
]);

/**
 * What an event of EventBridge says has landed; null for one that says nothing of the kind, such as a
 * deleted image.
 * @throws RequestInvalidError for an event of another type or shape.
 */
export function readArtifactEvent(event: unknown): ArtifactArrival | null {
  const read = parseEvent(artifactEvent, event);
  switch (read['detail-type']) {
    case 'ECR Image Action':
      return fromImageAction(read);
    case 'Object Created':
      return fromObjectCreated(read);
    case 'Artifact Published': {
      const { service, uri, version, digest, environment } = read.detail;
      const known = { ...(digest && { digest }), ...(environment && { environment }) };
      return { kind: 'event', service, artifact: { uri, version, ...known } };
    }
  }
}

function fromImageAction({
  account,
  region,
  detail,
}: z.output<typeof imageAction>): ArtifactArrival | null {
  if (detail['action-type'] !== 'PUSH' || detail.result !== 'SUCCESS') return null;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    kind: 'ecr',
    registry: `${account}.dkr.ecr.${region}.${domain}`,
    repository: detail['repository-name'],
    tag: detail['image-tag'] || null,
    digest: detail['image-digest'],
  };
}

/** Keys come as they are here; only S3's own notifications encode them. */
function fromObjectCreated({ detail }: z.output<typeof objectCreated>): ArtifactArrival {
  const { key, etag, 'version-id': versionId } = detail.object;
  return {
    kind: 's3',
    bucket: detail.bucket.name,
    key,
    // Versioning that is suspended gives every object the version `null`.
    versionId: versionId && versionId !== 'null' ? versionId : null,
    etag,
  };
}
