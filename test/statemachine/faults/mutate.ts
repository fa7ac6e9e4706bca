import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutants.ts';

const root = path.join(import.meta.dirname, '../../..');

/**
 * The text of a mutant's file with its safeguard switched off.
 * @throws Error when what it replaces is not there exactly once: then the mutant has grown old.
 */
export function mutate({ name, file, from, to }: Mutant): string {
  const parts = readFileSync(path.join(root, file), 'utf8').split(from);
  if (parts.length === 2) return parts.join(to);
  throw new Error(`mutant ${name}: found ${parts.length - 1} times in ${file}, not once: ${from}`);
}

/** Every later import in this process gets the mutant's file. */
export function installMutant(mutant: Mutant): void {
  const source = mutate(mutant);
  const target = path.join(root, mutant.file);
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || fileURLToPath(url) !== target) return next(url, context);
      return { format: 'module-typescript', shortCircuit: true, source };
    },
  });
}
