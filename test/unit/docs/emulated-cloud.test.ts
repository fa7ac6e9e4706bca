import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { skippedGuarantees } from '../../../scripts/cloud/guarantees.ts';
import { readPage, root, tableRows } from './pages.ts';

const page = readPage('docs/emulated-cloud.md');
const sectionOf = (title: string) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';

/** Texts of the cloud tests that say what an emulator lacks. */
function reasonsIn(text: string): string[] {
  const found = text.matchAll(
    /'((?:MiniStack|moto)[^'\n]* (?:has|takes|ignores|answers) [^'\n]+)'/g,
  );
  return [...found].map(([, reason = '']) => reason);
}

describe('docs/emulated-cloud.md', () => {
  it('names what the demo says that an emulator cannot show, word for word', () => {
    const named = tableRows(sectionOf('What it cannot show')).map(([what]) => what);

    expect(named).toEqual(skippedGuarantees);
  });

  it('says of each what the emulator does, and what stands in for it', () => {
    const rows = tableRows(sectionOf('What it cannot show'));

    expect(rows.filter((cells) => cells.length !== 3 || cells.includes(''))).toEqual([]);
  });

  it('has every reason for which a cloud test is skipped, and no other', () => {
    const files = globSync('test/cloud/*.test.ts', { cwd: root });
    const reasons = new Set(files.flatMap((file) => reasonsIn(readPage(file))));
    const told = tableRows(sectionOf('What is skipped')).map(([, , why]) => why);

    expect(told.toSorted()).toEqual([...reasons].sort());
  });

  it('has the versions that are installed', () => {
    const pinned = readPage('scripts/emulators/requirements.txt');
    for (const name of ['ministack', 'moto']) {
      const version = new RegExp(`^${name}==(.+)$`, 'm').exec(pinned)?.[1] ?? '';
      expect(page.toLowerCase()).toMatch(new RegExp(`${name}\\]\\(\\S+\\)\\s${version}`));
    }
  });
});
