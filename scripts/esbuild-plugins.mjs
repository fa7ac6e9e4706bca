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

export default [withoutLocales];
