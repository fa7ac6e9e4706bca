import { fileURLToPath } from 'node:url';

/** Where a run leaves its JSON and its bundles. Ignored by git, made when it is needed. */
export const outputDirectory = fileURLToPath(new URL('../../.verdigris-bench', import.meta.url));
