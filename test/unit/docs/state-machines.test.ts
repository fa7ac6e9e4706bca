import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { machines } from '../../../lib/engine/engine.ts';
import { readPage, root, tableRows } from './pages.ts';
import { drawnEdges, isLoopPart, readMachine } from './state-machine-edges.ts';

const page = readPage('docs/state-machines.md');
const sectionOf = (machine: string) => page.split(`\n## ${machine}\n`)[1]?.split('\n## ')[0] ?? '';

describe('docs/state-machines.md', () => {
  it.each(machines)('draws the %s machine as it is shipped', (machine) => {
    const drawn = [...sectionOf(machine).matchAll(/^ {2}(\S+ --> \S+)$/gm)].map(([, edge]) => edge);

    expect(drawn.toSorted()).toEqual(drawnEdges(readMachine(machine)));
  });

  it.each(machines)(
    'tells of every state of the %s machine that is more than a loop',
    (machine) => {
      const { States, StartAt } = readMachine(machine);
      const told = tableRows(sectionOf(machine)).map(([name = '']) => name.replaceAll('`', ''));
      const wanted = Object.keys(States).filter(
        (name) => name === StartAt || !isLoopPart(name, { States, StartAt }),
      );

      expect(told.toSorted()).toEqual(wanted.toSorted());
    },
  );

  it('names only steps that exist', () => {
    const steps = tableRows(page).flatMap(([, step = '']) => /`(.+\.ts)`/.exec(step)?.[1] ?? []);

    expect(steps.length).toBeGreaterThan(12);
    expect(steps.filter((step) => !existsSync(path.join(root, 'lib/steps', step)))).toEqual([]);
  });
});

describe('docs/rules.md', () => {
  const rows = tableRows(readPage('docs/rules.md'));

  it('has the eleven rules in their order', () => {
    expect(rows.map(([number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it.each(rows)('names tests for rule %s that exist: %s', (...cells) => {
    const tests = [...(cells[3] ?? '').matchAll(/\]\(\.\.\/(\S+?)\) "([^"]+)"/g)];

    expect(tests.length).toBeGreaterThan(0);
    for (const [, file = '', name] of tests) expect(readPage(file)).toContain(`'${name}'`);
  });
});
