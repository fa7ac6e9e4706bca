import { z } from 'zod';
import { matchesGlob } from '../../../../release/artifact-source.ts';
import type { Json } from '../../../../release/json.ts';
import { validate } from '../../../validate.ts';
import { fillMapping, type Wish } from '../../fill-mapping.ts';
import type { githubSchema } from '../github.ts';

type Entry = z.output<typeof githubSchema>;

/** An event that may bring an artifact, or why it does not. */
export type GithubEvent = { sender: string; wishOf(entry: Entry): Wish } | { ignored: string };

const repository = z.looseObject({
  full_name: z.string().max(201),
  name: z.string().max(100),
  default_branch: z.string().max(255).optional(),
});
const base = {
  action: z.string().max(64),
  repository,
  sender: z.looseObject({ login: z.string().max(100) }),
};

/** docs.github.com/en/webhooks/webhook-events-and-payloads#release */
const releasePayload = z.looseObject({
  ...base,
  release: z.looseObject({
    tag_name: z.string().max(255),
    draft: z.boolean(),
    prerelease: z.boolean(),
  }),
});

const digest = z.string().max(255).nullish();

/** docs.github.com/en/webhooks/webhook-events-and-payloads#registry_package */
const packagePayload = z.looseObject({
  ...base,
  registry_package: z.looseObject({
    name: z.string().max(255),
    package_version: z.looseObject({
      version: z.string().max(255),
      container_metadata: z
        .looseObject({
          tag: z.looseObject({ name: z.string().max(255).nullish(), digest }).nullish(),
          manifest: z.looseObject({ digest }).nullish(),
        })
        .nullish(),
    }),
  }),
});

/** docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run */
const runPayload = z.looseObject({
  ...base,
  workflow_run: z.looseObject({
    id: z.int(),
    run_number: z.int(),
    run_attempt: z.int().default(1),
    event: z.string().max(64),
    conclusion: z.string().max(64).nullable(),
    head_branch: z.string().max(255).nullable(),
    head_sha: z.string().max(64),
    path: z.string().max(500),
    head_repository: z.looseObject({ full_name: z.string().max(201) }).nullable(),
  }),
});

/**
 * Reads an event by its name, which GitHub does not sign: a body of another event lacks what is read.
 * @throws RequestInvalidError for a known event of another shape.
 */
export function readGithubEvent(name: string, payload: Json): GithubEvent {
  switch (name) {
    case 'release':
      return fromRelease(validate(releasePayload, payload, 'body'));
    case 'registry_package':
      return fromPackage(validate(packagePayload, payload, 'body'));
    case 'workflow_run':
      return fromRun(validate(runPayload, payload, 'body'));
    case 'ping':
      return { ignored: 'ping: the signature is right' };
    default:
      return { ignored: `event "${name.slice(0, 40)}" starts nothing` };
  }
}

type Repository = z.output<typeof repository>;

/** What every entry of another repository or event says, or null. */
function otherwise(entry: Entry, event: Entry['event'], { full_name }: Repository): Wish | null {
  if (entry.repository.toLowerCase() !== full_name.toLowerCase()) {
    return { ignored: `is for ${entry.repository}` };
  }
  return entry.event === event ? null : { ignored: `is for event ${entry.event}` };
}

function fromRelease(payload: z.output<typeof releasePayload>): GithubEvent {
  const { action, release, repository, sender } = payload;
  if (action !== 'published') return { ignored: `release ${action}: only published ones count` };
  if (release.draft) return { ignored: 'release: is a draft' };
  const { full_name, name } = repository;
  return {
    sender: sender.login,
    wishOf(entry) {
      const other = otherwise(entry, 'release', repository);
      if (other) return other;
      if (release.prerelease && !entry.prereleases) return { ignored: 'is a pre-release' };
      const values = { tag: release.tag_name, repository: full_name, name };
      return tagFits(entry, values.tag) ?? fillMapping(entry.artifact, values);
    },
  };
}

function fromPackage(payload: z.output<typeof packagePayload>): GithubEvent {
  const { action, registry_package, repository, sender } = payload;
  if (action !== 'published') return { ignored: `package ${action}: only published ones count` };
  const { container_metadata: image, version } = registry_package.package_version;
  const tag = image?.tag?.name || null;
  // Images for several architectures come as one event for each part, of which only the whole has a tag.
  if (image && tag === null) return { ignored: 'package: is an image without a tag' };
  const { full_name, name } = repository;
  const values = {
    tag,
    version,
    digest: [image?.tag?.digest, image?.manifest?.digest, version].find(isDigest) ?? null,
    package: registry_package.name,
    repository: full_name,
    name,
  };
  return {
    sender: sender.login,
    wishOf(entry) {
      const other = otherwise(entry, 'registry_package', repository);
      if (other) return other;
      if (entry.package !== undefined && entry.package !== registry_package.name) {
        return { ignored: `is for package ${entry.package}` };
      }
      return tagFits(entry, tag) ?? fillMapping(entry.artifact, values);
    },
  };
}

/**
 * Of a run, only what was made of the repository's own branch counts: a pull request from a fork runs
 * under a branch's name that its author chose.
 */
function fromRun(payload: z.output<typeof runPayload>): GithubEvent {
  const { action, workflow_run: run, repository, sender } = payload;
  if (action !== 'completed')
    return { ignored: `workflow_run ${action}: only completed ones count` };
  if (run.conclusion !== 'success') return { ignored: `workflow_run: ended as ${run.conclusion}` };
  const { full_name, name, default_branch = 'main' } = repository;
  if (run.event.startsWith('pull_request') || run.head_repository?.full_name !== full_name) {
    return { ignored: 'workflow_run: is for a pull request, or of a fork' };
  }
  const branch = run.head_branch;
  const values = {
    sha: run.head_sha,
    shortSha: run.head_sha.slice(0, 7),
    branch,
    runNumber: String(run.run_number),
    runId: String(run.id),
    runAttempt: String(run.run_attempt),
    repository: full_name,
    name,
  };
  return {
    sender: sender.login,
    wishOf(entry) {
      const other = otherwise(entry, 'workflow_run', repository);
      if (other) return other;
      const wanted = entry.branch ?? default_branch;
      if (branch === null || !matchesGlob(branch, wanted)) {
        return { ignored: `is for branch ${wanted}` };
      }
      if (entry.workflow !== undefined && fileOf(run.path) !== entry.workflow) {
        return { ignored: `is for workflow ${entry.workflow}` };
      }
      return fillMapping(entry.artifact, values);
    },
  };
}

/** `.github/workflows/build.yml@refs/heads/main`, with or without what is behind the file. */
function fileOf(path: string): string {
  return (path.split('@')[0] ?? '').split('/').at(-1) ?? '';
}

function tagFits({ tagPattern }: Entry, tag: string | null): Wish | null {
  if (tagPattern === undefined || (tag !== null && matchesGlob(tag, tagPattern))) return null;
  return { ignored: `is for tags like ${tagPattern}` };
}

function isDigest(text: string | null | undefined): text is string {
  return /^sha256:[0-9a-f]{64}$/.test(text ?? '');
}
