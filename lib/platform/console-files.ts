import type { ConsoleFiles } from '../http/console.ts';
import { bundleConsole } from './console-bundle.ts';

/**
 * The console's files, bundled here and now: a checkout has no build step. esbuild is a process of its
 * own, which is ended afterwards. Packaging for AWS puts the finished files in the place of this module
 * (scripts/esbuild-plugins.mjs).
 * @throws esbuild's BuildFailure.
 */
export async function readConsoleFiles(): Promise<ConsoleFiles> {
  const esbuild = await import('esbuild');
  try {
    return await bundleConsole(esbuild);
  } finally {
    await esbuild.stop();
  }
}
