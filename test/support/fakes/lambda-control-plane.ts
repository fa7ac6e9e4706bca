import { createHash } from 'node:crypto';
import type { AliasConfiguration, FunctionConfiguration } from '@aws-sdk/client-lambda';
import { awsError, type Input, type Operation } from './aws-client.ts';

/** What lies in a bucket or a registry, and what becomes of a version that is made of it. */
export interface FakeCode {
  /** Other content, another hash. */
  content: string;
  packageType?: 'Zip' | 'Image';
  /** Lambda refuses it with this message, as with something that is no zip. */
  refusedWith?: string;
  /** Why versions of it fail. */
  failsWith?: string;
  /** What an invocation answers; an Error is a failed one. */
  answer?: (event: unknown) => unknown;
}

/** How patient and how obstinate the control plane is. May be changed at any moment. */
export interface LambdaKnobs {
  /** So many reads of $LATEST say InProgress after each update. */
  busyReads: number;
  /** So many reads of a new version say Pending. */
  pendingReads: number;
  /** So many reads of new provisioned concurrency say IN_PROGRESS. */
  concurrencyReads: number;
  /** Why provisioned concurrency fails; null when it does not. */
  concurrencyFailsWith: string | null;
  /** A version with provisioned concurrency is not deleted, which AWS does not document either way. */
  concurrencyKeepsVersions: boolean;
  /** Dry runs of UpdateFunctionCode answer with the hash of what is there already. */
  dryRunsTellNothing: boolean;
  /** The version that answers invocations instead of the one asked for; null for that one itself. */
  answersAs: string | null;
}

/** One look at the state of things, without a call. */
export interface LambdaView {
  readonly functionName: string;
  /** What lies behind `s3://bucket/key`, `s3://bucket/key?versionId=…` or an image's URI. */
  readonly store: Map<string, FakeCode>;
  latest(): FunctionConfiguration;
  /** Numbers of the published versions, oldest first. */
  versions(): string[];
  contentOf(version: string): string | undefined;
  describedAs(version: string): string | undefined;
  alias(name: string): AliasConfiguration | undefined;
  concurrency(version: string): number | undefined;
  /** Somebody else deploys: code and description of $LATEST change. */
  deployByHand(code: FakeCode, description?: string): void;
  /** Somebody else publishes $LATEST. */
  publishByHand(description?: string): string;
  /** Somebody else points an alias. */
  pointByHand(name: string, version: string, weights?: Record<string, number>): void;
  /** Somebody deletes an alias. */
  deleteByHand(name: string): void;
  setState(state: Partial<FunctionConfiguration>, version?: string): void;
}

/** A Lambda control plane in memory: its operations by name, and a view of it. */
export interface ControlPlane {
  operations: Record<string, Operation>;
  view: LambdaView;
}

interface Version {
  config: FunctionConfiguration;
  code: FakeCode;
  /** RevisionId of $LATEST when it was published. */
  cutFrom: string;
  pendingReads: number;
}

const statusOf: Record<string, number> = {
  PreconditionFailedException: 412,
  ResourceConflictException: 409,
  ResourceNotFoundException: 404,
  ProvisionedConcurrencyConfigNotFoundException: 404,
  TooManyRequestsException: 429,
  AccessDeniedException: 403,
  ServiceException: 500,
};

/** An error as the SDK throws it. */
export function lambdaError(name: string, message: string): Error {
  return awsError(name, message, statusOf[name]);
}

const hashOf = ({ content }: FakeCode) => createHash('sha256').update(content).digest('base64');

/**
 * Made after what AWS documents: RevisionIds that move with every update and when it is over (412),
 * updates that refuse others while they run (409), PublishVersion that makes nothing of what did not
 * change, no deletion of a version that an alias names. Pages have two entries.
 */
