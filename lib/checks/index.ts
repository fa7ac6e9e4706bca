import type { Timers } from '../release/clock.ts';
import type { AdapterConfig } from '../release/json.ts';
import { findKind } from '../release/kind.ts';
import type { KindSchema } from '../release/manifest.ts';
import type { Check } from './check.ts';
import type { S3Api } from './database/s3-folder.ts';
import { databaseKind } from './database.ts';
import { httpKind } from './http.ts';
import { type LambdaApi, lambdaInvokeKind } from './lambda-invoke.ts';

/** What a platform gives its checks. */
export interface CheckDeps {
  timers: Timers;
  /** Lambda's client; only AWS has one. */
  lambda?: LambdaApi;
  /** S3's client; only AWS has one. */
  s3?: S3Api;
  /** What relative paths of artifacts are relative to; only one machine has such paths. */
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

/** Every kind of check. Another one is another line. */
export const checkKinds: readonly CheckKind[] = [databaseKind, httpKind, lambdaInvokeKind];

/**
 * A check, from its part of the manifest.
 * @throws KindUnavailableError naming the kind.
 */
export async function createCheck(config: AdapterConfig, deps: CheckDeps): Promise<Check> {
  return findKind('check', config, checkKinds).create(config, deps);
}
