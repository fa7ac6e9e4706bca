import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Loads a package of the AWS SDK with the first use of something from it, not with the function. All
 * of the conductor's adapters are in every bundle, but a function uses a few: without this each would
 * load seven SDK packages before it starts. Every export becomes a stand-in that asks for the package
 * when it is constructed, called or looked into (also by `instanceof`).
 */
export const lazySdk = {
  name: 'aws-sdk-lazy',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/(client|lib)-/ }, ({ path, kind, importer }) => {
      // Only our own imports: packages that are bundled go on importing each other as they do.
      if (kind !== 'import-statement' || importer.includes('node_modules')) return undefined;
      return { path, namespace: 'aws-sdk-lazy', sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: 'aws-sdk-lazy' }, ({ path }) => ({
      contents: standIns(path),
      resolveDir: import.meta.dirname,
    }));
  },
};

/** A module with the exports of a package; esbuild drops those that nobody imports. */
function standIns(name) {
  const names = Object.keys(require(name)).filter((it) => /^[A-Za-z_$][\w$]*$/.test(it));
  const exported = names.map((it) => `export const ${it} = /* @__PURE__ */ standIn('${it}');`);
  return `let sdk;
    const load = (name) => (sdk ??= require('${name}'))[name];
    const standIn = (name) => new Proxy(function () {}, {
      construct: (_, args) => Reflect.construct(load(name), args),
      apply: (_, self, args) => Reflect.apply(load(name), self, args),
      get: (_, key) => load(name)[key],
    });
    ${exported.join('\n')}`;
}
