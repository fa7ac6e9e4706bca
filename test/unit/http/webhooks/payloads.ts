/**
 * Bodies as the providers document them, as far as anything of them is read:
 * docs.github.com/en/webhooks/webhook-events-and-payloads, docs.gitlab.com/user/project/integrations/webhook_events/,
 * docs.docker.com/docker-hub/repos/manage/webhooks, and Harbor's page "Configure Webhook Notifications".
 */
export const digest = `sha256:${'8a9e9863'.repeat(8)}`;
export const sha = 'da1560886d4f094c3e6c9ef40349f7d38b5d27d7';

const octocat = { login: 'octocat', id: 1, type: 'User', site_admin: false };
const repository = {
  id: 186853002,
  name: 'storefront',
  full_name: 'acme/storefront',
  private: true,
  owner: { login: 'acme', type: 'Organization' },
  default_branch: 'main',
};

/** `release` of GitHub. */
export function githubRelease(release: object = {}, action = 'published') {
  return {
    action,
    release: {
      id: 17372790,
      tag_name: 'v1.4.0',
      target_commitish: 'main',
      name: 'Spring',
      draft: false,
      prerelease: false,
      body: 'What is new',
      author: octocat,
      assets: [],
      ...release,
    },
    repository,
    sender: octocat,
  };
}

/** `registry_package` of GitHub, for an image. */
export function githubPackage(metadata: object = {}, action = 'published') {
  return {
    action,
    registry_package: {
      id: 10696,
      name: 'storefront',
      namespace: 'acme',
      ecosystem: 'CONTAINER',
      package_type: 'CONTAINER',
      owner: octocat,
      package_version: {
        id: 57755791,
        version: digest,
        name: digest,
        container_metadata: {
          tag: { name: '1.4.0', digest },
          labels: {},
          manifest: { digest, media_type: 'application/vnd.oci.image.index.v1+json', size: 1782 },
          ...metadata,
        },
        package_url: 'ghcr.io/acme/storefront:1.4.0',
      },
      registry: { name: 'GitHub CONTAINER registry', type: 'CONTAINER' },
    },
    repository,
    sender: octocat,
  };
}

/** `workflow_run` of GitHub. */
export function githubRun(run: object = {}, action = 'completed') {
  return {
    action,
    workflow_run: {
      id: 30433642,
      name: 'Build',
      head_branch: 'main',
      head_sha: sha,
      path: '.github/workflows/build.yml',
      run_number: 562,
      run_attempt: 1,
      event: 'push',
      status: 'completed',
      conclusion: 'success',
      head_repository: { id: 186853002, full_name: 'acme/storefront' },
      ...run,
    },
    workflow: { id: 159038, name: 'Build', path: '.github/workflows/build.yml' },
    repository,
    sender: octocat,
  };
}

/** `ping` of GitHub, with which every new webhook is tried. */
export const githubPing = {
  zen: 'Non-blocking is better than blocking.',
  hook_id: 30,
  hook: { type: 'Repository', id: 30, active: true, events: ['release'] },
  repository,
  sender: octocat,
};

const project = {
  id: 1,
  name: 'Storefront',
  namespace: 'Acme',
  path_with_namespace: 'acme/web/storefront',
  default_branch: 'main',
};

/** A release of GitLab. */
export function gitlabRelease(change: object = {}) {
  return {
    id: 1,
    created_at: '2020-11-02 12:55:12 UTC',
    description: 'v1.4.0 has been released',
    name: 'v1.4.0',
    released_at: '2020-11-02 12:55:12 UTC',
    tag: 'v1.4.0',
    object_kind: 'release',
    project,
    url: 'https://gitlab.example.com/acme/web/storefront/-/releases/v1.4.0',
    action: 'create',
    assets: { count: 5, links: [], sources: [] },
    commit: { id: sha, message: 'Release v1.4.0', title: 'Release v1.4.0' },
    ...change,
  };
}

/** A tag of GitLab. */
export function gitlabTag(change: object = {}) {
  return {
    object_kind: 'tag_push',
    event_name: 'tag_push',
    before: '0000000000000000000000000000000000000000',
    after: sha,
    ref: 'refs/tags/v1.4.0',
    checkout_sha: sha,
    message: 'Tag message',
    user_id: 1,
    user_name: 'John Smith',
    user_username: 'jsmith',
    project_id: 1,
    project,
    commits: [],
    ...change,
  };
}

/** A pipeline of GitLab. */
export function gitlabPipeline(change: object = {}) {
  return {
    object_kind: 'pipeline',
    object_attributes: {
      id: 31,
      iid: 3,
      ref: 'main',
      tag: false,
      sha,
      before_sha: '0000000000000000000000000000000000000000',
      source: 'push',
      status: 'success',
      detailed_status: 'passed',
      ...change,
    },
    user: { id: 1, name: 'Administrator', username: 'root' },
    project,
    builds: [],
  };
}

/** A push to Docker Hub. */
export function dockerhubPush(push: object = {}) {
  return {
    callback_url:
      'https://registry.hub.docker.com/u/acme/storefront/hook/2141b5bi5i5b02bec211i4eeih/',
    push_data: { pushed_at: 1417566161, pusher: 'trustedbuilder', tag: '1.4.0', ...push },
    repository: {
      comment_count: 0,
      date_created: 1417494799,
      description: '',
      is_official: false,
      is_private: true,
      is_trusted: true,
      name: 'storefront',
      namespace: 'acme',
      owner: 'acme',
      repo_name: 'acme/storefront',
      repo_url: 'https://registry.hub.docker.com/r/acme/storefront/',
      star_count: 0,
      status: 'Active',
    },
  };
}

const harborPushed = (tag: string) => ({
  resources: [{ digest, tag, resource_url: `hub.example.com/acme/storefront:${tag}` }],
  repository: {
    date_created: 1586922308,
    name: 'storefront',
    namespace: 'acme',
    repo_full_name: 'acme/storefront',
    repo_type: 'private',
  },
});

/** A push to Harbor, in the format "Default". */
export function harborPush(tag = '1.4.0', change: object = {}) {
  const event_data = harborPushed(tag);
  return {
    type: 'PUSH_ARTIFACT',
    occur_at: 1586922308,
    operator: 'robot$ci',
    event_data,
    ...change,
  };
}

/** The same in the format "CloudEvents". */
export function harborCloudEvent(tag = '1.4.0', change: object = {}) {
  return {
    specversion: '1.0',
    id: '66e18103-09c1-41f6-982f-37df223f3eeb',
    requestid: '51c0b694-0168-4f3c-b0db-282565455d7b',
    source: '/projects/2/webhook/policies/15',
    type: 'harbor.artifact.pushed',
    datacontenttype: 'application/json',
    time: '2023-04-03T06:04:46Z',
    data: harborPushed(tag),
    operator: 'robot$ci',
    ...change,
  };
}
