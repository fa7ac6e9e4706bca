import { join } from 'node:path';
import { createEmbeddedEngine, type EmbeddedEngine, type Handler } from '../engine/embedded.ts';
import { createSqliteExecutionStore } from '../engine/sqlite-execution-store.ts';
import { createAccess } from '../http/access-rules.ts';
import { createApp } from '../http/app.ts';
import { openSqliteDatabase } from '../ledger/sqlite/database.ts';
import { createSqliteLedger } from '../ledger/sqlite.ts';
import type { NotifierDeps } from '../notifiers/index.ts';
import { isNamed, VerdigrisError } from '../release/errors.ts';
import type { JsonObject } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import { parseManifest } from '../release/manifest.ts';
import type { LocalAlarms } from '../signals/local-alarms/alarms.ts';
import type { LocalMetrics } from '../signals/local-metrics/metrics.ts';
import { createOperations } from '../steps/operations/index.ts';
import { onExecutionEnded } from '../steps/operations/on-execution-ended.ts';
import { recordAlarm } from '../steps/operations/record-alarm.ts';
import type { Ports } from '../steps/ports.ts';
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
import { createAdapters, createParts } from './local-parts.ts';
import { keepBudgets, recoverEnvironments, recoverReleases } from './local-recovery.ts';
import { openLocalSecrets } from './local-secrets.ts';
import {
  applyAndPrepare,
  loadRoutes,
  lookAndStart,
  lookAndStartOnce,
  prepareServices,
  serviceAddresses,
} from './local-services.ts';
import { ensureToken } from './local-token.ts';
import { createHandlers, readDefinitions } from './machines.ts';
import { manifestJsonSchema } from './manifest-schema.ts';
import { createNotifierMemory } from './notifier-memory.ts';
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
  closers.push(await recoverReleases(engine, ports), keepBudgets(ports));

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

/** Known before the API listens, unless any port will do: a release that is put back is told of. */
function consoleUrlOf({ publicUrl, api }: LocalConfig): Pick<NotifierDeps, 'consoleUrl'> {
  if (publicUrl) return { consoleUrl: publicUrl };
  return api.port === 0 ? {} : { consoleUrl: `http://${api.host}:${api.port}` };
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
