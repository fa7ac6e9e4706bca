import type { Timers } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { AdapterConfig } from '../../release/json.ts';
import type { Logger } from '../../release/logger.ts';
import type { Environment } from '../environment.ts';
import { factsOf } from './facts.ts';
import {
  findConfiguration,
  findPublished,
  isVersionNumber,
  type LambdaApi,
  latest,
  latestIsLive,
  listPublished,
  toRef,
} from './lambda-function.ts';
import { advanceVersion } from './publish.ts';
import { ensureConcurrency, putConcurrency, readConcurrency, readStatus } from './readiness.ts';
import { removeConcurrency, removeVersion } from './remove.ts';
import { lambdaVersionSchema } from './schema.ts';
import { warmVersion } from './warm.ts';

/** What the adapter needs besides its part of the manifest. */
export interface LambdaVersionDeps {
  lambda: LambdaApi;
  timers: Timers;
  log: Logger;
}

/**
 * The versions of one function; `config` is the manifest's part as it was written. An environment's id
 * is the version's number, as an alias names it.
 */
export function createLambdaVersionEnvironment(
  config: AdapterConfig,
  { lambda, timers, log }: LambdaVersionDeps,
): Environment {
  const { functionName, provisionedConcurrency, warm } = lambdaVersionSchema.parse(config);
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
      return found ? factsOf(found, await readConcurrency(fn, id)) : {};
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
