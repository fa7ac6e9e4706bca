import { listenersOf } from './listeners.ts';
import { memoryBytes } from './os-process.ts';
import type { EnvironmentRecord } from './record.ts';

/** Facts of a process, without the values of its variables. */
export interface ProcessFacts {
  command: string[];
  /** Of `node` commands; null for other programs. */
  nodeVersion: string | null;
  /** The largest heap that `--max-old-space-size` allows, in MiB; null where nobody limits it. */
  maxHeapMb: number | null;
  workingDirectory: string;
  healthPath: string;
  readyWithinSeconds: number;
  stopWithinSeconds: number;
  /** Names of those that Verdigris and the manifest set. */
  variables: string[];
  /** Which of them are empty. */
  emptyVariables: string[];
  /** Names of those that it gets from the conductor, and that are not empty. */
  inheritedVariables: string[];
  memoryBytes: number | null;
  /** Where it takes connections, such as `127.0.0.1:8080`; null where that can't be told. */
  listeners: string[] | null;
  /** Those that are no concern of another environment. */
  ownFacts: string[];
}

const setByVerdigris = [
  'HOST',
  'PORT',
  'VERDIGRIS_ENVIRONMENT',
  'VERDIGRIS_SERVICE',
  'VERDIGRIS_VERSION',
];

/** @param inherited What the conductor gives it besides. */
export function factsOf(record: EnvironmentRecord, inherited: NodeJS.ProcessEnv): ProcessFacts {
  const { spec, pid, nodeVersion = process.version } = record;
  const { command, healthPath, workingDirectory, readyWithinSeconds, stopWithinSeconds } = spec;
  const names = Object.keys(spec.env);
  return {
    command,
    nodeVersion: command[0] === 'node' ? nodeVersion : null,
    maxHeapMb: heapLimitIn([...command, spec.env.NODE_OPTIONS ?? '']),
    workingDirectory,
    healthPath,
    readyWithinSeconds,
    stopWithinSeconds,
    variables: [...setByVerdigris, ...names].sort(),
    emptyVariables: names.filter((name) => spec.env[name] === '').sort(),
    inheritedVariables: inheritedNames(inherited),
    memoryBytes: pid === null ? null : memoryBytes(pid),
    listeners: pid === null ? [] : listenersOf(pid),
    ownFacts: ['inheritedVariables', 'memoryBytes', 'listeners'],
  };
}

/** The last one counts, as it does for Node.js. */
function heapLimitIn(words: string[]): number | null {
  const found = [...words.join(' ').matchAll(/--max[-_]old[-_]space[-_]size[= ](\d+)/g)];
  const size = found.at(-1)?.[1];
  return size === undefined ? null : Number(size);
}

function inheritedNames(inherited: NodeJS.ProcessEnv): string[] {
  const names = Object.keys(inherited).filter((name) => !name.startsWith('VERDIGRIS_'));
  return names.filter((name) => inherited[name]).sort();
}
