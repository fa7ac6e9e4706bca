import type { Clock, Timers } from '../release/clock.ts';
import type { AdapterConfig } from '../release/json.ts';
import { findKind } from '../release/kind.ts';
import type { KindSchema } from '../release/manifest.ts';
import { type CloudWatchApi, capacityKind } from './capacity.ts';
import type { Check } from './check.ts';
import { costKind } from './cost.ts';
import { httpKind } from './http.ts';
import { type LambdaApi, lambdaInvokeKind } from './lambda-invoke.ts';
import { type LogsApi, telemetryKind, type XRayApi } from './telemetry.ts';

/** What a platform gives its checks. */
export interface CheckDeps {
  timers: Timers;
  /** What checks of what is measured elsewhere go by. */
  clock?: Clock;
  /** Lambda's client; only AWS has one. */
  lambda?: LambdaApi;
  /** CloudWatch's client; only AWS has one. */
  cloudWatch?: CloudWatchApi;
  /** Loads and makes CloudWatch Logs' client; only AWS has one. */
  logs?(): Promise<LogsApi>;
  /** Loads and makes X-Ray's client; only AWS has one. */
  xray?(): Promise<XRayApi>;
  /**
   * The end of what an environment's process has written, so many bytes at most; null where there is
   * none. Only the local platform can tell.
   */
  recentOutput?(environmentId: string, bytes: number): string | null;
  /** A file of an environment's artifact as text; null where there is none. Local platform only. */
  artifactFile?(environmentId: string, path: string): Promise<string | null>;
}

/** A kind of check: its name, its part of the manifest, and how one is made. */
export interface CheckKind extends KindSchema {
  /**
   * One whose code is loaded first comes as a promise.
   * @throws KindUnavailableError when the platform lacks what this kind needs.
   */
  create(config: AdapterConfig, deps: CheckDeps): Check | Promise<Check>;
}

/** Every kind of check. Another one is another line. */
export const checkKinds: readonly CheckKind[] = [
  httpKind,
  lambdaInvokeKind,
  costKind,
  capacityKind,
  telemetryKind,
];

/**
 * A check, from its part of the manifest.
 * @throws KindUnavailableError naming the kind.
 */
export async function createCheck(config: AdapterConfig, deps: CheckDeps): Promise<Check> {
  return findKind('check', config, checkKinds).create(config, deps);
}
