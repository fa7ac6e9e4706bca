import { globSync, realpathSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { messageOf } from '../../lib/release/errors.ts';
import { outputDirectory } from '../bench/output.ts';
import { hasApt, installPackages, unpackPackages } from '../debian-packages.ts';
import { findProgram, isExecutable } from '../executable.ts';

/** The programs of PostgreSQL, and the environment that they need. */
export interface PostgresPrograms {
  postgres: string;
  initdb: string;
  env: NodeJS.ProcessEnv;
}

/** This machine has no PostgreSQL and can't get it. The message is one line. */
export class PostgresMissingError extends Error {
  override name = 'PostgresMissingError';
}

/** Names the folder of the programs where they are somewhere else. */
const variable = 'VERDIGRIS_POSTGRES';
const packages = ['postgresql'];
const unpacked = path.join(outputDirectory, 'postgresql');
/** Where Debian, Red Hat, Homebrew and the unpacked package have them; servers are seldom on PATH. */
const folders = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/usr/local/opt/postgresql@*/bin',
  path.join(unpacked, 'usr/lib/postgresql/*/bin'),
];

/**
 * Finds PostgreSQL: in the folder that VERDIGRIS_POSTGRES names, on PATH, where packages put it, or unpacked
 * in `.verdigris-bench/postgresql`; null where there is none. Of several versions the newest.
 * @throws PostgresMissingError when the variable names none.
 */
export function findPostgres(): PostgresPrograms | null {
  const named = process.env[variable];
  if (named) {
    const programs = programsIn(named);
    if (programs) return programs;
    throw new PostgresMissingError(`${variable} is ${named}, which has no postgres and initdb`);
  }
  const onPath = findProgram(['postgres']);
  const candidates = [
    ...(onPath ? [path.dirname(realpathSync(onPath))] : []),
    ...folders.flatMap((pattern) => globSync(pattern).sort(newestFirst)),
  ];
  return candidates.map(programsIn).find((it) => it !== null) ?? null;
}

/**
 * Finds PostgreSQL, or else gets that of Debian: installed where we are root, since its server then runs as
 * another user who has to reach it, else unpacked into a folder of the checkout, once.
 * @throws PostgresMissingError where that is not possible.
 */
export function preparePostgres(): PostgresPrograms {
  const found = findPostgres();
  if (found) return found;
  const need = 'databases are tried on PostgreSQL';
  if (!hasApt()) {
    const way = `install it, or name its bin folder in ${variable} (there is no apt-get here)`;
    throw new PostgresMissingError(`${need}; ${way}`);
  }
  console.error('Fetching PostgreSQL (once, about a minute) …');
  try {
    if (process.getuid?.() === 0) installPackages(packages);
    else unpackPackages(packages, unpacked);
  } catch (error) {
    throw new PostgresMissingError(`${need}: ${messageOf(error)}`);
  }
  const programs = findPostgres();
  if (!programs) throw new PostgresMissingError(`${need}, and Debian's package brought none`);
  return programs;
}

/** Why nothing can be tried on a database here, in one line, or null. Gets PostgreSQL where it can. */
export function whyNoPostgres(): string | null {
  try {
    preparePostgres();
    return null;
  } catch (error) {
    if (error instanceof PostgresMissingError) return error.message;
    throw error;
  }
}

function programsIn(folder: string): PostgresPrograms | null {
  const [postgres, initdb] = [path.join(folder, 'postgres'), path.join(folder, 'initdb')];
  if (!isExecutable(postgres) || !isExecutable(initdb)) return null;
  return { postgres, initdb, env: environmentFor(folder) };
}

/** What was unpacked has its libraries beside it. */
function environmentFor(folder: string): NodeJS.ProcessEnv {
  const base = { PATH: process.env.PATH, LC_ALL: 'C' };
  if (!folder.startsWith(unpacked)) return base;
  const libraries = globSync(path.join(unpacked, 'usr/lib/*-linux-*'));
  return { ...base, LD_LIBRARY_PATH: libraries.join(':') };
}

function newestFirst(left: string, right: string): number {
  return right.localeCompare(left, 'en', { numeric: true });
}
