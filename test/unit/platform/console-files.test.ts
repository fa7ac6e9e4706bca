import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readConsoleFiles } from '../../../lib/platform/console-files.ts';

describe('the bundle of the console', () => {
  it('names its files after their content, and compresses them', async () => {
    const { page, assets } = await readConsoleFiles();
    const text = new TextDecoder().decode(page.plain);
    const named = [...text.matchAll(/\b(?:src|href)="\/assets\/([^"]+)"/g)].map(([, it]) => it);

    expect(named.length).toBeGreaterThanOrEqual(2);
    for (const name of named) expect(Object.keys(assets)).toContain(name);
    for (const [name, file] of Object.entries(assets)) {
      expect(name).toMatch(/^[\w.-]+-[A-Z0-9]{8}\.(js|css|svg)$/);
      const { br, gzip } = file.compressed;
      if (br) expect(new Uint8Array(brotliDecompressSync(br))).toEqual(file.plain);
      if (gzip) expect(new Uint8Array(gunzipSync(gzip))).toEqual(file.plain);
    }
  });

  it('needs no inline script or style, which its policy forbids', async () => {
    const text = new TextDecoder().decode((await readConsoleFiles()).page.plain);

    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/);
  });
});
