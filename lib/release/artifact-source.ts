import { z } from 'zod';
import type { Artifact } from './artifact.ts';
import { artifactSchema } from './artifact.ts';

const versionMark = '{version}';

const bucketSource = z
  .strictObject({
    kind: z.literal('s3'),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "needs a bucket's name, such as builds")
      .describe('The bucket that sends its events to EventBridge'),
    keyPrefix: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe('What keys begin with; the rest, without its extension, is the version'),
    keyPattern: z
      .string()
      .max(1024)
      .refine((pattern) => pattern.split(versionMark).length === 2, 'needs {version} exactly once')
      .optional()
      .describe('Keys with `{version}` in them; `*` and `{version}` stop at a `/`'),
  })
  .refine(({ keyPrefix, keyPattern }) => (keyPrefix === undefined) !== (keyPattern === undefined), {
    message: 'needs exactly one of keyPrefix and keyPattern',
  });

/** Which tags of a registry are released. */
export const tagPattern = z
  .string()
  .min(1)
  .max(128)
  .default('*')
  .describe('Tags that are releases; `*` stands for anything');

const registrySource = z.strictObject({
  kind: z.literal('ecr'),
  repository: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._/-]{0,254}$/,
      "needs a repository's name without its registry, such as team/storefront",
    )
    .describe("The repository's name, without its registry"),
  tagPattern,
});

const eventSource = z.strictObject({ kind: z.literal('event') });

/** The manifest's `artifact` part: where new artifacts of a service land. */
export const artifactSourceSchema = z.discriminatedUnion('kind', [
  bucketSource,
  registrySource,
  eventSource,
]);

/** Where new artifacts of a service land. */
export type ArtifactSource = z.output<typeof artifactSourceSchema>;
type BucketSource = z.output<typeof bucketSource>;
type RegistrySource = z.output<typeof registrySource>;

/** An artifact that has just landed somewhere. Keys are as they are, not percent-encoded. */
export type ArtifactArrival =
  | { kind: 's3'; bucket: string; key: string; versionId: string | null; etag: string }
  | { kind: 'ecr'; registry: string; repository: string; tag: string | null; digest: string }
  | { kind: 'event'; service: string; artifact: Artifact };

type Arrived<Kind extends ArtifactArrival['kind']> = Extract<ArtifactArrival, { kind: Kind }>;

/** What a service releases of an arrival. The same artifact again has the same identity. */
export interface ArtifactMatch {
  artifact: Artifact;
  identity: string;
}

/**
 * What a service releases of an arrival, or null when the arrival is none of its business. A service
 * is released by an event that names it whatever its `artifact` part says.
 */
export function matchArtifact(
  { service, artifact: source }: { service: string; artifact?: ArtifactSource | undefined },
  arrival: ArtifactArrival,
): ArtifactMatch | null {
  const artifact = artifactFor(service, source, arrival);
  if (!artifact || !artifactSchema.safeParse(artifact).success) return null;
  return { artifact, identity: identityOf(arrival) };
}

function artifactFor(
  service: string,
  source: ArtifactSource | undefined,
  arrival: ArtifactArrival,
): Artifact | null {
  if (arrival.kind === 'event') return arrival.service === service ? arrival.artifact : null;
  if (source?.kind === 's3' && arrival.kind === 's3') return fromBucket(source, arrival);
  if (source?.kind === 'ecr' && arrival.kind === 'ecr') return fromRegistry(source, arrival);
  return null;
}

/** What makes an artifact the same one when it is told of again. */
export function identityOf(arrival: ArtifactArrival): string {
  switch (arrival.kind) {
    case 's3':
      return `${arrival.bucket}/${arrival.key}@${arrival.versionId ?? arrival.etag}`;
    case 'ecr':
      return arrival.digest;
    case 'event': {
      const { uri, version, digest, environment } = arrival.artifact;
      const artifact = digest ?? uri + version;
      return environment ? `${artifact} in ${environment.id}` : artifact;
    }
  }
}

/** An arrival in a few words, for people. */
export function describeArrival(arrival: ArtifactArrival): string {
  switch (arrival.kind) {
    case 's3':
      return `s3://${arrival.bucket}/${arrival.key}`;
    case 'ecr':
      return `${arrival.registry}/${arrival.repository}:${arrival.tag ?? '(no tag)'}`;
    case 'event':
      return `${arrival.artifact.uri} for service "${arrival.service}"`;
  }
}

