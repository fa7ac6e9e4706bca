import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { parse } from 'yaml';
import { median, round } from './numbers.ts';
import { outputDirectory } from './output.ts';
import type { BenchOptions, Measurement } from './row.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const budget = { kilobytes: 300, importMs: 150 };

/** What we read of serverless.yml. */
interface ServiceFile {
  params: { default: { runtimePackages: string[] } };
  custom: {
    esbuild: Required<Pick<BuildOptions, 'format' | 'target' | 'banner'>>;
  };
  functions: Record<string, { handler: string }>;
}

/**
 * Bundles every Lambda function with the options of serverless.yml and imports each in a new process
 * several times. The AWS SDK, which the runtime brings, is outside the bundle; what a function imports
 * of it when it starts is part of the import's time.
 */
export async function measureBundles({ isQuick }: BenchOptions): Promise<Measurement> {
  const directory = join(outputDirectory, 'bundles');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  // Aliases like `!Sub` mean nothing here.
  const service: ServiceFile = parse(readFileSync(join(root, 'serverless.yml'), 'utf8'), {
    logLevel: 'silent',
  });
  const functions: Record<string, { kilobytes: number; importMs: number }> = {};
  for (const [name, { handler }] of Object.entries(service.functions)) {
    const file = await bundle(handler, join(directory, `${name}.mjs`), service);
    functions[name] = {
      kilobytes: round(statSync(file).size / 1024),
      importMs: await coldImport(file, isQuick ? 1 : 5),
    };
  }
  const kilobytes = Math.max(...Object.values(functions).map((it) => it.kilobytes));
  const importMs = Math.max(...Object.values(functions).map((it) => it.importMs));
  return {
    what: 'Lambda bundle per function, minified; cold import (largest and slowest)',
    measured: `${Math.ceil(kilobytes)} KB; ${Math.round(importMs)} ms`,
    budget: `≤ ${budget.kilobytes} KB; ≤ ${budget.importMs} ms`,
    isMet: kilobytes <= budget.kilobytes && importMs <= budget.importMs,
    figures: { functions },
  };
}

async function bundle(
  handler: string,
  outfile: string,
  { custom, params }: ServiceFile,
): Promise<string> {
  const { format, target, banner } = custom.esbuild;
  const plugins = await readPlugins();
  await build({
    ...{ format, target, banner, plugins, outfile },
    entryPoints: [join(root, handler.replace(/\.\w+$/, '.ts'))],
    external: params.default.runtimePackages,
    bundle: true,
    minify: true,
    platform: 'node',
    legalComments: 'none',
  });
  return outfile;
}

/** The plugins that packaging uses. JavaScript, for the packaging tool, so without types. */
async function readPlugins(): Promise<Plugin[]> {
  const { href } = new URL('../esbuild-plugins.mjs', import.meta.url);
  return ((await import(href)) as { default: Plugin[] }).default;
}

/** Milliseconds, the median of so many new processes. */
async function coldImport(file: string, times: number): Promise<number> {
  const script = `const start = performance.now();
    await import(${JSON.stringify(pathToFileURL(file).href)});
    console.log(performance.now() - start);`;
  const measured: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    measured.push(Number(stdout.trim().split('\n').at(-1)));
  }
  return round(median(measured));
}
