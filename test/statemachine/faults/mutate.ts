import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutants.ts';

const root = path.join(import.meta.dirname, '../../..');

type Change = Pick<Mutant, 'file' | 'from' | 'to'>;

/**
 * The texts of a mutant's files with its safeguard switched off, by path.
 * @throws Error when what it replaces is not there exactly once: then the mutant has grown old.
 */
export function mutate({ name, also = [], ...first }: Mutant): Map<string, string> {
  const change = ({ file, from, to }: Change): [string, string] => {
    const parts = readFileSync(path.join(root, file), 'utf8').split(from);
    if (parts.length === 2) return [path.join(root, file), parts.join(to)];
    throw new Error(
      `mutant ${name}: found ${parts.length - 1} times in ${file}, not once: ${from}`,
    );
  };
  return new Map([first, ...also].map(change));
}

/** Every later import in this process gets the mutant's files. */
export function installMutant(mutant: Mutant): void {
  const sources = mutate(mutant);
  registerHooks({
    load(url, context, next) {
      const source = url.startsWith('file:') ? sources.get(fileURLToPath(url)) : undefined;
      if (source === undefined) return next(url, context);
      return { format: 'module-typescript', shortCircuit: true, source };
    },
  });
}
