import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type Machine, machines } from '../../lib/engine/engine.ts';

/** A retrier or a catcher. */
export interface Handling {
  ErrorEquals: string[];
  MaxAttempts?: number;
  BackoffRate?: number;
  JitterStrategy?: string;
  ResultPath?: string | null;
  Next?: string;
}

export interface Rule {
  And?: Rule[];
  Variable?: string;
  StringEquals?: string;
  BooleanEquals?: boolean;
  IsPresent?: boolean;
  IsNull?: boolean;
  Next?: string;
}

export interface State {
  Type: string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Choices?: Rule[];
  Error?: string;
  TimeoutSeconds?: number;
  TimeoutSecondsPath?: string;
  Parameters?: { FunctionName: unknown };
  Retry?: Handling[];
  Catch?: Handling[];
}

export interface Definition {
  StartAt: string;
  TimeoutSeconds?: number;
  States: Record<string, State>;
}

/** The state machines as they are shipped, each a fresh copy. */
export function readDefinition(machine: Machine): Definition {
  const file = path.join(import.meta.dirname, `../../statemachines/${machine}.asl.yml`);
  return JSON.parse(JSON.stringify(parse(readFileSync(file, 'utf8'), { merge: true })));
}

/** Every state of every machine, as `[machine.State, state, machine]`. */
export function allStates(): [string, State, Machine][] {
  return machines.flatMap((machine) =>
    Object.entries(readDefinition(machine).States).map(
      ([name, state]): [string, State, Machine] => [`${machine}.${name}`, state, machine],
    ),
  );
}

export function allTasks(): [string, State, Machine][] {
  return allStates().filter(([, state]) => state.Type === 'Task');
}
