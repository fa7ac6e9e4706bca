import { join } from 'node:path';
import { createCheck } from '../checks/index.ts';
import { createEmbeddedEngine, type EmbeddedEngine, type Handler } from '../engine/embedded.ts';
import { createSqliteExecutionStore } from '../engine/sqlite-execution-store.ts';
import { createEnvironment } from '../environments/index.ts';
import { requireArtifact } from '../environments/process/artifact.ts';
import {
  createProcessSupervisor,
  type ProcessSupervisor,
} from '../environments/process/supervisor.ts';
import { createAccess } from '../http/access-rules.ts';
import { createApp } from '../http/app.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openSqliteDatabase } from '../ledger/sqlite/database.ts';
import { createSqliteLedger } from '../ledger/sqlite.ts';
import { createNotifier, type NotifierDeps } from '../notifiers/index.ts';
import { isNamed, messageOf, VerdigrisError } from '../release/errors.ts';
import type { JsonObject } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import { type Manifest, parseManifest } from '../release/manifest.ts';
import { createRouter } from '../routers/index.ts';
import { createLocalProxy, type LocalProxy } from '../routers/local-proxy/proxy.ts';
import { localProxyBinding } from '../routers/local-proxy.ts';
import { createMetricSource, createSignal } from '../signals/index.ts';
import { createLocalAlarms, type LocalAlarms } from '../signals/local-alarms/alarms.ts';
import { alarmDefinitions } from '../signals/local-alarms.ts';
import { createLocalMetrics, type LocalMetrics } from '../signals/local-metrics/metrics.ts';
import { createOperations } from '../steps/operations/index.ts';
import { manifestOf } from '../steps/operations/manifests.ts';
import { onExecutionEnded } from '../steps/operations/on-execution-ended.ts';
import { recordAlarm } from '../steps/operations/record-alarm.ts';
import type { Adapters, Ports } from '../steps/ports.ts';
import { openApprovalLinks } from './approval-links.ts';
import { createChanges, tellingLedger } from './changes.ts';
import { randomIds, systemClock } from './clock.ts';
import { socketConnection } from './connections.ts';
import { readConsole } from './console.ts';
import { lockDirectory } from './directory-lock.ts';
import { manifestKinds } from './kinds.ts';
import { type Listening, listen } from './listen.ts';
import { type LocalConfig, readLocalConfig, readYaml } from './local-config.ts';
import { createLocalIdentity } from './local-identity.ts';
import { recoverEnvironments, recoverReleases } from './local-recovery.ts';
import { openLocalSecrets } from './local-secrets.ts';
import { ensureToken } from './local-token.ts';
import { createHandlers, readDefinitions } from './machines.ts';
import { manifestJsonSchema } from './manifest-schema.ts';
import { createNotifierMemory } from './notifier-memory.ts';
import { untilDone } from './until-done.ts';
import { version } from './version.ts';

/** What `up` may be told besides the config. */
export interface UpOptions {
  /** Path of a `verdigris.yml`. */
  configPath: string;
  log?: Logger;
  /** Where the console notifier writes; standard output if absent. */
  write?: (line: string) => void;
}

/** A conductor that runs in this process. */
export interface LocalConductor {
  /** Of the HTTP API. */
  url: string;
  token: string;
  /** Of every service that has a port, `http://address:port`. */
  services: Record<string, string>;
  metrics: LocalMetrics;
  alarms: LocalAlarms;
  /** Stops everything in order. A release that runs is put back by the next start. */
  close(): Promise<void>;
}

/** The parts that only this platform has. */
export interface LocalParts {
  proxy: LocalProxy;
  supervisor: ProcessSupervisor;
  metrics: LocalMetrics;
  alarms: LocalAlarms;
}

/**
 * Runs the whole conductor in this process: proxy, engine, ledger and API. What an earlier one left
 * unfinished is put back before the API answers (rule 7).
 * @throws ConfigInvalidError, ManifestInvalidError, PortInUseError, LedgerVersionError
 */
