import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const root = path.join(import.meta.dirname, '../..');
const bin = path.join(root, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin');

/** A program of the Python environment that scripts/bootstrap.mjs prepares: its path. */
export function pythonTool(name: string): string {
  return path.join(bin, process.platform === 'win32' ? `${name}.exe` : name);
}

/** Why this machine has no emulated cloud, or null. */
export function whyNoPython(): string | null {
  const wanted = readFileSync(path.join(root, 'scripts/emulators/requirements.txt'), 'utf8');
  const stamp = path.join(root, '.venv/requirements.txt');
  if (!existsSync(stamp)) {
    return 'needs Python 3.10 or later with venv, and its package index: .venv is not there';
  }
  if (readFileSync(stamp, 'utf8') === wanted) return null;
  return '.venv is not what scripts/emulators/requirements.txt says; run npm test';
}
