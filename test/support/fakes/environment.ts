import type { Environment } from '../../../lib/environments/environment.ts';
import type { Artifact } from '../../../lib/release/artifact.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';

/** What goes wrong, or takes its time, in a fake environment. May be changed at any moment. */
export interface EnvironmentFaults {
  /** So many looks say `pending` before an environment is ready. */
  readyAfterCalls: number;
  /** So many calls of `goLive` say `pending`. */
  liveAfterCalls: number;
  /** So many calls of `retire` say `pending`. */
  retireAfterCalls: number;
  /** Why environments fail instead of getting ready; null when they do not. */
  failWith: string | null;
  /** What `provision` throws, before it did anything; null when it does not. */
  refuseWith: Error | null;
  /** What `retire` throws; null when it does not. */
  retireFailsWith: Error | null;
}

/** Environments in memory, and what was done with them. */
export interface FakeEnvironment extends Environment {
  readonly faults: EnvironmentFaults;
  /** Ids in the order in which they were begun, each once. */
  readonly provisioned: readonly string[];
  /** Ids in the order in which they were gone. */
  readonly retired: readonly string[];
  readonly warmed: readonly string[];
  readonly capacities: ReadonlyMap<string, number>;
  /** Ids of those that have what they need to take all traffic. */
  readonly fullSize: ReadonlySet<string>;
  /** Whether it is there and nobody has begun to take it away. */
  holds(environmentId: string): boolean;
}

/** What a fake starts from, besides its faults. */
export interface FakeEnvironmentOptions extends Partial<EnvironmentFaults> {
  service?: string;
  /** What is live already. */
  existing?: readonly EnvironmentRef[];
  /** URIs that `provision` refuses, as missing artifacts are. */
  missingUris?: readonly string[];
  /** URIs whose environments fail. */
  brokenUris?: readonly string[];
}

interface Held {
  ref: EnvironmentRef;
  releaseId: string | null;
  uri: string;
  looks: number;
  liveCalls: number;
  retireCalls: number;
}

/**
 * In-memory environments for tests.
 * @example
 * const environment = createFakeEnvironment({ readyAfterCalls: 2 });
 * environment.faults.failWith = 'no memory';
 */
export function createFakeEnvironment(options: FakeEnvironmentOptions = {}): FakeEnvironment {
  const { service = 'shop', existing = [], missingUris = [], brokenUris = [] } = options;
  const faults: EnvironmentFaults = {
    readyAfterCalls: options.readyAfterCalls ?? 0,
    liveAfterCalls: options.liveAfterCalls ?? 0,
    retireAfterCalls: options.retireAfterCalls ?? 0,
    failWith: options.failWith ?? null,
    refuseWith: options.refuseWith ?? null,
    retireFailsWith: options.retireFailsWith ?? null,
  };
  const held = new Map<string, Held>(
    existing.map((ref) => [
      ref.id,
      {
        ref,
        releaseId: null,
        uri: '',
        looks: Number.POSITIVE_INFINITY,
        liveCalls: 0,
        retireCalls: 0,
      },
    ]),
  );
  const provisioned: string[] = [];
  const retired: string[] = [];
  const warmed: string[] = [];
  const capacities = new Map<string, number>();
  const fullSize = new Set(existing.map(({ id }) => id));
  const ofRelease = (releaseId: string) =>
    [...held.values()].find((one) => one.releaseId === releaseId)?.ref ?? null;

  function begin({ uri, version }: Artifact, releaseId: string): EnvironmentRef {
    const id = `${service}-${version}-${releaseId}`;
    const address = `http://${id}.invalid`;
    const ref: EnvironmentRef = { id, kind: 'fake', version, address, attributes: {} };
    held.set(id, { ref, releaseId, uri, looks: 0, liveCalls: 0, retireCalls: 0 });
    provisioned.push(id);
    return ref;
  }

  return {
    faults,
    provisioned,
    retired,
    warmed,
    capacities,
    fullSize,
    holds: (id) => held.get(id)?.retireCalls === 0,
    async provision(artifact, releaseId) {
      if (faults.refuseWith) throw faults.refuseWith;
      if (missingUris.includes(artifact.uri))
        throw new VerdigrisError('ArtifactInvalidError', `artifact ${artifact.uri} is missing`);
      return ofRelease(releaseId) ?? begin(artifact, releaseId);
    },
    async status({ id }) {
      const one = held.get(id);
      if (!one) return { state: 'gone', reason: 'is not there', retryAfterSeconds: 1 };
      if (one.retireCalls > 0)
        return { state: 'gone', reason: 'is being taken away', retryAfterSeconds: 1 };
      one.looks += 1;
      const failure = brokenUris.includes(one.uri) ? 'it is broken' : faults.failWith;
      if (failure !== null) return { state: 'failed', reason: failure, retryAfterSeconds: 1 };
      if (one.looks > faults.readyAfterCalls)
        return { state: 'ready', reason: '', retryAfterSeconds: 1 };
      return { state: 'pending', reason: 'is being made', retryAfterSeconds: 1 };
    },
    async ofRelease(releaseId) {
      return ofRelease(releaseId);
    },
    async lookup(id) {
      return held.get(id)?.ref ?? null;
    },
    async list() {
      return [...held.values()].flatMap(({ ref, releaseId }) =>
        releaseId === null ? [] : [{ ref, releaseId }],
      );
    },
    async describe({ id, version }) {
      return { id, version };
    },
    async warm({ id }) {
      warmed.push(id);
    },
    async scale({ id }, capacity) {
      capacities.set(id, capacity);
    },
    async goLive({ id }) {
      const one = held.get(id);
      if (!one || one.retireCalls > 0)
        return { state: 'gone', reason: 'is not there', retryAfterSeconds: 1 };
      one.liveCalls += 1;
      if (one.liveCalls <= faults.liveAfterCalls)
        return { state: 'pending', reason: 'grows', retryAfterSeconds: 2 };
      fullSize.add(id);
      return { state: 'ready', reason: '', retryAfterSeconds: 1 };
    },
    async retire({ id }) {
      if (faults.retireFailsWith) throw faults.retireFailsWith;
      const one = held.get(id);
      if (!one) return 'retired';
      one.retireCalls += 1;
      if (one.retireCalls <= faults.retireAfterCalls) return 'pending';
      held.delete(id);
      retired.push(id);
      return 'retired';
    },
  };
}
