import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { checkCode } from './esbuild-checks.mjs';
import { lazySdk } from './esbuild-lazy-sdk.mjs';
import { zodPlugins } from './esbuild-zod.mjs';

/** Of package.json a function says its version; every other line of it would be in each bundle. */
const versionOnly = {
  name: 'package-version-only',
  setup(build) {
    build.onLoad({ filter: /[\\/]package\.json$/ }, async ({ path: file }) => {
      const isOurs = path.dirname(file) === path.dirname(import.meta.dirname);
      if (!isOurs) return undefined;
      const { version } = JSON.parse(await readFile(file, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/**
 * Puts the signer of CloudFront's key value stores into the bundles, though it is called `@aws-sdk/…`:
 * Lambda's runtime has the SDK's clients, not what they leave to others. As ES modules, of which
 * esbuild takes what is used, it is a quarter of what it is otherwise.
 */
export const bundledSigner = {
  name: 'sigv4a-bundled',
  setup(build) {
    build.onResolve(
      { filter: /^@(aws-sdk|smithy)\/signature-v4a?$/ },
      ({ path: name, kind, importer }) => {
        if (kind !== 'import-statement' && kind !== 'dynamic-import') return undefined;
        const require = createRequire(importer);
        const file = require.resolve(`${name}/package.json`);
        return { path: path.join(path.dirname(file), require(file).module), sideEffects: true };
      },
    );
  },
};

/**
 * Puts what a function imports only when it needs it (the adapters) into a folder of its own beside its
 * bundle, `functions/rollback.parts/`: by that name the packaging tool knows which archive it belongs to.
 */
const ownParts = {
  name: 'own-parts',
  setup({ initialOptions }) {
    const [entry] = initialOptions.entryPoints;
    const name = path.basename(entry, path.extname(entry));
    initialOptions.chunkNames = `${name}.parts/[name]-[hash]`;
  },
};

/**
 * Puts the console, bundled and compressed, where lib/platform/console-files.ts would bundle it: a Lambda
 * function has neither the sources nor a bundler.
 */
const finishedConsole = {
  name: 'console-files',
  setup(build) {
    build.onLoad({ filter: /[\\/]lib[\\/]platform[\\/]console-files\.ts$/ }, async () => {
      const { bundleConsole } = await import('../lib/platform/console-bundle.ts');
      const { page, assets } = await bundleConsole(build.esbuild);
      return { contents: consoleModule(page, assets), resolveDir: import.meta.dirname };
    });
  },
};

/** A module with the console's files as text. */
function consoleModule(page, assets) {
  const written = JSON.stringify({ page, assets }, (_, value) =>
    value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
  );
  return `const files = JSON.parse(${JSON.stringify(written)}, (_, value) =>
      typeof value?.base64 === 'string' ? new Uint8Array(Buffer.from(value.base64, 'base64')) : value);
    export const readConsoleFiles = async () => files;`;
}

export default [
  ownParts,
  ...zodPlugins,
  versionOnly,
  bundledSigner,
  checkCode,
  finishedConsole,
  lazySdk,
];
