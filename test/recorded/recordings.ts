import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { parse } from 'yaml';
import { type Machine, machines } from '../../lib/engine/engine.ts';
import type { Json, JsonObject } from '../../lib/release/json.ts';
import type { Tap } from './play.ts';

const folder = import.meta.dirname;
const shippedMachines = path.join(folder, '../../statemachines');

/** What a function of one version got in one call. A task token is written as `token`. */
export interface RecordedCall {
  function: string;
  /** Counts from 1, by function. */
  call: number;
  payload: JsonObject;
}

/** The calls of a scenario, as one version of Verdigris made them. */
export interface Recording {
  version: string;
  scenario: string;
  calls: RecordedCall[];
}

/** A call that gets what an older version wrote. */
export interface Replay {
  tap: Tap;
  /** Fields that today's payload has and the recorded one has not; null while the call was not made. */
  missing(): string[] | null;
}

/** Of each function the first call, and the second, which is often one after `pending`. */
const callsKept = 2;

/** Keeps what passes by. */
export function recorder(): { tap: Tap; calls: RecordedCall[] } {
  const calls: RecordedCall[] = [];
  return {
    calls,
    tap(key, call, payload) {
      if (call <= callsKept) {
        const kept = structuredClone(payload) as JsonObject;
        calls.push({
          function: key,
          call,
          payload: 'token' in kept ? { ...kept, token: 'token' } : kept,
        });
      }
      return payload;
    },
  };
}

/**
 * Gives one call the recorded payload instead of today's: as if the version before had done everything
 * up to here. The release's id and the task token are those of the release that runs.
 */
export function replay(recorded: RecordedCall): Replay {
  let missing: string[] | null = null;
  return {
    missing: () => missing,
    tap(key, call, payload) {
      if (key !== recorded.function || call !== recorded.call) return payload;
      const text = JSON.stringify(recorded.payload);
      const today = payload as JsonObject;
      const swapped = JSON.parse(text.replaceAll(idOf(recorded.payload), idOf(today)));
      // The record in the ledger is today's too, and by this time the ledger tells which is older.
      const { phaseSince } = documentOf(today);
      if (phaseSince !== undefined) documentOf(swapped).phaseSince = phaseSince;
      const known = new Set(pathsOf(swapped));
      missing = pathsOf(today).filter((it) => !known.has(it));
      return 'token' in today ? { ...swapped, token: today.token } : swapped;
    },
  };
}

/** `plan.watch.alarms` and so on; what is in a list goes by the name of the list. */
function pathsOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value)
    ? value.map((it): [string, unknown] => [path, it])
    : Object.entries(value).map(([key, it]): [string, unknown] => [`${path}.${key}`, it]);
  return [path, ...inner.flatMap(([below, it]) => pathsOf(it, below))];
}

function idOf(payload: JsonObject): string {
  return String(documentOf(payload).releaseId);
}

/** What a token step gets is the document and the token; all others get the document. */
function documentOf(payload: JsonObject): JsonObject {
  return ('document' in payload ? payload.document : payload) as JsonObject;
}

/** Writes a version anew: its recordings, and the state machines that they were made on. */
export function writeRecordings(version: string, recordings: readonly Recording[]): void {
  const directory = path.join(folder, version);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const recording of recordings) {
    const file = path.join(directory, `${recording.scenario}.json`);
    writeFileSync(file, `${JSON.stringify(recording, null, 2)}\n`);
  }
  cpSync(shippedMachines, path.join(directory, 'statemachines'), { recursive: true });
}

/** Every version's recordings. */
export function readRecordings(): Recording[] {
  const files = globSync('*/*.json', { cwd: folder }).sort();
  return files.map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
}

/** The state machines of a recorded version: a running execution keeps those that it began with. */
export function recordedDefinitions(version: string): Record<Machine, StateMachineDefinition> {
  const read = (machine: Machine) => {
    const file = path.join(folder, version, 'statemachines', `${machine}.asl.yml`);
    return [machine, parse(readFileSync(file, 'utf8'), { merge: true })] as const;
  };
  return Object.fromEntries(machines.map(read)) as Record<Machine, StateMachineDefinition>;
}

/** Functions that the Task states of these machines call. */
export function functionsOf(definitions: Record<Machine, StateMachineDefinition>): string[] {
  const states = Object.values(definitions).flatMap(({ States }) => Object.values(States));
  const keys = states.flatMap((state) => {
    const { Parameters } = state as { Parameters?: { FunctionName?: Json } };
    const name = Parameters?.FunctionName as { 'Fn::GetAtt': [string, string] } | undefined;
    return name ? [name['Fn::GetAtt'][0]] : [];
  });
  return [...new Set(keys)].sort();
}
