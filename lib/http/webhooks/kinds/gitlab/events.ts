import { z } from 'zod';
import { matchesGlob } from '../../../../release/artifact-source.ts';
import type { Json } from '../../../../release/json.ts';
import { validate } from '../../../validate.ts';
import { fillMapping, type Values, type Wish } from '../../fill-mapping.ts';
import type { gitlabSchema } from '../gitlab.ts';

type Entry = z.output<typeof gitlabSchema>;

/** An event that may bring an artifact, or why it does not. */
export type GitlabEvent =
  | { sender: string | null; wishOf(entry: Entry): Wish }
  | { ignored: string };

const project = z.looseObject({
  path_with_namespace: z.string().max(255),
  default_branch: z.string().max(255).nullish(),
});

/** docs.gitlab.com/user/project/integrations/webhook_events/#release-events */
const releasePayload = z.looseObject({
  object_kind: z.literal('release'),
  action: z.string().max(64),
  tag: z.string().max(255),
  project,
  commit: z.looseObject({ id: z.string().max(64) }).nullish(),
});

/** docs.gitlab.com/user/project/integrations/webhook_events/#tag-events */
const tagPayload = z.looseObject({
  object_kind: z.literal('tag_push'),
  ref: z.string().max(300),
  /** Null where the tag was deleted. */
  checkout_sha: z.string().max(64).nullable(),
  user_username: z.string().max(255).nullish(),
  project,
});

/** docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events */
const pipelinePayload = z.looseObject({
  object_kind: z.literal('pipeline'),
  object_attributes: z.looseObject({
    id: z.int(),
    ref: z.string().max(300),
    tag: z.boolean(),
    sha: z.string().max(64),
    source: z.string().max(64),
    status: z.string().max(64),
  }),
  user: z.looseObject({ username: z.string().max(255) }).nullish(),
  project,
});

const anyPayload = z.looseObject({ object_kind: z.string().max(64).optional() });

/**
 * Reads an event by what its body says it is.
 * @throws RequestInvalidError for a known event of another shape.
 */
export function readGitlabEvent(payload: Json): GitlabEvent {
  const { object_kind: kind = 'without object_kind' } = validate(anyPayload, payload, 'body');
  switch (kind) {
    case 'release':
      return fromRelease(validate(releasePayload, payload, 'body'));
    case 'tag_push':
      return fromTag(validate(tagPayload, payload, 'body'));
    case 'pipeline':
      return fromPipeline(validate(pipelinePayload, payload, 'body'));
    default:
      return { ignored: `event ${JSON.stringify(kind)} starts nothing` };
  }
}

type Project = z.output<typeof project>;

function otherwise(entry: Entry, event: Entry['event'], of: Project): Wish | null {
  if (entry.repository.toLowerCase() !== of.path_with_namespace.toLowerCase()) {
    return { ignored: `is for ${entry.repository}` };
  }
  return entry.event === event ? null : { ignored: `is for event ${entry.event}` };
}

function fromRelease({
  action,
  tag,
  project,
  commit,
}: z.output<typeof releasePayload>): GitlabEvent {
  if (action !== 'create') return { ignored: `release ${action}: only created ones count` };
  const values = { tag, ...shas(commit?.id ?? null), repository: project.path_with_namespace };
  // The event does not tell who did it.
  return { sender: null, wishOf: (entry) => tagged(entry, 'release', project, values) };
}

function fromTag({
  ref,
  checkout_sha,
  user_username,
  project,
}: z.output<typeof tagPayload>): GitlabEvent {
  if (checkout_sha === null) return { ignored: 'tag_push: the tag was deleted' };
  const tag = ref.replace(/^refs\/tags\//, '');
  const values = { tag, ...shas(checkout_sha), repository: project.path_with_namespace };
  return {
    sender: user_username ?? null,
    wishOf: (entry) => tagged(entry, 'tag_push', project, values),
  };
}

function tagged(
  entry: Entry,
  event: Entry['event'],
  project: Project,
  values: Values & { tag: string },
): Wish {
  const other = otherwise(entry, event, project);
  if (other) return other;
  const { tagPattern = '*', artifact } = entry;
  if (!matchesGlob(values.tag, tagPattern)) return { ignored: `is for tags like ${tagPattern}` };
  return fillMapping(artifact, values);
}

/** Pipelines of the project's own branches; those of merge requests run what somebody proposes. */
const ownSources = ['push', 'web', 'schedule', 'api', 'trigger'];

function fromPipeline(payload: z.output<typeof pipelinePayload>): GitlabEvent {
  const { object_attributes: run, user, project } = payload;
  if (run.status !== 'success') return { ignored: `pipeline: is ${run.status}` };
  if (run.tag || !ownSources.includes(run.source)) {
    return { ignored: `pipeline: is of ${run.tag ? 'a tag' : run.source}, not of a branch` };
  }
  const values = {
    ...shas(run.sha),
    branch: run.ref,
    pipelineId: String(run.id),
    repository: project.path_with_namespace,
  };
  return {
    sender: user?.username ?? null,
    wishOf(entry) {
      const other = otherwise(entry, 'pipeline', project);
      if (other) return other;
      const branch = entry.branch ?? project.default_branch ?? 'main';
      if (!matchesGlob(run.ref, branch)) return { ignored: `is for branch ${branch}` };
      return fillMapping(entry.artifact, values);
    },
  };
}

function shas(sha: string | null) {
  return { sha, shortSha: sha?.slice(0, 8) ?? null };
}
