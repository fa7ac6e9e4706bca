import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
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
    esbuild: Required<Pick<BuildOptions, 'format' | 'target' | 'banner' | 'splitting'>>;
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
    const { file, bytes } = await bundle(handler, join(directory, name), service);
    functions[name] = {
      kilobytes: round(bytes / 1024),
      importMs: await coldImport(file, isQuick ? 1 : 5),
    };
  }
  const kilobytes = Math.max(...Object.values(functions).map((it) => it.kilobytes));
  const importMs = Math.max(...Object.values(functions).map((it) => it.importMs));
  return {
    what: 'What a Lambda function loads at its start, minified; cold import (largest and slowest)',
    measured: `${Math.ceil(kilobytes)} KB; ${Math.round(importMs)} ms`,
    budget: `≤ ${budget.kilobytes} KB; ≤ ${budget.importMs} ms`,
    isMet: kilobytes <= budget.kilobytes && importMs <= budget.importMs,
    figures: { functions },
  };
}

async function bundle(
  handler: string,
  outdir: string,
  { custom, params }: ServiceFile,
): Promise<{ file: string; bytes: number }> {
  const { format, target, banner, splitting } = custom.esbuild;
  const plugins = await readPlugins();
  const { metafile } = await build({
    ...{ format, target, banner, splitting, plugins, outdir },
    entryPoints: [join(root, handler.replace(/\.\w+$/, '.ts'))],
    external: params.default.runtimePackages,
    bundle: true,
    minify: true,
    platform: 'node',
    legalComments: 'none',
    outExtension: { '.js': '.mjs' },
    metafile: true,
  });
  const [entry = ''] =
    Object.entries(metafile.outputs).find(([, it]) => it.entryPoint?.includes('functions/')) ?? [];
  return { file: resolve(entry), bytes: bytesAtStart(metafile, entry) };
}

/** A file and what it imports before it runs; adapters are loaded when a manifest names them. */
function bytesAtStart({ outputs }: Metafile, entry: string): number {
  const seen = new Set([entry]);
  for (const file of seen) {
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && path in outputs) seen.add(path);
  }
  return [...seen].reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0);
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
