import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { messageOf } from '../../lib/release/errors.ts';
import { outputDirectory } from '../bench/output.ts';
import { hasApt, unpackPackages } from '../debian-packages.ts';
import { findProgram } from '../executable.ts';

/** A server's program. */
export interface Program {
  path: string;
  env: NodeJS.ProcessEnv;
  /** Where PowerDNS finds its backends; null where it knows that itself. */
  moduleDirectory: string | null;
}

/** The two servers of the laboratory: PowerDNS Authoritative Server and Unbound. */
export interface Programs {
  nameServer: Program;
  resolver: Program;
}

/** This machine has no DNS servers and can't get them. The message is one line. */
export class ServersMissingError extends Error {
  override name = 'ServersMissingError';
}

const packages = ['pdns-server', 'pdns-backend-lmdb', 'unbound'];
const unpacked = path.join(outputDirectory, 'dns-servers');

function onPath(name: string): Program | null {
  const found = findProgram([name], ['/usr/sbin', '/usr/local/sbin']);
  return found === undefined ? null : { path: found, env: process.env, moduleDirectory: null };
}

function fromPackages(name: string): Program {
  const [libraries = ''] = globSync(path.join(unpacked, 'usr/lib/*-linux-*'));
  const searched = [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return {
    path: path.join(unpacked, 'usr/sbin', name),
    env: { ...process.env, LD_LIBRARY_PATH: searched },
    moduleDirectory: path.join(libraries, 'pdns'),
  };
}

function installed(): Programs | null {
  const nameServer = onPath('pdns_server');
  const resolver = onPath('unbound');
  return nameServer && resolver ? { nameServer, resolver } : null;
}

/**
 * Finds PowerDNS and Unbound: installed ones, or else those of Debian's packages, which are unpacked
 * into `.verdigris-bench/dns-servers` once.
 *
 * @throws ServersMissingError where neither is possible.
 */
export function findPrograms(): Programs {
  const found = installed();
  if (found) return found;
  if (!existsSync(unpacked)) fetchPackages();
  return { nameServer: fromPackages('pdns_server'), resolver: fromPackages('unbound') };
}

function fetchPackages(): void {
  const need = 'the DNS laboratory needs PowerDNS (pdns_server, with LMDB) and Unbound';
  if (!hasApt()) {
    throw new ServersMissingError(`${need}, and there is no apt-get here to fetch them with`);
  }
  try {
    unpackPackages(packages, unpacked);
  } catch (error) {
    throw new ServersMissingError(`${need}: ${messageOf(error)}`);
  }
}