/** What a source takes in a few words, in the form of {@link describeArrival}. */
export function describeSource(source: ArtifactSource): string {
  if (source.kind === 's3') {
    return `s3://${source.bucket}/${source.keyPattern ?? `${source.keyPrefix}…`}`;
  }
  return source.kind === 'ecr'
    ? `${source.repository}:${source.tagPattern}`
    : 'events that name it';
}

/** Keys stand in URIs as they are, as in those of the AWS CLI; version ids are URL-ready anyway. */
function fromBucket(source: BucketSource, arrived: Arrived<'s3'>): Artifact | null {
  const { bucket, key, versionId } = arrived;
  if (source.bucket !== bucket || key.endsWith('/') || unreadableKey.test(key)) return null;
  const found = versionInKey(source, key);
  if (found === null) return null;
  const query = versionId === null ? '' : `?versionId=${versionId}`;
  return { uri: `s3://${bucket}/${key}${query}`, version: asVersion(found) };
}

/** A key whose URI could be read as another object's, or by no pattern at all. */
const unreadableKey = /[\r\n\u2028\u2029]|\?versionId=[^?&]+$/;

/** Tags under which signatures and attestations hang on an image: they are no images themselves. */
const referrerTag = /^sha256-[0-9a-f]{64}/;

function fromRegistry(source: RegistrySource, arrived: Arrived<'ecr'>): Artifact | null {
  const { registry, repository, tag, digest } = arrived;
  if (source.repository !== repository || tag === null || referrerTag.test(tag)) return null;
  if (!matchesGlob(tag, source.tagPattern)) return null;
  return { uri: `${registry}/${repository}@${digest}`, version: asVersion(tag), digest };
}

/** A text as a version: what a version can't have becomes `-`. Empty when nothing is left. */
export function asVersion(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._+-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
}

function versionInKey({ keyPrefix, keyPattern }: BucketSource, key: string): string | null {
  if (keyPattern !== undefined) return versionByPattern(key, keyPattern);
  if (keyPrefix === undefined || !key.startsWith(keyPrefix)) return null;
  return key.slice(keyPrefix.length).replace(/\.(?:zip|jar|tar\.gz|tgz)$/i, '');
}

/** Segment by segment, since neither `*` nor `{version}` reaches over a `/`. */
function versionByPattern(key: string, pattern: string): string | null {
  const segments = key.split('/');
  const globs = pattern.split('/');
  if (segments.length !== globs.length) return null;
  let version: string | null = null;
  for (const [i, glob] of globs.entries()) {
    const segment = segments[i] ?? '';
    if (glob.includes(versionMark)) version = versionInSegment(segment, glob);
    else if (!matchesGlob(segment, glob)) return null;
  }
  return version;
}

/** Every `*` takes as little as it can, so that the version gets the rest. */
function versionInSegment(segment: string, glob: string): string | null {
  const [before = '', after = ''] = glob.split(versionMark);
  const start = endOfShortest(segment, before.split('*'));
  const fromEnd = endOfShortest(reverse(segment), reverse(after).split('*'));
  if (start === null || fromEnd === null) return null;
  return segment.slice(start, segment.length - fromEnd);
}

/** Whether a text is what a pattern says, in which `*` stands for anything. */
export function matchesGlob(text: string, glob: string): boolean {
  const pieces = glob.split('*');
  const last = pieces.pop() ?? '';
  if (pieces.length === 0) return text === last;
  const end = endOfShortest(text, pieces);
  return end !== null && text.endsWith(last) && end <= text.length - last.length;
}

/**
 * How long the shortest beginning of a text is that has these pieces in order, the first at its very
 * start. Linear in the text: a pattern of nothing but stars costs nobody anything.
 */
function endOfShortest(text: string, [first = '', ...rest]: string[]): number | null {
  if (!text.startsWith(first)) return null;
  let end = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, end);
    if (found < 0) return null;
    end = found + piece.length;
  }
  return end;
}

function reverse(text: string): string {
  return text.split('').reverse().join('');
}