export async function up({
  configPath,
  log = consoleLogger,
  write = writeLine,
}: UpOptions): Promise<LocalConductor> {
  const config = readLocalConfig(configPath);
  const manifests = readManifests(config);
  const unlock = lockDirectory(config.dataDirectory);
  const closers: (() => unknown)[] = [unlock];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await start(config, manifests, { log, write }, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

interface ReadManifest {
  service: string;
  source: JsonObject;
}

/** Every manifest of the config, read and checked before anything is started. */
function readManifests(config: LocalConfig): ReadManifest[] {
  return config.manifestFiles.map((file) => {
    const source = readYaml(file);
    try {
      const { service } = parseManifest(source, manifestKinds);
      return { service, source: source ?? {} };
    } catch (error) {
      if (!isNamed(error, 'ManifestInvalidError')) throw error;
      throw new VerdigrisError('ManifestInvalidError', `${file}: ${error.message}`, {
        cause: error,
      });
    }
  });
}

async function start(
  config: LocalConfig,
  manifests: ReadManifest[],
  { log, write }: { log: Logger; write: (line: string) => void },
  closers: (() => unknown)[],
  close: () => Promise<void>,
): Promise<LocalConductor> {
  const token = ensureToken(config.dataDirectory, () => randomIds.next() + randomIds.next());
  const database = openSqliteDatabase(join(config.dataDirectory, 'ledger.sqlite'), { log });
  const changes = createChanges(systemClock);
  const ledger = tellingLedger(createSqliteLedger({ database }), changes);
  closers.push(() => ledger.close());
  const secrets = await openLocalSecrets(config);
  const notifierDeps: NotifierDeps = {
    log,
    write,
    hasColour: process.stdout.isTTY === true,
    clock: systemClock,
    timers: systemClock,
    fetch,
    secrets,
    memory: createNotifierMemory(() => ledger, systemClock),
    approvalLinks: openApprovalLinks(() => ({
      ...{ ledger, secrets, clock: systemClock, ids: randomIds },
      consoleUrl: () => notifierDeps.consoleUrl,
    })),
    ...consoleUrlOf(config),
  };

  const parts = createParts(config, log, (alarm) => recordAlarm(alarm, ports));
  closers.push(
    () => parts.supervisor.stopAll(),
    () => parts.proxy.close(),
    () => parts.alarms.close(),
  );
  // The engine is one of the ports that its handlers are made of, so they come after it.
  const handlers: Record<string, Handler> = {};
  const engine: EmbeddedEngine = createEmbeddedEngine({
    definitions: readDefinitions(),
    handlers,
    clock: systemClock,
    timers: systemClock,
    ids: randomIds,
    log,
    store: createSqliteExecutionStore({ database }),
    onEnded: (execution) => onExecutionEnded(execution, ports),
  });
  const ports: Ports = {
    clock: systemClock,
    timers: systemClock,
    ids: randomIds,
    log,
    ledger,
    engine,
    adapters: createAdapters(parts, log, notifierDeps, ledger),
  };
  Object.assign(handlers, createHandlers(ports));
  closers.push(() => engine.abandon());
  const operations = createOperations(ports);

  await loadRoutes(parts, log);
  await recoverEnvironments(parts, ports);
  for (const { service, source } of manifests) {
    await operations.applyManifest(service, source, 'verdigris up');
  }
  await prepareServices(ports, parts);
  closers.push(await recoverReleases(engine, ports));

  const access = createAccess(config.access);
  const identity = createLocalIdentity(config, { access, ledger, log, secrets, token });
  const app = createApp({
    operations: {
      ...operations,
      applyManifest: applyAndPrepare(operations, ports, parts),
      startRelease: lookAndStart(operations, ports, config),
      startReleaseOnce: lookAndStartOnce(operations, ports, config),
    },
    links: { ledger, secrets, clock: systemClock },
    ...identity,
    connectionOf: socketConnection,
    log,
    version,
    manifestSchema: manifestJsonSchema,
    webhooks: { secrets, ledger, clock: systemClock, fetch, access },
    console: readConsole,
    changes,
  });
  const api: Listening = await listen(app.fetch, config.api);
  notifierDeps.consoleUrl = config.publicUrl ?? api.url;
  closers.push(() => api.close());
  return {
    url: api.url,
    token,
    services: await serviceAddresses(ports),
    metrics: parts.metrics,
    alarms: parts.alarms,
    close,
  };
}

function createParts(
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
  return { proxy, supervisor, metrics, alarms };
}

function createAdapters(
  parts: LocalParts,
  log: Logger,
  notifierDeps: NotifierDeps,
  ledger: Ledger,
): Adapters {
  const shared = { clock: systemClock, timers: systemClock, ids: randomIds, log };
  const { proxy, supervisor, metrics, alarms } = parts;
  const reportedAlarms = { ledger, clock: systemClock };
  const signals = { localAlarms: alarms, localMetrics: metrics, reportedAlarms };
  return {
    parseManifest: (source) => parseManifest(source, manifestKinds),
    async environment(config, service) {
      const environment = await createEnvironment(config, service, { ...shared, supervisor });
      return {
        ...environment,
        async retire(ref) {
          const state = await environment.retire(ref);
          if (state === 'retired') proxy.forget(service, ref.id);
          return state;
        },
      };
    },
    router: (config, service) => createRouter(config, service, { ...shared, localProxy: proxy }),
    check: (config) => createCheck(config, shared),
    signal: (config, service) =>
      createSignal(config ?? { kind: 'local-alarms', alarms: {} }, service, signals),
    metrics: (config, service) =>
      createMetricSource(config ?? { kind: 'local-metrics' }, service, signals),
    notifier: (config) => createNotifier(config, notifierDeps),
    standingNotifiers: [],
  };
}

/** Known before the API listens, unless any port will do: a release that is put back is told of. */
function consoleUrlOf({ publicUrl, api }: LocalConfig): Pick<NotifierDeps, 'consoleUrl'> {
  if (publicUrl) return { consoleUrl: publicUrl };
  return api.port === 0 ? {} : { consoleUrl: `http://${api.host}:${api.port}` };
}

/** A port that was lost meanwhile is asked for again, or another one, when the manifests are read. */
async function loadRoutes({ proxy }: LocalParts, log: Logger): Promise<void> {
  try {
    await proxy.load();
  } catch (error) {
    if (!isNamed(error, 'PortInUseError')) throw error;
    log.warn(messageOf(error));
  }
}

/** One that an older Verdigris took and this one does not must not keep the others from running. */
async function validManifests({ ledger, adapters, log }: Ports): Promise<Manifest[]> {
  return (await ledger.listManifests()).flatMap(({ service, source }) => {
    try {
      return [adapters.parseManifest(source)];
    } catch (error) {
      log.error(`the manifest of ${service} is no longer valid`, { reason: messageOf(error) });
      return [];
    }
  });
}

async function prepareServices(ports: Ports, parts: LocalParts): Promise<void> {
  for (const manifest of await validManifests(ports)) {
    await openPort(manifest, parts);
    defineAlarmsOf(manifest.service, manifest, parts);
  }
}

/** A port that cannot be had is told when the manifest is applied, not in the middle of a release. */
async function openPort({ service, router }: Manifest, { proxy }: LocalParts): Promise<void> {
  if (router.kind === 'local-proxy') await proxy.bind(service, localProxyBinding(router));
}

/** The platform evaluates alarms all the time, so that it knows what fired before a release. */
function defineAlarmsOf(service: string, { signals }: Manifest, { alarms }: LocalParts): void {
  const isLocal = signals?.kind === 'local-alarms';
  alarms.define(service, isLocal ? alarmDefinitions(signals) : {});
}

type Operations = ReturnType<typeof createOperations>;

function applyAndPrepare(
  operations: Operations,
  ports: Ports,
  parts: LocalParts,
): Operations['applyManifest'] {
  return async (service, source, by) => {
    const manifest = ports.adapters.parseManifest(source);
    if (manifest.service === service) await openPort(manifest, parts);
    const stored = await operations.applyManifest(service, source, by);
    defineAlarmsOf(service, manifest, parts);
    return stored;
  };
}

/** An artifact that is not there is told to whoever asks, instead of a release that is discarded. */
function lookAndStart(
  operations: Operations,
  ports: Ports,
  { baseDirectory }: LocalConfig,
): Operations['startRelease'] {
  return async (request) => {
    await lookForArtifact(request, ports, baseDirectory);
    return operations.startRelease(request);
  };
}

function lookAndStartOnce(
  operations: Operations,
  ports: Ports,
  { baseDirectory }: LocalConfig,
): Operations['startReleaseOnce'] {
  return async (key, request) => {
    await lookForArtifact(request, ports, baseDirectory);
    return operations.startReleaseOnce(key, request);
  };
}

async function lookForArtifact(
  { service, artifact }: Parameters<Operations['startRelease']>[0],
  ports: Ports,
  baseDirectory: string,
): Promise<void> {
  const { environment } = await manifestOf(service, ports);
  if (environment.kind === 'process') await requireArtifact(artifact, baseDirectory);
}

async function serviceAddresses(ports: Ports): Promise<Record<string, string>> {
  const manifests = await validManifests(ports);
  const addresses = manifests.flatMap(({ service, router }) => {
    if (router.kind !== 'local-proxy') return [];
    const host = router.host ?? router.address ?? '127.0.0.1';
    return [[service, `http://${host}:${router.port}`]];
  });
  return Object.fromEntries(addresses);
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Warnings and errors on standard error; a conductor that is well says nothing. */
const consoleLogger: Logger = {
  info: () => {},
  warn: (message, facts) => console.error(`warn  ${message}`, facts ?? ''),
  error: (message, facts) => console.error(`error ${message}`, facts ? JSON.stringify(facts) : ''),
};
