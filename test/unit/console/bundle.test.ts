import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ConsoleFiles } from '../../../lib/http/console.ts';
import { bundleConsole } from '../../../lib/platform/console-bundle.ts';

/** A console that is slow to load is not looked at in an outage. */
const budgetBytes = 100 * 1024;

const root = path.join(import.meta.dirname, '../../..');

let files: ConsoleFiles;
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const parts = () => [files.page, ...Object.values(files.assets)].map(({ plain }) => textOf(plain));

beforeAll(async () => {
  files = await bundleConsole(esbuild);
});

describe('the console as it is served', () => {
  it('is well below 100 KB, compressed', () => {
    const total = parts().reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
    console.log(`console: ${(total / 1024).toFixed(1)} KB gzipped, of 100 KB`);

    expect(total).toBeLessThan(budgetBytes / 2);
  });

  it('asks no other host for anything', () => {
    const addresses = parts().flatMap((text) => text.match(/(?:https?:)?\/\/[\w.-]+\.\w+/g) ?? []);
    const foreign = addresses.filter((it) => !it.endsWith('//www.w3.org'));

    expect(foreign).toEqual([]);
  });

  it('needs nothing that its policy forbids: no eval, no style in the page', () => {
    const [page = '', ...assets] = parts();

    expect(page).not.toMatch(/\sstyle=|<style|\son\w+=|<script>/);
    expect(assets.some((text) => /\beval\(|new Function\b/.test(text))).toBe(false);
  });

  it('writes no text of anybody as HTML', () => {
    const sources = globSync('console/**/*.{ts,tsx}', { cwd: root });
    const writing = sources.filter((file) =>
      /innerHTML|InnerHTML|insertAdjacentHTML|document\.write/.test(
        readFileSync(path.join(root, file), 'utf8'),
      ),
    );

    expect(sources.length).toBeGreaterThan(30);
    expect(writing).toEqual([]);
  });
});
