import {
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  PutKeyCommand,
} from '@aws-sdk/client-cloudfront-keyvaluestore';
import { isCalled } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { hasSameWeights, planRoute } from '../route-plan.ts';
import type { Lease, Readiness, Router, RouterFacts } from '../router.ts';
import type { CloudFrontDeps } from './clients.ts';
import { changeConditionally, describeChange, partOf, throwIfOther } from './conditional.ts';
import { toOurs } from './errors.ts';
import { createInvalidations } from './invalidation.ts';
import {
  parseValue,
  type RouteValue,
  type SeenStore,
  toRoute,
  withoutOrigin,
  withWeights,
} from './route-value.ts';

/**
 * AWS promises no time in which edge locations have a new value; those who measured say seconds, at most
 * tens of them. So many seconds are assumed, and waited for.
 */
const facts: RouterFacts = {
  isAtomic: false,
  isConditional: true,
  supportsWeights: true,
  maxPropagationSeconds: 30,
};

/** What this mode has of the manifest. */
export interface KeyValueModeConfig {
  keyValueStoreArn: string;
  key: string;
  /** Where paths are to be invalidated. */
  distributionId: string | undefined;
  invalidate: readonly string[];
}

/**
 * A router over a key of a key value store, by whose value a CloudFront function chooses the origin of
 * each request. Changes are conditional on the store's ETag (API_kvs_PutKey).
 */
export function createKeyValueRouter(config: KeyValueModeConfig, deps: CloudFrontDeps): Router {
  const { keyValueStoreArn: KvsARN, key: Key } = config;
  const { keyValueStore, cloudFront, clock } = deps;
  const cache = createInvalidations(config.distributionId, config.invalidate, cloudFront);
  const call = (operation: string) => ({
    service: 'cloudfront-keyvaluestore',
    operation,
    subject: `key ${Key} of ${KvsARN}`,
  });

  /** The ETag first: a value that is newer than its ETag is not overwritten, the other way round it is. */
  async function look(): Promise<SeenStore> {
    const etag = await describe();
    return { etag, value: parseValue(await getValue()) };
  }

  async function describe(): Promise<string> {
    try {
      return (await keyValueStore().send(new DescribeKeyValueStoreCommand({ KvsARN }))).ETag ?? '';
    } catch (error) {
      throw toOurs(error, call('DescribeKeyValueStore'));
    }
  }

  async function getValue(): Promise<string | undefined> {
    try {
      return (await keyValueStore().send(new GetKeyCommand({ KvsARN, Key }))).Value;
    } catch (error) {
      if (isCalled(error, 'ResourceNotFoundException')) return undefined;
      throw toOurs(error, call('GetKey'));
    }
  }

  async function write({ etag }: SeenStore, value: RouteValue, abortSignal: AbortSignal) {
    const Value = JSON.stringify(value);
    try {
      const command = new PutKeyCommand({ KvsARN, Key, Value, IfMatch: etag });
      const { ETag } = await keyValueStore().send(command, { abortSignal });
      return { etag: ETag ?? '', value };
    } catch (error) {
      throw toOurs(error, call('PutKey'));
    }
  }

  const change = (lease: Lease, decide: (seen: SeenStore) => RouteValue | null) =>
    changeConditionally(lease, deps, { look, decide, write });

  const isSpread = (at: number) => clock.now() >= at + facts.maxPropagationSeconds * 1000;

  return {
    facts,
    read: async () => toRoute(await look()),
    plan: (current, desired) => planRoute(current, desired, facts),
    async apply({ from, to }, lease) {
      const saved = await change(lease, (seen) => {
        throwIfOther(from, toRoute(seen));
        const made = { change: describeChange(lease, from), at: clock.now() };
        return withWeights(seen.value, to, made);
      });
      return toRoute(saved);
    },
    async verify({ weights }) {
      const seen = await look();
      const route = toRoute(seen);
      if (!hasSameWeights(route.weights, weights) || !isSpread(seen.value.at)) return 'pending';
      return (await cache.isDone(partOf(route))) ? 'converged' : 'pending';
    },
    async readiness(desired): Promise<Readiness> {
      const { value } = await look();
      const change = { change: value.change, at: clock.now() };
      try {
        withWeights(value, desired, change);
      } catch (error) {
        throw new VerdigrisError('RouteUnreadyError', messageOf(error), { cause: error });
      }
      return { status: 'ready', reason: '', retryAfterSeconds: 1 };
    },
    async detach({ id }, lease) {
      await change(lease, ({ value }) => {
        const percent = value.weights[id] ?? 0;
        if (percent > 0) throw inUse(id, percent, Key);
        return id in value.origins ? withoutOrigin(value, id) : null;
      });
      return 'detached';
    },
  };
}

function inUse(id: string, percent: number, key: string): VerdigrisError {
  const message = `${id} gets ${percent}% of the traffic by key ${key}, and was left there`;
  return new VerdigrisError('EnvironmentInUseError', message);
}
