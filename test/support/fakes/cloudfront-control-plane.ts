import type {
  CacheBehavior,
  DistributionConfig,
  Invalidation,
  InvalidationBatch,
} from '@aws-sdk/client-cloudfront';
import type { Operations } from './sdk-client.ts';

/** What a test may set. */
export interface CloudFrontKnobs {
  /** Reads until a changed distribution is deployed; `Infinity` until `deploy()`. */
  readsUntilDeployed: number;
  /** Reads until an invalidation is completed; `Infinity` until `completeInvalidations()`. */
  readsUntilInvalidated: number;
  /** An update that changes nothing keeps its ETag: AWS does not say whether it does. */
  keepsEtagOfTheSame: boolean;
}

/** A look inside, and what others do past Verdigris. */
export interface CloudFrontView {
  readonly distributionId: string;
  config(): DistributionConfig;
  etag(): string;
  originIds(): string[];
  /** Somebody else changes the configuration. */
  editByHand(change: (config: DistributionConfig) => void): void;
  deploy(): void;
  completeInvalidations(): void;
  /** Paths of every invalidation, oldest first, and whether the distribution was deployed by then. */
  invalidations(): { paths: string[]; reference: string; wasDeployed: boolean }[];
}

/** An error as the SDK throws it. */
export function cloudFrontError(name: string, message: string): Error {
  const $metadata = { httpStatusCode: statusOf[name] ?? 400 };
  return Object.assign(new Error(message), { name, $metadata });
}

const statusOf: Record<string, number> = {
  AccessDenied: 403,
  PreconditionFailed: 412,
  NoSuchDistribution: 404,
  NoSuchOrigin: 404,
  ContinuousDeploymentPolicyInUse: 409,
  InvalidationBatchAlreadyExists: 409,
  ServiceUnavailable: 503,
};

const originOf = (id: string, DomainName: string) => ({
  Id: id,
  DomainName,
  OriginPath: '',
  CustomHeaders: { Quantity: 1, Items: [{ HeaderName: 'x-from-cdn', HeaderValue: 'secret' }] },
  CustomOriginConfig: {
    HTTPPort: 80,
    HTTPSPort: 443,
    OriginProtocolPolicy: 'https-only' as const,
    OriginSslProtocols: { Quantity: 1, Items: ['TLSv1.2' as const] },
    OriginReadTimeout: 30,
    OriginKeepaliveTimeout: 5,
  },
  ConnectionAttempts: 2,
  ConnectionTimeout: 5,
  OriginShield: { Enabled: true, OriginShieldRegion: 'eu-central-1' },
  OriginAccessControlId: '',
});

/** A distribution with two behaviors, both on one origin that has been there before. */
export function sampleDistribution(CallerReference: string): DistributionConfig {
  const behavior = { ViewerProtocolPolicy: 'redirect-to-https' as const, Compress: true };
  const CachePolicyId = '658327ea-f89d-4fab-a63d-7e88639e58f6';
  const target = { TargetOriginId: 'nothing-yet', ...behavior, CachePolicyId };
  const api: CacheBehavior = { PathPattern: '/api/*', ...target };
  return {
    CallerReference,
    Comment: 'the shop',
    Enabled: true,
    Origins: { Quantity: 1, Items: [originOf('nothing-yet', 'soon.example.com')] },
    OriginGroups: { Quantity: 0 },
    DefaultCacheBehavior: target,
    CacheBehaviors: { Quantity: 1, Items: [api] },
    PriceClass: 'PriceClass_100',
  };
}

/**
 * One distribution, made after what AWS documents: ETags that move with every change (412), the whole
 * configuration replaced, origins that behaviors and groups need, InProgress until every edge location has
 * it, one invalidation per caller reference.
 */
