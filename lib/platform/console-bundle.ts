import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { BuildOptions, BuildResult } from 'esbuild';
import type { ConsoleEncoding, ConsoleFile, ConsoleFiles } from '../http/console.ts';

const consoleFolder = path.join(import.meta.dirname, '../../console');

/** What esbuild is asked for; the same on both platforms. */
const options = {
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'esm',
  splitting: true,
  platform: 'browser',
  // What Vite calls widely available: Baseline of 2025.
  target: ['chrome107', 'edge107', 'firefox104', 'safari16'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  loader: { '.svg': 'copy' },
  outdir: 'assets',
  publicPath: '/assets',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  logLevel: 'silent',
} as const satisfies BuildOptions;

/** The part of esbuild's API that is needed. */
export interface Bundler {
  build(options: BuildOptions): Promise<BuildResult>;
}

/**
 * Bundles the console: what its page names (`src` and `href` of files beside it), and what those
 * import. In the page that is served the names are those of the bundles.
 * @throws esbuild's BuildFailure.
 */
export async function bundleConsole(
  bundler: Bundler,
  folder = consoleFolder,
): Promise<ConsoleFiles> {
  const source = await readFile(path.join(folder, 'index.html'), 'utf8');
  const entryPoints = [...source.matchAll(reference)].map(([, , name = '']) => name);
  const built = await bundler.build({ ...options, absWorkingDir: folder, entryPoints });
  const { outputs = {} } = built.metafile ?? {};
  const names = new Map(
    Object.entries(outputs).map(([file, { entryPoint }]) => [entryPoint, path.basename(file)]),
  );
  const page = source.replace(
    reference,
    (_, attribute: string, name: string) => `${attribute}="/assets/${names.get(name)}"`,
  );
  const assets = (built.outputFiles ?? []).map(({ path: file, contents }) => {
    const name = path.basename(file);
    return [name, fileOf(name, Uint8Array.from(contents))] as const;
  });
  return {
    page: fileOf('index.html', new TextEncoder().encode(page)),
    assets: Object.fromEntries(assets),
  };
}

/** `src="./main.tsx"` */
const reference = /\b(src|href)="(?:\.\/)?([\w-]+\.(?:tsx|css|svg))"/g;

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

function fileOf(name: string, plain: Uint8Array<ArrayBuffer>): ConsoleFile {
  const type = types[path.extname(name)] ?? 'application/octet-stream';
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { type, etag: `W/"${digest}"`, plain, compressed: compress(plain) };
}

/** Once and as well as it goes, so that no request waits for it. */
function compress(plain: Uint8Array): ConsoleFile['compressed'] {
  const found: [ConsoleEncoding, Uint8Array][] = [
    ['br', new Uint8Array(brotliCompressSync(plain))],
    ['gzip', new Uint8Array(gzipSync(plain, { level: 9 }))],
  ];
  return Object.fromEntries(found.filter(([, bytes]) => bytes.length < plain.length));
}
