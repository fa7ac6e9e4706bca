import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { EnvironmentRef } from '../../release/document.ts';
import { openRegular } from './regular-file.ts';

/** How a process is started, judged and stopped. */
const launchSpec = z.strictObject({
  /** Words; `node` as the first stands for the node that runs Verdigris. */
  command: z.array(z.string()).min(1),
  healthPath: z.string(),
  readyWithinSeconds: z.number(),
  stopWithinSeconds: z.number(),
  env: z.record(z.string(), z.string()),
  /** Relative, inside the artifact; empty for its root. */
  workingDirectory: z.string(),
});
export type LaunchSpec = z.output<typeof launchSpec>;

/**
 * `starting`: not ready yet. `live`: was ready, and is started again when it dies. `down`: was live, not
 * running until it is revived. `failed`: died or timed out before it was ready. `stopping`, `retired`:
 * on its way out, and out.
 */
const processStates = ['starting', 'live', 'down', 'failed', 'stopping', 'retired'] as const;
export type ProcessState = (typeof processStates)[number];

const recordSchema = z.strictObject({
  schema: z.literal(1),
  id: z.string(),
  service: z.string(),
  version: z.string(),
  releaseId: z.string(),
  uri: z.string(),
  spec: launchSpec,
  state: z.enum(processStates),
  /** Why it is in this state, for people. */
  reason: z.string(),
  /** The process, which is also the leader of its group; null when none runs. */
  pid: z.int().min(2).nullable(),
  /** 0 until it was first started. */
  port: z.int(),
  /** Milliseconds since the epoch at which this process was started. */
  startedAtMs: z.number(),
  /** Where in output.log the output of this process begins, in bytes. */
  logOffset: z.int(),
  /** Of the Node.js by which it was started, if by one; absent in records of earlier conductors. */
  nodeVersion: z.string().optional(),
  /** How often it was started again after an unexpected end. */
  restarts: z.int(),
});

/** One environment as its `environment.json` keeps it, so that the next conductor finds it. */
export type EnvironmentRecord = z.output<typeof recordSchema>;

/** Replaces the file in one step: a reader sees the old record or the new one. Mode 0600. */
export function writeRecord(file: string, record: EnvironmentRecord): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The record, or null when there is none. @throws Error when the file is damaged. */
export function readRecord(file: string): EnvironmentRecord | null {
  let descriptor: number;
  try {
    descriptor = openRegular(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return recordSchema.parse(JSON.parse(readFileSync(descriptor, 'utf8')));
  } finally {
    closeSync(descriptor);
  }
}

/** `<service>-<version>-<6 hex digits of the release>`: the same release always gets the same id. */
export function environmentId(service: string, version: string, releaseId: string): string {
  const hex = createHash('sha256').update(releaseId).digest('hex').slice(0, 6);
  return `${service}-${version}-${hex}`.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-');
}

/** Base URL of a process's port. */
export function addressOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The environment as the release document carries it. */
export function toRef(record: EnvironmentRecord, directory: string): EnvironmentRef {
  return {
    id: record.id,
    kind: 'process',
    version: record.version,
    address: record.port === 0 ? null : addressOf(record.port),
    attributes: {
      pid: record.pid === null ? '' : String(record.pid),
      port: String(record.port),
      directory,
    },
  };
}
