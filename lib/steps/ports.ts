import type { Check } from '../checks/check.ts';
import type { Engine } from '../engine/engine.ts';
import type { Environment } from '../environments/environment.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Notifier } from '../notifiers/notifier.ts';
import type { Clock, Ids, Timers } from '../release/clock.ts';
import type { AdapterConfig, JsonObject } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import type { Manifest } from '../release/manifest.ts';
import type { Router } from '../routers/router.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { MetricSource, Signal } from '../signals/signal.ts';

/** Everything a step may touch. A platform fills it. */
export interface Ports {
  clock: Clock;
  timers: Timers;
  ids: Ids;
  log: Logger;
  ledger: Ledger;
  engine: Engine;
  adapters: Adapters;
}

/** An adapter, or the promise of one whose code is loaded first. */
export type Awaitable<T> = T | Promise<T>;

/** Adapters, made from their part of the manifest. The platform chooses them by `kind`. */
export interface Adapters {
  /** What it knows of kinds may be loaded first. @throws ManifestInvalidError */
  parseManifest(source: JsonObject): Awaitable<Manifest>;
  environment(config: AdapterConfig, service: string): Awaitable<Environment>;
  router(config: AdapterConfig, service: string): Awaitable<Router>;
  check(config: AdapterConfig): Awaitable<Check>;
  /** Null stands for the platform's own, which may go by what the router is. */
  signal(config: AdapterConfig | null, service: string): Signal;
  metrics(config: AdapterConfig | null, service: string, router: AdapterConfig): MetricSource;
  notifier(config: AdapterConfig): Awaitable<Notifier>;
  /** What checks may name; absent where there are none. */
  secrets?: Secrets;
  /** Notifiers that hear of every release, whatever its manifest says. */
  standingNotifiers: readonly AdapterConfig[];
}

/** What a step knows of the call it runs in. */
export interface StepCall {
  /** Milliseconds until whoever called gives up on this call. */
  remainingMs(): number;
}
