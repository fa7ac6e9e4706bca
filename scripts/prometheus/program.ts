import path from 'node:path';
import process from 'node:process';
import { messageOf } from '../../lib/release/errors.ts';
import { outputDirectory } from '../bench/output.ts';
import { hasApt, unpackAlone } from '../debian-packages.ts';
import { findProgram, isExecutable } from '../executable.ts';

/** This machine has no Prometheus and can't get it. The message is one line. */
export class PrometheusMissingError extends Error {
  override name = 'PrometheusMissingError';
}

/** Names the program where it is somewhere else. */
const variable = 'VERDIGRIS_PROMETHEUS';
const unpacked = path.join(outputDirectory, 'prometheus');

/**
 * Finds Prometheus: the one that VERDIGRIS_PROMETHEUS names, one on PATH, or the one that was unpacked into
 * `.verdigris-bench/prometheus`; null where there is none.
 * @throws PrometheusMissingError when the variable names none.
 */
export function findPrometheus(): string | null {
  const named = process.env[variable];
  if (named) {
    if (isExecutable(named)) return named;
    throw new PrometheusMissingError(`${variable} is ${named}, which cannot be started`);
  }
  return findProgram(['prometheus'], [path.join(unpacked, 'usr/bin')]) ?? null;
}

/**
 * Finds Prometheus, or else unpacks that of Debian into a folder of the checkout, once. It is never
 * installed: Debian's package would start a server for the whole machine.
 * @throws PrometheusMissingError where that is not possible.
 */
export function preparePrometheus(): string {
  const found = findPrometheus();
  if (found) return found;
  const need = 'metrics of Prometheus are tried on a real one';
  if (!hasApt()) {
    const way = `install it, or name the program in ${variable} (there is no apt-get here)`;
    throw new PrometheusMissingError(`${need}; ${way}`);
  }
  console.error('Fetching Prometheus (once, some seconds) …');
  try {
    unpackAlone(['prometheus'], unpacked);
  } catch (error) {
    throw new PrometheusMissingError(`${need}: ${messageOf(error)}`);
  }
  const program = findPrometheus();
  if (!program) throw new PrometheusMissingError(`${need}, and Debian's package brought none`);
  return program;
}

/** Why nothing can be tried on a Prometheus here, in one line, or null. Gets it where it can. */
export function whyNoPrometheus(): string | null {
  try {
    preparePrometheus();
    return null;
  } catch (error) {
    if (error instanceof PrometheusMissingError) return error.message;
    throw error;
  }
}
