import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../../release/artifact.ts';
import type { Clock, Ids, Timers } from '../../release/clock.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { Logger } from '../../release/logger.ts';
import type { EnvironmentStatus } from '../environment.ts';
import { stageArtifact } from './artifact.ts';
import { factsOf, type ProcessFacts } from './facts.ts';
import { recentText } from './output-log.ts';
import {
  type EnvironmentRecord,
  environmentId,
  type LaunchSpec,
  type ProcessState,
  readRecord,
  toRef,
} from './record.ts';
import { createSupervised, type Supervised } from './supervised.ts';

/** What a supervisor needs. Directories are absolute. */
export interface SupervisorOptions {
  /** Holds `environments/<id>/` and, for moments, `staging/`. Used by one supervisor at a time. */
  directory: string;
  /** What relative artifact paths are relative to. */
  baseDirectory: string;
  clock: Clock;
  timers: Timers;
  ids: Ids;
  log: Logger;
  /** Variables that every process gets, less those named VERDIGRIS_*; the conductor's own if absent. */
  inheritedEnv?: NodeJS.ProcessEnv;
}

/** An environment that is wanted. */
export interface ProcessRequest {
  service: string;
  artifact: Artifact;
  releaseId: string;
  spec: LaunchSpec;
}

/** One environment as {@link ProcessSupervisor.list} gives it. */
export interface ProcessSummary {
  ref: EnvironmentRef;
  service: string;
  releaseId: string;
  state: ProcessState;
  /** Why it is in this state; empty when there is nothing to say. */
  reason: string;
  /** How often it was started again. */
  restarts: number;
}

/** Starts, watches and ends the processes that are environments on this machine. */
export interface ProcessSupervisor {
  /**
   * Begins the environment of a release, or finds it.
   * @throws ArtifactInvalidError, ProvisionFailedError
   */
  provision(request: ProcessRequest): Promise<EnvironmentRef>;
  /** Looks once. What it does not know is `gone`. */
  status(ref: EnvironmentRef): Promise<EnvironmentStatus>;
  /** The environment with this id unless it is retired. */
  find(id: string): ProcessSummary | null;
  /** The environment of this release unless it is retired. Waits for one that is just begun. */
  findOfRelease(service: string, releaseId: string): Promise<ProcessSummary | null>;
  /** Null when there is none. */
  facts(id: string): ProcessFacts | null;
  /** What its process has written, the last so many bytes; null when there is nothing. */
  recentOutput(id: string, bytes: number): string | null;
  /** SIGTERM, then SIGKILL, then its files but for the log. `pending` while that takes. */
  retire(id: string): 'retired' | 'pending';
  /**
   * To be called once, before anything else: finds what an earlier conductor left. What still runs and
   * is healthy is adopted; what was live and does not run is `down` until somebody revives it.
   */
  recover(): Promise<ProcessSummary[]>;
  /**
   * Starts an environment again from its kept files and waits until it is healthy. Its address changes
   * when its port is taken. No effect on what runs.
   * @throws ProvisionFailedError when it does not get healthy, was never ready, or is not known.
   */
  revive(id: string): Promise<EnvironmentRef>;
  /** Every environment that is not retired. */
  list(): ProcessSummary[];
  /** Ends every process for the conductor's orderly exit. They can be revived by the next one. */
  stopAll(): Promise<void>;
}

/** An environment whose artifact is just being brought in. */
interface Beginning {
  request: ProcessRequest;
  result: Promise<Supervised>;
}

