import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { isExecutable } from './executable.ts';

/** What a command printed, and whether it ended well. */
interface Ran {
  isGood: boolean;
  stdout: string;
  /** Its last line on stderr. */
  complaint: string;
}

function run(command: string, args: string[], cwd: string): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  });
  const lines = (stderr ?? '').trim().split('\n');
  return {
    isGood: status === 0,
    stdout: stdout ?? '',
    complaint: error?.message ?? lines.at(-1) ?? `ended with ${status}`,
  };
}

/** The packages that apt would have to install: these ones and what they need and is not here. */
function closureOf(packages: readonly string[], cwd: string): Ran {
  return run('apt-get', ['--simulate', 'install', '--no-install-recommends', ...packages], cwd);
}

/** Looks again after `apt-get update` where package lists are missing and we may fetch them. */
function resolve(packages: readonly string[], cwd: string): string[] {
  let answer = closureOf(packages, cwd);
  if (!answer.isGood && process.getuid?.() === 0) {
    run('apt-get', ['update', '--quiet'], cwd);
    answer = closureOf(packages, cwd);
  }
  if (!answer.isGood) throw new Error(`apt-get: ${answer.complaint}`);
  return [...answer.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
}

/** Whether this machine has apt, and so may have Debian's packages. */
export function hasApt(): boolean {
  return isExecutable('/usr/bin/apt-get');
}

/**
 * Installs Debian packages, for which one has to be root.
 * @throws Error that says what apt complained about.
 */
export function installPackages(packages: readonly string[]): void {
  const arguments_ = ['install', '--yes', '--quiet', '--no-install-recommends', ...packages];
  let answer = run('apt-get', arguments_, '/');
  if (!answer.isGood) {
    run('apt-get', ['update', '--quiet'], '/');
    answer = run('apt-get', arguments_, '/');
  }
  if (!answer.isGood) throw new Error(`apt-get install: ${answer.complaint}`);
}

/**
 * Downloads Debian packages, and those that they need and this machine lacks, and unpacks them below
 * `directory`. Nothing is installed: no service is started, nothing outside of the folder changes, and
 * root is needed only where there are no package lists yet. apt checks the signatures.
 *
 * @throws Error that says what apt or dpkg complained about.
 */
export function unpackPackages(packages: readonly string[], directory: string): void {
  unpack(directory, (work) => download(resolve(packages, work), work));
}

/**
 * The same without what they need: for programs that stand alone.
 * @throws Error that says what apt or dpkg complained about.
 */
export function unpackAlone(packages: readonly string[], directory: string): void {
  unpack(directory, (work) => {
    try {
      download(packages, work);
    } catch (error) {
      if (process.getuid?.() !== 0) throw error;
      run('apt-get', ['update', '--quiet'], work);
      download(packages, work);
    }
  });
}

function download(names: readonly string[], work: string): void {
  const downloaded = run('apt-get', ['download', ...names], work);
  if (!downloaded.isGood) throw new Error(`apt-get download: ${downloaded.complaint}`);
}

function unpack(directory: string, fetchInto: (work: string) => void): void {
  mkdirSync(path.dirname(directory), { recursive: true });
  const work = mkdtempSync(`${directory}-`);
  try {
    fetchInto(work);
    for (const file of globSync('*.deb', { cwd: work })) {
      const unpacked = run('dpkg-deb', ['--extract', file, 'root'], work);
      if (!unpacked.isGood) throw new Error(`dpkg-deb: ${unpacked.complaint}`);
    }
    rmSync(directory, { recursive: true, force: true });
    renameSync(path.join(work, 'root'), directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
