import { describe, expect, it } from 'vitest';
import { createCommandLine } from '../../support/command-line.ts';
import { readPage, tableRows } from './pages.ts';

/** What the first table of docs/cli.md shows: `release SERVICE --artifact URI …`. */
const shown = tableRows(readPage('docs/cli.md').split('## Options')[0] ?? '').flatMap(
  ([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, syntax = '']) => syntax),
);

async function helpOf(...words: string[]): Promise<string> {
  const { verdigris, output } = createCommandLine('http://127.0.0.1:9');
  expect(await verdigris(...words, '--help')).toBe(0);
  return output.stdout;
}

/** The commands that a help text lists. */
function commandsIn(help: string): string[] {
  const list = help.split('Commands:')[1] ?? '';
  return [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name);
}

describe('docs/cli.md', () => {
  it('shows every command, and no other', async () => {
    const known = commandsIn(await helpOf()).filter((name) => name !== 'help');
    const names = new Set(shown.map((syntax) => syntax.split(' ')[0]));

    expect([...names].sort()).toEqual(known.sort());
  });

  it.each(shown)('shows only options that exist: %s', async (syntax) => {
    const words = /^[a-z]+(?: [a-z]+)*/.exec(syntax)?.[0].split(' ') ?? [];
    const options = syntax.match(/--[a-z-]+/g) ?? [];
    const help = await helpOf(...words);

    for (const option of options) expect(help).toContain(`${option}`);
  });
});
