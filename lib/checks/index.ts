import type { Clock, Ids, Timers } from '../release/clock.ts';
import type { AdapterConfig } from '../release/json.ts';
import { findKind } from '../release/kind.ts';
import type { KindSchema } from '../release/manifest.ts';
import { cacheKind } from './cache.ts';
import { capacityKind } from './capacity.ts';
import type { Check } from './check.ts';
import type { CheckFiles } from './check-files.ts';
import { type CloudWatchApi, connectionsKind, type ReadConnections } from './connections.ts';
import { contractKind } from './contract.ts';
import { costKind } from './cost.ts';
import { databaseKind } from './database.ts';
import { functionKind } from './function.ts';
import { httpKind } from './http.ts';
import { journeyKind } from './journey.ts';
import { type LambdaApi, lambdaInvokeKind } from './lambda-invoke.ts';
import { networkKind } from './network.ts';
import { parityKind } from './parity.ts';
import { replayKind } from './replay.ts';
import { type IamApi, type ParametersApi, type SecretsManagerApi, secretsKind } from './secrets.ts';
import { type Ec2Api, securityKind } from './security.ts';
import { sessionKind } from './session.ts';
import { type LogsApi, telemetryKind, type XRayApi } from './telemetry.ts';

/** What a platform gives its checks. */
export interface CheckDeps {
  timers: Timers;
  /** Names that nobody else has, for what a check writes. */
  ids?: Ids;
  /** Files of versions, and what is too long for a manifest. */
  files?: CheckFiles;
  /**
   * GET requests of a service's users, newest first and each once, as far as the router remembers them;
   * absent where no router can. `accept` is null where the request had no such header.
   */
  recentRequests?(service: string): { path: string; accept: string | null }[];
  clock?: Clock;
  /** Lambda's client; only AWS has one. */
  lambda?: LambdaApi;
  /** CloudWatch's client; only AWS has one. */
  cloudWatch?: CloudWatchApi;
  /** The proxy of this machine knows; only the local platform has it. */
  readConnections?: ReadConnections;
  /** Secrets Manager's client, loaded with its first use; only AWS has one. */
  secretsManager?: () => Promise<SecretsManagerApi>;
  /** The client of Systems Manager's parameters, likewise. */
  parameters?: () => Promise<ParametersApi>;
  /** IAM's client, likewise. */
  iam?: () => Promise<IamApi>;
  /** EC2's client; only AWS has one. */
  ec2?: Ec2Api;
  /** Loads and makes CloudWatch Logs' client; only AWS has one. */
  logs?(): Promise<LogsApi>;
  /** Loads and makes X-Ray's client; only AWS has one. */
  xray?(): Promise<XRayApi>;
  /**
   * The end of what an environment's process has written, so many bytes at most; null where there is
   * none. Only the local platform can tell.
   */
  recentOutput?(environmentId: string, bytes: number): string | null;
  /** Absolute: where commands run. Only one machine has it. */
  baseDirectory?: string;
}

/** A kind of check: its name, its part of the manifest, and how one is made. */
export interface CheckKind extends KindSchema {
  /**
   * One whose code is loaded first comes as a promise.
   * @throws KindUnavailableError when the platform lacks what this kind needs.
   */
  create(config: AdapterConfig, deps: CheckDeps): Check | Promise<Check>;
}

/** Every kind of check, in the order of docs/checks/README.md. Another one is another line. */
export const checkKinds: readonly CheckKind[] = [
  httpKind,
  journeyKind,
  contractKind,
  parityKind,
  sessionKind,
  databaseKind,
  telemetryKind,
  secretsKind,
  networkKind,
  capacityKind,
  replayKind,
  cacheKind,
  connectionsKind,
  costKind,
  securityKind,
  functionKind,
  lambdaInvokeKind,
];

/**
 * A check, from its part of the manifest.
 * @throws KindUnavailableError naming the kind.
 */
export async function createCheck(config: AdapterConfig, deps: CheckDeps): Promise<Check> {
  return findKind('check', config, checkKinds).create(config, deps);
}
