import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environmentKinds } from '../../../lib/environments/index.ts';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import { type Manifest, parseManifest } from '../../../lib/release/manifest.ts';
import { routerKinds } from '../../../lib/routers/index.ts';
import { kindPage } from '../../../scripts/reference.ts';
import { readPage, root, tableRows } from './pages.ts';

/** Every whole manifest that a page shows: blocks of YAML with a service. */
function shownIn(page: string): [page: string, manifest: unknown][] {
  const blocks = [...readPage(page).matchAll(/```yaml\n([\s\S]*?)```/g)];
  const manifests = blocks.map(([, text = '']) => text).filter((text) => /^service:/m.test(text));
  return manifests.map((text) => [page, parse(text)]);
}

const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].flatMap(shownIn);
const folders = globSync('examples/*/', { cwd: root })
  .map((folder) => path.basename(folder))
  .toSorted();

const textOf = (folder: string) => readPage(`examples/${folder}/storefront.yml`);
const manifestOf = (folder: string) => parseManifest(parse(textOf(folder)), manifestKinds);
const examples = folders.map((folder) => [folder, parse(textOf(folder))] as const);

describe('manifests that are shown', () => {
  it('are found', () => {
    expect(pages.length).toBeGreaterThan(2);
    expect(examples.length).toBeGreaterThan(1);
  });

  it.each([...pages, ...examples])('are valid: %s', (_, manifest) => {
    expect(parseManifest(manifest, manifestKinds).service).toMatch(/^[a-z]/);
  });
});

/** The routers of a manifest: those of a composite one, and itself. */
function routersOf({ router }: Manifest): AdapterConfig[] {
  return [router, ...((router.routers as AdapterConfig[] | undefined) ?? [])];
}

/** What an example releases by: environments, routers and the parts of routers. */
function kindsOf(folder: string): string[] {
  const manifest = manifestOf(folder);
  const routers = routersOf(manifest).map(({ kind }) => kindPage('router', kind));
  return [kindPage('environment', manifest.environment.kind), ...routers];
}

const kinds = [
  ...environmentKinds.map(({ kind }) => kindPage('environment', kind)),
  ...routerKinds.map(({ kind }) => kindPage('router', kind)),
];

describe('the examples', () => {
  it.each(kinds)('have one that releases by %s', (page) => {
    expect(folders.filter((folder) => kindsOf(folder).includes(page))).not.toEqual([]);
  });

  it.each(folders)('say at the top what it is that they release: %s', (folder) => {
    expect(textOf(folder)).toMatch(/^# .{20,}\n/);
  });

  it('have a row each in their table, with the pages of their kinds', () => {
    const rows = tableRows(readPage('examples/README.md'));
    const told = rows.map(([name = '', , ...cells]) => ({
      folder: /\((.+?)\/storefront\.yml\)/.exec(name)?.[1],
      pages: [...cells.join().matchAll(/\(\.\.\/docs\/(.+?)\)/g)].map(([, page]) => page).sort(),
    }));

    expect(told.toSorted((a, b) => `${a.folder}`.localeCompare(`${b.folder}`))).toEqual(
      folders.map((folder) => ({ folder, pages: kindsOf(folder).sort() })),
    );
  });
});

interface Template {
  Parameters: Record<string, { Default?: unknown }>;
  Outputs: Record<string, unknown>;
}

/** CloudFormation's own tags, `!Sub`, are read as plain text. */
function templateOf(folder: string): Template {
  const file = path.join(root, 'examples', folder, 'template.yml');
  expect(existsSync(file), `${folder} has its template beside it`).toBe(true);
  return parse(readFileSync(file, 'utf8'), { logLevel: 'silent' });
}

const stacks = folders.filter(
  (folder) => manifestOf(folder).environment.kind === 'cloudformation-stack',
);

describe('the template of an example', () => {
  it.each(stacks)('has the outputs that its manifest names: %s', (folder) => {
    const outputs = manifestOf(folder).environment.outputs as Record<string, string>;

    expect(Object.keys(templateOf(folder).Outputs).sort()).toEqual(Object.values(outputs).sort());
  });

  it.each(stacks)('gets the parameters that it needs, and no other: %s', (folder) => {
    const { parameters, versionParameter } = manifestOf(folder).environment;
    const given = [...Object.keys(parameters as object), `${versionParameter}`];
    const { Parameters } = templateOf(folder);
    const needed = Object.keys(Parameters).filter(
      (name) => !('Default' in (Parameters[name] ?? {})),
    );

    expect(given.filter((name) => !(name in Parameters))).toEqual([]);
    expect(needed.filter((name) => !given.includes(name))).toEqual([]);
  });
});
