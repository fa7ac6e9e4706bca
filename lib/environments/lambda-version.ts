import { z } from 'zod';
import type { Timers } from '../release/clock.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import { awsOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { Environment } from './environment.ts';
import type { EnvironmentKind } from './index.ts';
import { factsOf } from './lambda-version/facts.ts';
import {
  findConfiguration,
  findPublished,
  isVersionNumber,
  type LambdaApi,
  latest,
  latestIsLive,
  listPublished,
  toRef,
} from './lambda-version/lambda-function.ts';
import { advanceVersion } from './lambda-version/publish.ts';
import { ensureConcurrency, putConcurrency, readStatus } from './lambda-version/readiness.ts';
import { removeConcurrency, removeVersion } from './lambda-version/remove.ts';
import { warmVersion } from './lambda-version/warm.ts';

export type { LambdaApi } from './lambda-version/lambda-function.ts';

const warming = z.strictObject({
  payload: z.json().default({}).describe('The event'),
  count: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('Sent so many times at once, to start as many containers'),
});

const schema = z.strictObject({
  kind: z.literal('lambda-version'),
  functionName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'needs the name of a function, not an ARN: A-Z a-z 0-9 - _')
    .describe('The function, which exists already; its versions are the environments'),
  provisionedConcurrency: z
    .int()
    .min(0)
    .default(0)
    .describe('Containers that are kept ready for each version; 0 for none'),
  warm: z.array(warming).max(20).default([]).describe('Events sent to green once it is ready'),
});

/** What the adapter needs besides its part of the manifest. */
export interface LambdaVersionDeps {
  lambda: LambdaApi;
  timers: Timers;
  log: Logger;
}

/** Environments that are published versions of one Lambda function. */
export const lambdaVersionKind: EnvironmentKind = {
  kind: 'lambda-version',
  schema,
  create(config, service, { lambda, timers, log }) {
    if (lambda) return createLambdaVersionEnvironment(config, { lambda, timers, log });
    throw awsOnly('environment', 'lambda-version', service);
  },
};

/**
 * The versions of one function; `config` is the manifest's part as it was written. An environment's id
 * is the version's number, as an alias names it.
 */
export function createLambdaVersionEnvironment(
  config: AdapterConfig,
  { lambda, timers, log }: LambdaVersionDeps,
): Environment {
  const { functionName, provisionedConcurrency, warm } = schema.parse(config);
  const fn = { lambda, functionName };
  return {
    async provision(artifact, releaseId) {
      const published = await advanceVersion(fn, artifact, releaseId, timers);
      if (!published) return null;
      const ref = toRef(functionName, published);
      return (await ensureConcurrency(fn, ref.id, provisionedConcurrency)) ? ref : null;
    },
    status: ({ id }) => readStatus(fn, id, provisionedConcurrency),
    async ofRelease(releaseId) {
      const published = await findPublished(fn, releaseId);
      return published && toRef(functionName, published);
    },
    async lookup(id) {
      if (id === latest) throw latestIsLive(functionName, 'the alias');
      const found = isVersionNumber(id) ? await findConfiguration(fn, id) : null;
      return found && toRef(functionName, found);
    },
    async list() {
      const published = await listPublished(fn);
      return published.map(({ found, releaseId }) => ({
        ref: toRef(functionName, found),
        releaseId,
      }));
    },
    async describe({ id }) {
      const found = isVersionNumber(id) ? await findConfiguration(fn, id) : null;
      return found ? factsOf(found) : {};
    },
    async warm({ id }) {
      if (isVersionNumber(id)) await warmVersion(fn, id, warm, { timers, log });
    },
    async scale({ id }, capacity) {
      if (!isVersionNumber(id)) return;
      const isDone =
        capacity > 0 ? await putConcurrency(fn, id, capacity) : await removeConcurrency(fn, id);
      if (isDone) return;
      const message = `Lambda is still at work on version ${id} of ${functionName}`;
      throw new VerdigrisError('ThrottledError', message);
    },
    retire: ({ id }) => removeVersion(fn, id),
  };
}