export function createDistribution(knobs: CloudFrontKnobs) {
  const distributionId = 'E2QWRUHAPOMQZL';
  let config = sampleDistribution('made-by-hand');
  let version = 1;
  let readsLeft = 0;
  const invalidations: (Invalidation & { readsLeft: number; wasDeployed: boolean })[] = [];

  const etag = () => `ETAG${version}`;
  const status = () => (readsLeft > 0 ? 'InProgress' : 'Deployed');
  const answer = () => ({
    ETag: etag(),
    Distribution: {
      Id: distributionId,
      Status: status(),
      DistributionConfig: structuredClone(config),
    },
  });

  function save(next: DistributionConfig): void {
    const isSame = JSON.stringify(next) === JSON.stringify(config);
    if (isSame && knobs.keepsEtagOfTheSame) return;
    config = structuredClone(next);
    version += 1;
    readsLeft = knobs.readsUntilDeployed;
  }

  function throwIfOther(Id: unknown): void {
    if (Id === distributionId) return;
    throw cloudFrontError('NoSuchDistribution', 'The specified distribution does not exist.');
  }

  function ask(batch: InvalidationBatch) {
    const made = invalidations.find(
      (it) => it.InvalidationBatch?.CallerReference === batch.CallerReference,
    );
    if (!made) return add(batch);
    if (JSON.stringify(made.InvalidationBatch) === JSON.stringify(batch)) return made;
    const message = 'Your request contains CallerReference that was used with other paths.';
    throw cloudFrontError('InvalidationBatchAlreadyExists', message);
  }

  function add(batch: InvalidationBatch) {
    const made = {
      Id: `I${invalidations.length + 1}`,
      Status: 'InProgress',
      CreateTime: new Date(0),
      InvalidationBatch: structuredClone(batch),
      readsLeft: knobs.readsUntilInvalidated,
      wasDeployed: status() === 'Deployed',
    };
    if (made.readsLeft === 0) made.Status = 'Completed';
    invalidations.push(made);
    return made;
  }

  const operations: Operations = {
    GetDistribution({ Id }) {
      throwIfOther(Id);
      const given = answer();
      if (readsLeft > 0) readsLeft -= 1;
      return given;
    },
    UpdateDistribution({ Id, IfMatch, DistributionConfig: given }) {
      throwIfOther(Id);
      if (IfMatch === undefined)
        throw cloudFrontError('InvalidIfMatchVersion', 'The If-Match version is missing.');
      if (IfMatch !== etag())
        throw cloudFrontError('PreconditionFailed', 'The precondition evaluated to false.');
      throwIfInvalid(given as DistributionConfig, config);
      save(given as DistributionConfig);
      return answer();
    },
    CreateInvalidation({ DistributionId, InvalidationBatch: batch }) {
      throwIfOther(DistributionId);
      return { Invalidation: structuredClone(ask(batch as InvalidationBatch)) };
    },
    GetInvalidation({ Id }) {
      const found = invalidations.find((it) => it.Id === Id);
      if (!found) throw cloudFrontError('NoSuchInvalidation', 'There is no such invalidation.');
      found.readsLeft -= 1;
      if (found.readsLeft <= 0) found.Status = 'Completed';
      return { Invalidation: structuredClone(found) };
    },
  };

  const view: CloudFrontView = {
    distributionId,
    config: () => structuredClone(config),
    etag,
    originIds: () => (config.Origins?.Items ?? []).map(({ Id }) => Id ?? ''),
    editByHand(change) {
      const next = structuredClone(config);
      change(next);
      save(next);
    },
    deploy() {
      readsLeft = 0;
    },
    completeInvalidations() {
      for (const it of invalidations) Object.assign(it, { Status: 'Completed', readsLeft: 0 });
    },
    invalidations: () =>
      invalidations.map(({ InvalidationBatch: batch, wasDeployed }) => ({
        paths: batch?.Paths?.Items ?? [],
        reference: batch?.CallerReference ?? '',
        wasDeployed,
      })),
  };
  return { operations, view };
}

/** What CloudFront refuses of what the router could write. */
function throwIfInvalid(next: DistributionConfig, before: DistributionConfig): void {
  if (next.CallerReference !== before.CallerReference)
    throw cloudFrontError(
      'IllegalUpdate',
      'The update contains modifications that are not allowed.',
    );
  const lists = [next.Origins, next.CacheBehaviors, next.OriginGroups];
  if (lists.some((it) => it && it.Quantity !== (it.Items?.length ?? 0)))
    throw cloudFrontError('InconsistentQuantities', 'Quantity and the size of Items do not match.');
  const origins = (next.Origins?.Items ?? []).map(({ Id }) => Id);
  const groups = next.OriginGroups?.Items ?? [];
  const members = groups.flatMap((it) => it.Members?.Items?.map(({ OriginId }) => OriginId) ?? []);
  const behaviors = [next.DefaultCacheBehavior, ...(next.CacheBehaviors?.Items ?? [])];
  const targets = behaviors.map((it) => it?.TargetOriginId);
  const known = [...origins, ...groups.map(({ Id }) => Id)];
  const isLost =
    targets.some((id) => !known.includes(id)) || members.some((id) => !origins.includes(id));
  if (isLost)
    throw cloudFrontError('NoSuchOrigin', 'No origin exists with the specified Origin Id.');
  if (new Set(origins).size < origins.length)
    throw cloudFrontError('InvalidArgument', 'Origin ids must be unique.');
  throwIfTooMuch(next);
}

function throwIfTooMuch(next: DistributionConfig): void {
  const origins = next.Origins?.Items ?? [];
  if (origins.length > 25) throw cloudFrontError('TooManyOrigins', 'More origins than allowed.');
  if (origins.some((it) => (it.CustomHeaders?.Quantity ?? 0) > 10))
    throw cloudFrontError('TooManyOriginCustomHeaders', 'More custom headers than allowed.');
}