export function createControlPlane(
  options: { code?: FakeCode; secret?: string },
  knobs: LambdaKnobs,
): ControlPlane {
  const functionName = 'storefront';
  const arn = `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`;
  const store = new Map<string, FakeCode>();
  const versions = new Map<string, Version>();
  const aliases = new Map<string, AliasConfiguration>();
  const concurrencies = new Map<string, { wanted: number; reads: number }>();
  let revision = 0;
  let busyLeft = 0;
  let nextVersion = 1;
  let code: FakeCode = options.code ?? { content: 'first' };
  let config: FunctionConfiguration = {
    FunctionName: functionName,
    FunctionArn: arn,
    Version: '$LATEST',
    Description: 'the shop',
    PackageType: code.packageType ?? 'Zip',
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    MemorySize: 512,
    Timeout: 10,
    Architectures: ['arm64'],
    Environment: { Variables: { API_KEY: options.secret ?? 'secret' } },
    State: 'Active',
    LastUpdateStatus: 'Successful',
    CodeSha256: hashOf(code),
    RevisionId: 'rev-0',
  };

  const move = () => {
    revision += 1;
    return `rev-${revision}`;
  };

  function update(changes: FunctionConfiguration): void {
    busyLeft = knobs.busyReads;
    const LastUpdateStatus = busyLeft > 0 ? 'InProgress' : 'Successful';
    config = { ...config, ...changes, LastUpdateStatus, RevisionId: move() };
  }

  function throwIfBusy(): void {
    if (config.LastUpdateStatus !== 'InProgress') return;
    const message = `The operation cannot be performed at this time. An update is in progress for resource: ${arn}`;
    throw lambdaError('ResourceConflictException', message);
  }

  function throwIfStale(given: unknown, current: string | undefined): void {
    if (given === undefined || given === current) return;
    const message =
      'The RevisionId provided does not match the latest RevisionId for the Lambda function or alias. Call the GetFunction or the GetAlias API to retrieve the latest RevisionId for your resource.';
    throw lambdaError('PreconditionFailedException', message);
  }

  function versionOf(qualifier: unknown): Version {
    const found = versions.get(String(qualifier));
    if (found) return found;
    throw lambdaError('ResourceNotFoundException', `Function not found: ${arn}:${qualifier}`);
  }

  function aliasOf(name: unknown): AliasConfiguration {
    const found = aliases.get(String(name));
    if (found) return found;
    throw lambdaError('ResourceNotFoundException', `Cannot find alias arn: ${arn}:${name}`);
  }

  function readLatest(): FunctionConfiguration {
    const answer = structuredClone(config);
    if (config.LastUpdateStatus === 'InProgress') {
      busyLeft -= 1;
      // The end of an update is a change too: what was read before it is stale.
      if (busyLeft <= 0) config = { ...config, LastUpdateStatus: 'Successful', RevisionId: move() };
    }
    return answer;
  }

  function readVersion(version: Version): FunctionConfiguration {
    const answer = structuredClone(version.config);
    if (version.config.State !== 'Pending') return answer;
    version.pendingReads -= 1;
    if (version.pendingReads <= 0) version.config = { ...version.config, ...settled(version.code) };
    return answer;
  }

  function settled({ failsWith }: FakeCode): FunctionConfiguration {
    return failsWith === undefined
      ? { State: 'Active' }
      : { State: 'Failed', StateReason: failsWith, StateReasonCode: 'InvalidImage' };
  }

  function fetchCode({ S3Bucket, S3Key, S3ObjectVersion, ImageUri }: Input): FakeCode {
    const suffix = S3ObjectVersion === undefined ? '' : `?versionId=${S3ObjectVersion}`;
    const uri = ImageUri === undefined ? `s3://${S3Bucket}/${S3Key}${suffix}` : String(ImageUri);
    const found = store.get(uri);
    if (!found) {
      const message = ImageUri
        ? `Source image ${ImageUri} does not exist. Provide a valid source image.`
        : 'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.';
      throw lambdaError('InvalidParameterValueException', message);
    }
    if (found.refusedWith !== undefined)
      throw lambdaError('InvalidParameterValueException', found.refusedWith);
    return found;
  }

  function publish(description: string): FunctionConfiguration {
    const last = [...versions.values()].at(-1);
    if (last && last.cutFrom === config.RevisionId) return structuredClone(last.config);
    const number = String(nextVersion);
    nextVersion += 1;
    const State = knobs.pendingReads > 0 ? 'Pending' : 'Active';
    const published: Version = {
      config: {
        ...structuredClone(config),
        Version: number,
        FunctionArn: `${arn}:${number}`,
        Description: description,
        RevisionId: move(),
        State,
        ...(State === 'Active' ? settled(code) : {}),
      },
      code,
      cutFrom: config.RevisionId ?? '',
      pendingReads: knobs.pendingReads,
    };
    versions.set(number, published);
    return structuredClone(published.config);
  }

  function page<Item>(items: Item[], marker: unknown) {
    const start = Number(marker ?? 0);
    const end = start + 2;
    return { items: items.slice(start, end), next: end < items.length ? String(end) : undefined };
  }

  function throwIfNoSuchVersion(input: Input): void {
    const { AdditionalVersionWeights = {} } = (input.RoutingConfig ?? {}) as AliasConfiguration & {
      AdditionalVersionWeights?: Record<string, number>;
    };
    const named = [String(input.FunctionVersion), ...Object.keys(AdditionalVersionWeights)];
    for (const version of named) if (version !== '$LATEST') versionOf(version);
    const roles = new Set(named.map((version) => versions.get(version)?.config.Role));
    if (roles.size < 2) return;
    const message = 'Alias with weights can not be used with versions that have different roles';
    throw lambdaError('InvalidParameterValueException', message);
  }

  const saveAlias = (input: Input) => {
    const name = String(input.Name);
    const weights = (input.RoutingConfig as AliasConfiguration['RoutingConfig']) ?? undefined;
    const before = aliases.get(name);
    // As on AWS, an absent part stays what it was.
    const routing = weights ?? before?.RoutingConfig;
    const hasWeights = Object.keys(routing?.AdditionalVersionWeights ?? {}).length > 0;
    const same =
      before?.FunctionVersion === input.FunctionVersion &&
      before?.Description === input.Description &&
      JSON.stringify(before?.RoutingConfig ?? {}) === JSON.stringify(hasWeights ? routing : {});
    const saved: AliasConfiguration = {
      AliasArn: `${arn}:${name}`,
      Name: name,
      FunctionVersion: String(input.FunctionVersion),
      Description: String(input.Description ?? ''),
      // The harshest reading of the documentation: what did not change keeps its revision.
      RevisionId: same && before?.RevisionId ? before.RevisionId : move(),
      ...(hasWeights && routing ? { RoutingConfig: structuredClone(routing) } : {}),
    };
    aliases.set(name, saved);
    return structuredClone(saved);
  };

  const leadingTo = (version: string) =>
    [...aliases.values()].filter(
      (alias) =>
        alias.FunctionVersion === version ||
        version in (alias.RoutingConfig?.AdditionalVersionWeights ?? {}),
    );

  const operations: Record<string, Operation> = {
    GetFunctionConfiguration: ({ Qualifier }) =>
      Qualifier === undefined || Qualifier === '$LATEST'
        ? readLatest()
        : readVersion(versionOf(Qualifier)),
    ListVersionsByFunction({ Marker }) {
      const all = [config, ...[...versions.values()].map((version) => version.config)];
      const { items, next } = page(all, Marker);
      return { Versions: structuredClone(items), NextMarker: next };
    },
    ListAliases({ Marker }) {
      const { items, next } = page([...aliases.values()], Marker);
      return { Aliases: structuredClone(items), NextMarker: next };
    },
    UpdateFunctionConfiguration(input) {
      throwIfBusy();
      throwIfStale(input.RevisionId, config.RevisionId);
      update({ Description: String(input.Description) });
      return structuredClone(config);
    },
    UpdateFunctionCode(input) {
      throwIfBusy();
      throwIfStale(input.RevisionId, config.RevisionId);
      const given = fetchCode(input);
      if (input.DryRun === true && knobs.dryRunsTellNothing) return structuredClone(config);
      if (input.DryRun === true) return { ...structuredClone(config), CodeSha256: hashOf(given) };
      code = given;
      update({ CodeSha256: hashOf(given) });
      return structuredClone(config);
    },
    PublishVersion(input) {
      throwIfBusy();
      throwIfStale(input.RevisionId, config.RevisionId);
      if (input.CodeSha256 !== undefined && input.CodeSha256 !== config.CodeSha256) {
        const message = `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${config.CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`;
        throw lambdaError('InvalidParameterValueException', message);
      }
      return publish(String(input.Description ?? config.Description));
    },
    DeleteFunction({ Qualifier }) {
      if (Qualifier === undefined || Qualifier === '$LATEST')
        throw new Error('the whole function was deleted');
      versionOf(Qualifier);
      const users = leadingTo(String(Qualifier)).map(({ Name }) => Name);
      if (users.length > 0) {
        const message = `Unable to delete version because the following aliases reference it: [${users.join(', ')}]`;
        throw lambdaError('ResourceConflictException', message);
      }
      if (knobs.concurrencyKeepsVersions && concurrencies.has(String(Qualifier))) {
        const message = 'Unable to delete version because it has provisioned concurrency';
        throw lambdaError('ResourceConflictException', message);
      }
      versions.delete(String(Qualifier));
      concurrencies.delete(String(Qualifier));
      return {};
    },
    GetAlias: ({ Name }) => structuredClone(aliasOf(Name)),
    CreateAlias(input) {
      if (aliases.has(String(input.Name)))
        throw lambdaError(
          'ResourceConflictException',
          `Alias already exists: ${arn}:${input.Name}`,
        );
      throwIfNoSuchVersion(input);
      return saveAlias(input);
    },
    UpdateAlias(input) {
      throwIfStale(input.RevisionId, aliasOf(input.Name).RevisionId);
      throwIfNoSuchVersion(input);
      return saveAlias(input);
    },
    PutProvisionedConcurrencyConfig({ Qualifier, ProvisionedConcurrentExecutions }) {
      versionOf(Qualifier);
      const wanted = Number(ProvisionedConcurrentExecutions);
      concurrencies.set(String(Qualifier), { wanted, reads: knobs.concurrencyReads });
      return { Status: 'IN_PROGRESS' };
    },
    GetProvisionedConcurrencyConfig({ Qualifier }) {
      const found = concurrencies.get(String(Qualifier));
      if (!found) {
        const message = `No Provisioned Concurrency Config found for function: ${arn}:${Qualifier}`;
        throw lambdaError('ProvisionedConcurrencyConfigNotFoundException', message);
      }
      found.reads -= 1;
      if (found.reads >= 0)
        return { Status: 'IN_PROGRESS', AvailableProvisionedConcurrentExecutions: 0 };
      return knobs.concurrencyFailsWith === null
        ? { Status: 'READY', AvailableProvisionedConcurrentExecutions: found.wanted }
        : { Status: 'FAILED', StatusReason: knobs.concurrencyFailsWith };
    },
    DeleteProvisionedConcurrencyConfig({ Qualifier }) {
      versionOf(Qualifier);
      concurrencies.delete(String(Qualifier));
      return {};
    },
    Invoke({ Qualifier, Payload }) {
      const version = knobs.answersAs ?? String(Qualifier);
      const { answer = () => ({ ok: true }) } = versionOf(version).code;
      const event = JSON.parse(new TextDecoder().decode(Payload as Uint8Array));
      const result = answer(event);
      const failure =
        result instanceof Error ? { errorType: result.name, errorMessage: result.message } : null;
      return {
        StatusCode: 200,
        ExecutedVersion: version,
        Payload: new TextEncoder().encode(JSON.stringify(failure ?? result)),
        ...(failure ? { FunctionError: 'Unhandled' } : {}),
      };
    },
  };

  const view: LambdaView = {
    functionName,
    store,
    latest: () => structuredClone(config),
    versions: () => [...versions.keys()],
    contentOf: (version) => versions.get(version)?.code.content,
    describedAs: (version) => versions.get(version)?.config.Description,
    alias: (name) => structuredClone(aliases.get(name)),
    concurrency: (version) => concurrencies.get(version)?.wanted,
    deployByHand(given, description) {
      code = given;
      const Description = description ?? config.Description ?? '';
      config = { ...config, CodeSha256: hashOf(given), Description, RevisionId: move() };
    },
    publishByHand: (description) =>
      publish(description ?? config.Description ?? '').Version as string,
    pointByHand(name, version, weights = {}) {
      const RoutingConfig = { AdditionalVersionWeights: weights };
      saveAlias({ Name: name, FunctionVersion: version, RoutingConfig, Description: 'by hand' });
    },
    deleteByHand: (name) => void aliases.delete(name),
    setState(state, version) {
      const found = version === undefined ? undefined : versions.get(version);
      if (found) found.config = { ...found.config, ...state };
      else config = { ...config, ...state };
    },
  };
  return { operations, view };
}
