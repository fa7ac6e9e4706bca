import { parseArgs } from 'node:util';
import { messageOf } from '../../lib/release/errors.ts';

/** What `npm run demo:checks` was asked for. */
export interface Arguments {
  /** One JSON document on standard output and nothing else. */
  isJson: boolean;
  /** Names of faults; empty means all. */
  only: string[];
  /** So many releases of the good shop instead of faults; null means faults. */
  runs: number | null;
  /** Only builds a version, into this folder; null means no. */
  build: string | null;
}

/** What cannot be asked for. The message is one line. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const most = 1000;

/** @throws UsageError */
export function readArguments(args: readonly string[]): Arguments {
  const { json, only, runs, build } = parse(args);
  if (runs !== undefined && only.length > 0)
    throw new UsageError('--runs releases the good shop only: leave out --only');
  if (build !== undefined && only.length > 1)
    throw new UsageError('--build builds one version: name one with --only, or none');
  return {
    isJson: json,
    only,
    runs: runs === undefined ? null : wholeNumber(runs),
    build: build ?? null,
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        runs: { type: 'string' },
        build: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    const known = 'it knows --json, --only FAULT, --runs N and --build FOLDER';
    throw new UsageError(`${messageOf(error).split('. ')[0]}; ${known}`);
  }
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new UsageError(`--runs is "${text}"; it needs a whole number from 1 to ${most}`);
}
