import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The functions that run checks. The others know no more of them than what a manifest may say. */
const running = ['validate', 'check'];
const plain = '?plain';

/**
 * Leaves what kinds of checks load on demand out of the functions that run no checks; and puts PostgreSQL's
 * parser, 1.7 MB of WebAssembly that lies beside its code, into the part of a bundle that asks for it.
 */
export const checkCode = {
  name: 'check-code',
  setup(build) {
    const [entry] = build.initialOptions.entryPoints;
    const name = path.basename(entry, path.extname(entry));
    build.initialOptions.loader = { ...build.initialOptions.loader, '.wasm': 'binary' };
    build.onResolve({ filter: /^\.\/[\w-]+\/[\w-]+\.ts$/ }, ({ path: file, kind, importer }) => {
      const isOfKind =
        kind === 'dynamic-import' && /[\\/]lib[\\/]checks$/.test(path.dirname(importer));
      if (!isOfKind || running.includes(name)) return undefined;
      return { path: file, namespace: 'left-out' };
    });
    build.onResolve({ filter: /^libpg-query$/ }, ({ importer }) => ({
      path: createRequire(importer)
        .resolve('libpg-query')
        .replace(/\.cjs$/, '.js'),
    }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: `throw new Error('the function ${name} runs no checks');`,
    }));
    build.onResolve({ filter: /^\.\/libpg-query\.js\?plain$/ }, ({ path: file, resolveDir }) => ({
      path: path.join(resolveDir, file.slice(0, -plain.length)),
      suffix: plain,
    }));
    build.onLoad({ filter: /[\\/]libpg-query\.js$/ }, async ({ path: file, suffix }) => {
      if (suffix !== plain) return { contents: withBinary, resolveDir: path.dirname(file) };
      // A module of a bundle has no folder, and what is looked for in it is already here.
      return { contents: `const __dirname = '';\n${await readFile(file, 'utf8')}` };
    });
  },
};

/** Emscripten's hook for those who load WebAssembly themselves. */
const withBinary = `
  const create = require('./libpg-query.js?plain');
  const binary = require('./libpg-query.wasm');
  module.exports = (options) => create({
    ...options,
    instantiateWasm(imports, done) {
      WebAssembly.instantiate(binary, imports).then(({ instance, module }) => done(instance, module));
      return {};
    },
  });`;
