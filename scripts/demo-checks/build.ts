import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '../..');
/** Where the good shop and its faults lie. */
export const faultyDirectory = path.join(root, 'examples/faulty');

/** Packages that are CommonJS ask for `require`, which a module does not have. */
const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/**
 * Builds a version of the shop that needs nothing but Node.js: the good one, with the files of a fault over
 * it, and `server.mjs` bundled. What is not code lies beside it.
 *
 * @param overlay - a folder of `examples/faulty`, or null for the good shop
 * @param destination - is made where it does not exist
 * @throws Error when there is no such fault or it cannot be bundled
 */
export async function buildVersion(overlay: string | null, destination: string): Promise<void> {
  const layers = ['good', overlay].flatMap((name) => (name === null ? [] : [folderOf(name)]));
  const sources = mkdtempSync(path.join(tmpdir(), 'verdigris-shop-'));
  try {
    for (const layer of layers) {
      cpSync(layer, sources, { recursive: true });
      cpSync(layer, destination, { recursive: true, filter: isNoCode });
    }
    await bundle(sources, destination);
  } finally {
    rmSync(sources, { recursive: true, force: true });
  }
}

function folderOf(name: string): string {
  const folder = path.join(faultyDirectory, name);
  const isFolder = path.dirname(folder) === faultyDirectory && existsSync(folder);
  if (!isFolder) throw new Error(`there is no ${name} in ${faultyDirectory}`);
  return folder;
}

function isNoCode(file: string): boolean {
  return !file.endsWith('.mjs') && path.basename(file) !== 'fault.yml';
}

async function bundle(sources: string, destination: string): Promise<void> {
  await build({
    entryPoints: [path.join(sources, 'server.mjs')],
    outfile: path.join(destination, 'server.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    nodePaths: [path.join(root, 'node_modules')],
    // Faster drivers that both packages can do without.
    external: ['pg-native', 'bufferutil', 'utf-8-validate'],
    banner: { js: banner },
    logLevel: 'silent',
  });
}
