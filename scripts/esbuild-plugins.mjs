import { readFile } from 'node:fs/promises';
import { lazySdk } from './esbuild-lazy-sdk.mjs';

/**
 * Leaves zod's messages in other languages out of the Lambda bundles: zod re-exports them as one
 * namespace, which no bundler can shake, and they are half of a bundle. zod itself
 * imports English by name.
 */
const withoutLocales = {
  name: 'zod-without-locales',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export {};',
    }));
  },
};

/**
 * Leaves out what of zod nobody uses, another third: esbuild sees through `import * as z`, but not
 * through the object `z` that zod exports, though both are the same.
 */
const withUsedSchemasOnly = {
  name: 'zod-used-schemas-only',
  setup(build) {
    build.onLoad({ filter: /[\\/]lib[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(/^import \{ z \} from 'zod';$/m, "import * as z from 'zod';");
      return contents === text ? undefined : { contents, loader: 'ts' };
    });
  },
};

export default [withoutLocales, withUsedSchemasOnly, lazySdk];
