import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');
const { bundledSigner } = await import(
  pathToFileURL(path.join(root, 'scripts/esbuild-plugins.mjs')).href
);

const contents = `export const load = () => import('@aws-sdk/signature-v4a');`;

async function bundle(external: string[]) {
  const { outputFiles, metafile } = await build({
    ...{ stdin: { contents, resolveDir: root, sourcefile: 'lib/x.ts' }, external },
    ...{ bundle: true, minify: true, format: 'esm', platform: 'node', plugins: [bundledSigner] },
    ...{ write: false, metafile: true, logLevel: 'error' },
  });
  const [output] = Object.values(metafile.outputs);
  return { text: outputFiles[0]?.text ?? '', imports: output?.imports ?? [] };
}

describe('the signer of key value stores', () => {
  it.each([
    ['is outside', ['@aws-sdk/*']],
    ['is inside', []],
  ])('is in a bundle where the SDK %s, and small', async (_, external) => {
    const { text, imports } = await bundle(external);

    expect(imports.filter(({ path: name }) => !name.startsWith('node:'))).toEqual([]);
    expect(text).toContain('AWS4-ECDSA-P256-SHA256');
    expect(text.length).toBeLessThan(60_000);
  });
});
