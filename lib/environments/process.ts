import { z } from 'zod';
import type { Artifact } from '../release/artifact.ts';
import type { Timers } from '../release/clock.ts';
import { commandWords } from '../release/command.ts';
import type { EnvironmentRef } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import { localOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import { duration } from '../release/quantities.ts';
import type { Environment } from './environment.ts';
import type { EnvironmentKind } from './index.ts';
import type { LaunchSpec } from './process/record.ts';
import type { ProcessSupervisor } from './process/supervisor.ts';

const warmTimeoutMs = 5000;

const urlPath = z.string().regex(/^\/[^\s]*$/, 'needs a path that starts with /, such as /healthz');

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'needs a name of A-Z a-z 0-9 _, not starting with a digit')
  .refine((name) => !/^(PORT|HOST|VERDIGRIS_.*)$/.test(name), 'is set by Verdigris itself');

const relativeFolder = z
  .string()
  .refine(
    (path) => !/^([/\\]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes('..'),
    'needs a folder inside the artifact, without .. and not starting with /',
  );

const schema = z.strictObject({
  kind: z.literal('process'),
  command: commandWords.describe('Runs without a shell; `node` is the one that runs Verdigris'),
  healthPath: urlPath.default('/').describe('Answers 2xx once it takes requests'),
  readyWithin: duration.prefault('30s').describe('Afterwards a start has failed'),
  stopWithin: duration.prefault('10s').describe('From SIGTERM to SIGKILL'),
  env: z
    .record(variableName, z.string({ error: 'needs a string; quote numbers' }))
    .default({})
    .describe('Variables on top of those of the conductor'),
  workingDirectory: relativeFolder.default('').describe('Inside the artifact; its root if absent'),
  warm: z.array(urlPath).max(100).default([]).describe('Paths that are read once it is ready'),
});

/** What the process adapter needs besides its part of the manifest. */
export interface ProcessEnvironmentDeps {
  supervisor: ProcessSupervisor;
  timers: Timers;
  log: Logger;
}

/** Environments that are processes of this machine, each on a port of its own of 127.0.0.1. */
export const processKind: EnvironmentKind = {
  kind: 'process',
  schema,
  create(config, service, { supervisor, timers, log }) {
    if (supervisor) return createProcessEnvironment(config, service, { supervisor, timers, log });
    throw localOnly('environment', 'process', service);
  },
};

/** A process has its name from the start. */
export interface ProcessEnvironment extends Environment {
  provision(artifact: Artifact, releaseId: string): Promise<EnvironmentRef>;
}

/** The environments of one service; `config` is the manifest's part as it was written. */
export function createProcessEnvironment(
  config: AdapterConfig,
  service: string,
  { supervisor, timers, log }: ProcessEnvironmentDeps,
): ProcessEnvironment {
  const { warm, ...parsed } = schema.parse(config);
  const spec: LaunchSpec = {
    command: parsed.command,
    healthPath: parsed.healthPath,
    readyWithinSeconds: parsed.readyWithin,
    stopWithinSeconds: parsed.stopWithin,
    env: parsed.env,
    workingDirectory: parsed.workingDirectory,
  };
  return {
    provision: (artifact, releaseId) =>
      supervisor.provision({ service, artifact, releaseId, spec }),
    status: (ref) => supervisor.status(ref),
    async ofRelease(releaseId) {
      return (await supervisor.findOfRelease(service, releaseId))?.ref ?? null;
    },
    async lookup(environmentId) {
      const found = supervisor.find(environmentId);
      return found?.service === service ? found.ref : null;
    },
    async list() {
      const own = supervisor.list().filter((one) => one.service === service);
      return own.map(({ ref, releaseId }) => ({ ref, releaseId }));
    },
    async describe(ref) {
      return { ...supervisor.facts(ref.id) };
    },
    async warm(ref) {
      const { address } = ref;
      if (address === null) return;
      await Promise.all(warm.map((path) => visit(`${address}${path}`, timers, log)));
    },
    // One process has the capacity it has.
    async scale() {},
    async retire(ref) {
      return supervisor.retire(ref.id);
    },
  };
}

/** Reads an address to its end. What goes wrong is only worth a line: checks come afterwards. */
async function visit(url: string, timers: Timers, log: Logger): Promise<void> {
  const abort = new AbortController();
  const cancel = timers.after(warmTimeoutMs, () => abort.abort());
  try {
    const response = await fetch(url, { signal: abort.signal, redirect: 'manual' });
    await response.arrayBuffer();
  } catch (error) {
    log.warn(`${url} could not be warmed`, { reason: messageOf(error) });
  } finally {
    cancel();
  }
}
