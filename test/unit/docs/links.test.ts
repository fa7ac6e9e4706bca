import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage, root } from './pages.ts';

const pages = globSync('{*.md,docs/**/*.md,examples/**/*.md}', { cwd: root }).map((file) =>
  file.split(path.sep).join('/'),
);

/** Targets of inline links and images, outside code. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

function isRelative(target: string): boolean {
  return !/^[a-z]+:/.test(target);
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Why a link of a page leads nowhere, or undefined. */
function problemOf(page: string, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const full = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
  if (full.startsWith('..') || !existsSync(path.join(root, full))) return `${target}: no such file`;
  if (anchor === undefined || !full.endsWith('.md')) return undefined;
  return anchorsOf(readPage(full)).includes(anchor) ? undefined : `${target}: no such heading`;
}

describe('the pages', () => {
  it.each(pages)('%s links only to what exists', (page) => {
    const targets = linksOf(readPage(page)).filter(isRelative);

    expect(targets.flatMap((target) => problemOf(page, target) ?? [])).toEqual([]);
  });

  it('of docs are all in its index', () => {
    const index = linksOf(readPage('docs/README.md'));
    const missing = pages
      .filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
      .filter((page) => !index.includes(page.replace('docs/', '')));

    expect(missing).toEqual([]);
  });

  it('name a missing file and a missing heading', () => {
    expect(problemOf('docs/README.md', 'nowhere.md')).toContain('no such file');
    expect(problemOf('docs/README.md', 'cli.md#nowhere')).toContain('no such heading');
    expect(problemOf('docs/README.md', 'cli.md#exit-codes')).toBeUndefined();
    expect(linksOf('a [b](c.md) `[d](e.md)`')).toEqual(['c.md']);
  });
});
