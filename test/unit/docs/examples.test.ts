import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';

const root = path.join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** Every whole manifest that a page shows: blocks of YAML with a service. */
function shownIn(page: string): [page: string, manifest: unknown][] {
  const blocks = [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)];
  const manifests = blocks.map(([, text = '']) => text).filter((text) => /^service:/m.test(text));
  return manifests.map((text) => [page, parse(text)]);
}

const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].flatMap(shownIn);
const examples = globSync('examples/*/storefront.yml', { cwd: root }).map(
  (file) => [file, parse(read(file))] as const,
);

describe('manifests that are shown', () => {
  it('are found', () => {
    expect(pages.length).toBeGreaterThan(2);
    expect(examples.length).toBeGreaterThan(1);
  });

  it.each([...pages, ...examples])('are valid: %s', (_, manifest) => {
    expect(parseManifest(manifest, manifestKinds).service).toMatch(/^[a-z]/);
  });
});