/** A supervisor that knows nothing yet; see {@link ProcessSupervisor.recover}. */
export function createProcessSupervisor(options: SupervisorOptions): ProcessSupervisor {
  const { directory, baseDirectory, ids, log } = options;
  const environments = new Map<string, Supervised>();
  const beginning = new Map<string, Beginning>();
  const reviving = new Map<string, Promise<void>>();
  const stagingDirectory = join(directory, 'staging');
  const inherited = options.inheritedEnv ?? process.env;
  let isClosed = false;

  function directoryOf(id: string): string {
    return join(directory, 'environments', id);
  }

  function supervise(record: EnvironmentRecord): Supervised {
    return createSupervised(record, {
      directory: directoryOf(record.id),
      clock: options.clock,
      timers: options.timers,
      log,
      inherited,
      takenPorts: () => new Set(present().map(({ record: { port } }) => port)),
    });
  }

  function present(): Supervised[] {
    return [...environments.values()].filter(({ record }) => record.state !== 'retired');
  }

  function refOf({ record }: Supervised): EnvironmentRef {
    return toRef(record, directoryOf(record.id));
  }

  function summaryOf(environment: Supervised): ProcessSummary {
    const { service, releaseId, state, reason, restarts } = environment.record;
    return { ref: refOf(environment), service, releaseId, state, reason, restarts };
  }

  async function begin(id: string, request: ProcessRequest): Promise<Supervised> {
    const home = directoryOf(id);
    const app = join(home, 'app');
    // A conductor that was killed right here left files without a record.
    await rm(app, { recursive: true, force: true });
    const scratch = join(stagingDirectory, `${id}-${ids.next()}`);
    await stageArtifact({ artifact: request.artifact, baseDirectory, scratch, destination: app });
    await refuseMissingFolder(app, request);
    if (isClosed) throw refused(id, 'the conductor is shutting down; try again when it is back');
    const environment = supervise(newRecord(id, request));
    try {
      await environment.start();
    } catch (error) {
      await environment.shutDown();
      throw refused(id, `it cannot be started: ${messageOf(error)}`, error);
    }
    environments.set(id, environment);
    return environment;
  }

  /** One beginning per id, however many ask for it at once. */
  function beginOnce(id: string, request: ProcessRequest): Promise<Supervised> {
    const current = beginning.get(id);
    if (current) return current.result;
    const result = begin(id, request).finally(() => beginning.delete(id));
    beginning.set(id, { request, result });
    return result;
  }

  async function recoverOne(id: string): Promise<void> {
    try {
      const record = readRecord(join(directoryOf(id), 'environment.json'));
      if (!record || record.id !== id) return;
      const environment = supervise(record);
      environments.set(id, environment);
      await environment.adopt();
    } catch (error) {
      log.error(`${id} cannot be recovered`, { reason: messageOf(error) });
    }
  }

  function require(id: string): Supervised {
    const environment = environments.get(id);
    if (!environment) throw refused(id, 'there is no such environment; release its version again');
    return environment;
  }

  return {
    async provision(request) {
      const { service, artifact, releaseId } = request;
      const id = environmentId(service, artifact.version, releaseId);
      const environment = environments.get(id) ?? (await beginOnce(id, request));
      const { record } = environment;
      if (record.state === 'retired' || record.state === 'stopping')
        throw refused(id, 'this release had it removed; begin a new release');
      if (record.releaseId !== releaseId)
        throw refused(id, `release ${record.releaseId} has the same name; begin a new release`);
      return refOf(environment);
    },
    async status(ref) {
      const environment = environments.get(ref.id);
      if (environment) return environment.status(ref.address);
      return { state: 'gone', reason: 'is not known here', retryAfterSeconds: 1 };
    },
    find(id) {
      const found = present().find(({ record }) => record.id === id);
      return found ? summaryOf(found) : null;
    },
    async findOfRelease(service, releaseId) {
      const isWanted = ({ request }: Beginning) =>
        request.service === service && request.releaseId === releaseId;
      await [...beginning.values()].find(isWanted)?.result.catch(() => null);
      const found = present().find(
        ({ record }) => record.service === service && record.releaseId === releaseId,
      );
      return found ? summaryOf(found) : null;
    },
    facts(id) {
      const record = environments.get(id)?.record;
      return record && record.state !== 'retired' ? factsOf(record, inherited) : null;
    },
    recentOutput(id, bytes) {
      const record = environments.get(id)?.record;
      return record
        ? recentText(join(directoryOf(id), 'output.log'), record.logOffset, bytes)
        : null;
    },
    retire(id) {
      if (beginning.has(id)) return 'pending';
      return environments.get(id)?.retire() ?? 'retired';
    },
    async recover() {
      await rm(stagingDirectory, { recursive: true, force: true });
      const home = join(directory, 'environments');
      await mkdir(home, { recursive: true });
      const unknown = (await readdir(home)).filter((id) => !environments.has(id));
      await Promise.all(unknown.map(recoverOne));
      return present().map(summaryOf);
    },
    async revive(id) {
      const environment = require(id);
      const current = reviving.get(id) ?? environment.revive().finally(() => reviving.delete(id));
      reviving.set(id, current);
      await current;
      return refOf(environment);
    },
    list: () => present().map(summaryOf),
    async stopAll() {
      isClosed = true;
      await Promise.allSettled([...beginning.values()].map(({ result }) => result));
      await Promise.all([...environments.values()].map((environment) => environment.shutDown()));
    },
  };
}

function refused(id: string, reason: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError('ProvisionFailedError', `${id} cannot be made: ${reason}`, { cause });
}

function newRecord(id: string, request: ProcessRequest): EnvironmentRecord {
  const { service, releaseId, spec, artifact } = request;
  return {
    schema: 1,
    id,
    service,
    version: artifact.version,
    releaseId,
    uri: artifact.uri,
    spec,
    state: 'starting',
    reason: '',
    pid: null,
    port: 0,
    startedAtMs: 0,
    logOffset: 0,
    restarts: 0,
  };
}

/** Without this, a missing folder would look like a missing program. */
async function refuseMissingFolder(app: string, { artifact, spec }: ProcessRequest): Promise<void> {
  const folder = await stat(join(app, spec.workingDirectory)).catch(() => null);
  if (folder?.isDirectory()) return;
  await rm(app, { recursive: true, force: true });
  throw new VerdigrisError(
    'ArtifactInvalidError',
    `artifact ${artifact.uri} has no folder "${spec.workingDirectory}"; name one in environment.workingDirectory`,
    { details: { uri: artifact.uri } },
  );
}
