import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

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

/** How zod writes JSON schemas: a fifth of it, which every schema refers to and hardly a function needs. */
const jsonSchemaParts = /[\\/]zod[\\/]v4[\\/]core[\\/](json-schema-processors|to-json-schema)\.js$/;
const real = '?real';
const loader = 'verdigris:zod-json-schema';
const place = 'verdigris:zod-json-schema-place';

/**
 * Puts stand-ins in the place of zod's writing of JSON schemas, which pass calls on to the real ones. Those
 * are loaded with whatever of ours names them: see {@link withUsedSchemasOnly}.
 */
const jsonSchemaLater = {
  name: 'zod-json-schema-later',
  setup(build) {
    build.onResolve({ filter: /^verdigris:zod-json-schema/ }, ({ path }) => ({
      path,
      namespace: 'zod-json-schema',
    }));
    build.onResolve({ filter: /\?real$/ }, ({ path }) => ({
      path: path.slice(0, -real.length),
      suffix: real,
    }));
    // The real ones belong together.
    build.onResolve(
      { filter: /^\.\/to-json-schema\.js$/ },
      async ({ path, importer, resolveDir }) => {
        if (!jsonSchemaParts.test(importer)) return undefined;
        const { path: file } = await build.resolve(path.replace('./', './../core/'), {
          kind: 'import-statement',
          resolveDir,
        });
        return { path: file, suffix: real };
      },
    );
    build.onLoad({ filter: jsonSchemaParts }, async ({ path, suffix }) => {
      if (suffix === real) return undefined;
      const names = Object.keys(await import(pathToFileURL(path).href));
      return { contents: `import { later } from '${place}';\n${names.map(standIn).join('\n')}` };
    });
    build.onLoad({ filter: /-place$/, namespace: 'zod-json-schema' }, () => ({
      contents: 'export const later = {};',
    }));
    build.onLoad({ filter: /-schema$/, namespace: 'zod-json-schema' }, async () => {
      const { path } = await build.resolve('zod/v4/core', {
        kind: 'import-statement',
        resolveDir: import.meta.dirname,
      });
      const file = (name) => JSON.stringify(path.replace(/index\.js$/, `${name}.js${real}`));
      return {
        contents: `import { later } from '${place}';
          import * as processors from ${file('json-schema-processors')};
          import * as conversion from ${file('to-json-schema')};
          Object.assign(later, processors, conversion);`,
        resolveDir: import.meta.dirname,
      };
    });
  },
};

/** `create…` is asked for a function with every schema, the others are called when it is needed. */
function standIn(name) {
  const call = name.startsWith('create')
    ? `(...args) => (...more) => later.${name}(...args)(...more)`
    : `(...args) => later.${name}(...args)`;
  return name === 'process'
    ? `const processLater = ${call};\nexport { processLater as process };`
    : `export const ${name} = ${call};`;
}

/**
 * Leaves out what of zod nobody uses, another third: esbuild sees through `import * as z`, but not
 * through the object `z` that zod exports, though both are the same. What writes JSON schemas brings
 * what that takes.
 */
const withUsedSchemasOnly = {
  name: 'zod-used-schemas-only',
  setup(build) {
    build.onLoad({ filter: /[\\/]lib[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const used = text.replace(/^import \{ z \} from 'zod';$/m, "import * as z from 'zod';");
      const writesSchemas = /\btoJSONSchema\b|\bfrom 'zod-openapi';/.test(text);
      const contents = writesSchemas ? `import '${loader}';\n${used}` : used;
      return contents === text ? undefined : { contents, loader: 'ts' };
    });
  },
};

export const zodPlugins = [withoutLocales, jsonSchemaLater, withUsedSchemasOnly];
