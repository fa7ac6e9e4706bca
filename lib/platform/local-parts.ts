import { createArtifactFiles } from '../checks/files/artifact.ts';
import { createCheck } from '../checks/index.ts';
import { createEnvironment } from '../environments/index.ts';
import {
  createProcessSupervisor,
  type ProcessSupervisor,
} from '../environments/process/supervisor.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createNotifier, type NotifierDeps } from '../notifiers/index.ts';
import type { Logger } from '../release/logger.ts';
import { parseManifest } from '../release/manifest.ts';
import { createRouter } from '../routers/index.ts';
import { createLocalProxy, type LocalProxy } from '../routers/local-proxy/proxy.ts';
import { createMetricSource, createSignal } from '../signals/index.ts';
import { createLocalAlarms, type LocalAlarms } from '../signals/local-alarms/alarms.ts';
import { createLocalMetrics, type LocalMetrics } from '../signals/local-metrics/metrics.ts';
import type { Adapters } from '../steps/ports.ts';
import { randomIds, systemClock } from './clock.ts';
import { manifestKinds } from './kinds.ts';
import type { LocalConfig } from './local-config.ts';
import { untilDone } from './until-done.ts';

/** The parts that only this platform has. */
export interface LocalParts {
  proxy: LocalProxy;
  supervisor: ProcessSupervisor;
  metrics: LocalMetrics;
  alarms: LocalAlarms;
  /** Absolute: where commands run, and what relative paths are relative to. */
  baseDirectory: string;
}

/** Makes them; what `onAlarm` is told comes from the alarms that this machine evaluates. */
export function createParts(
  config: LocalConfig,
  log: Logger,
  onAlarm: (alarm: { name: string; since: string; reason: string }) => Promise<void>,
): LocalParts {
  const directory = config.dataDirectory;
  const shared = { clock: systemClock, timers: systemClock, ids: randomIds, log };
  const metrics = createLocalMetrics({ clock: systemClock });
  const proxy = createLocalProxy({ ...shared, directory, onRequest: (it) => metrics.record(it) });
  const { baseDirectory } = config;
  const supervisor = createProcessSupervisor({ ...shared, directory, baseDirectory });
  const alarms = createLocalAlarms({
    ...shared,
    metrics,
    onTransition: async (change) => {
      if (change.state === 'alarm') await untilDone(() => onAlarm(change), systemClock, log);
    },
  });
  return { proxy, supervisor, metrics, alarms, baseDirectory };
}

/** The adapters of one machine, over its parts. */
export function createAdapters(
  parts: LocalParts,
  log: Logger,
  notifierDeps: NotifierDeps,
  ledger: Ledger,
): Adapters {
  const shared = { clock: systemClock, timers: systemClock, ids: randomIds, log };
  const { proxy, supervisor, metrics, alarms } = parts;
  const checkDeps = {
    ...shared,
    files: createArtifactFiles(parts.baseDirectory),
    recentRequests: (service: string) => proxy.recentRequests(service),
    baseDirectory: parts.baseDirectory,
    readConnections: proxy.ages,
    recentOutput: supervisor.recentOutput,
  };
  const reportedAlarms = { ledger, clock: systemClock };
  const prometheus = { ...shared, fetch, secrets: notifierDeps.secrets };
  const signals = { localAlarms: alarms, localMetrics: metrics, reportedAlarms, prometheus };
  return {
    parseManifest: (source) => parseManifest(source, manifestKinds),
    async environment(config, service) {
      const environment = await createEnvironment(config, service, { ...shared, supervisor });
      return {
        ...environment,
        async status(ref) {
          const status = await environment.status(ref);
          if (status.state === 'ready' && ref.address)
            proxy.introduce(service, ref.id, ref.address);
          return status;
        },
        async retire(ref) {
          const state = await environment.retire(ref);
          if (state === 'retired') proxy.forget(service, ref.id);
          return state;
        },
      };
    },
    router: (config, service) => createRouter(config, service, { ...shared, localProxy: proxy }),
    check: (config) => createCheck(config, checkDeps),
    signal: (config, service) =>
      createSignal(config ?? { kind: 'local-alarms', alarms: {} }, service, signals),
    metrics: (config, service) =>
      createMetricSource(config ?? { kind: 'local-metrics' }, service, signals),
    notifier: (config) => createNotifier(config, notifierDeps),
    ...(notifierDeps.secrets ? { secrets: notifierDeps.secrets } : {}),
    standingNotifiers: [],
  };
}
