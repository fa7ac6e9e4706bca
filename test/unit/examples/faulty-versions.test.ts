import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildVersion, faultyDirectory } from '../../../scripts/demo-checks/build.ts';
import { readFaults } from '../../../scripts/demo-checks/faults.ts';
import { isCheckKind, readChecks } from '../../../scripts/demo-checks/manifest.ts';

const faults = readFaults();
const checks = readChecks();
const folders = globSync('*/', { cwd: faultyDirectory }).filter(
  (name) => !['good', 'checks'].includes(path.basename(name)),
);
const built = mkdtempSync(path.join(tmpdir(), 'verdigris-versions-'));

afterAll(() => rmSync(built, { recursive: true, force: true }));

describe('the faults', () => {
  it('have a fault.yml in every folder, and a name of their own', () => {
    const named = faults.map(({ name }) => name).toSorted();
    expect(named).toEqual(folders.map((it) => path.basename(it)).toSorted());
    expect(named.length).toBeGreaterThan(2);
  });

  it.each(faults)('fit the good shop as it is now: $name', async ({ name }) => {
    await buildVersion(name, path.join(built, name));
  });

  it.each(faults)('have a check that is for them: $name', ({ kind, check }) => {
    if (!isCheckKind(kind)) return;
    const own = checks.filter((it) => it.kind === kind);
    const names = own.map(({ name }) => name ?? kind);
    expect(names).toContain(check);
  });

  it.each(faults)('differ from the good shop: $name', ({ name, manifest }) => {
    const folder = path.join(faultyDirectory, name);
    const files = globSync('**/*', { cwd: folder, withFileTypes: true })
      .filter((it) => it.isFile() && it.name !== 'fault.yml')
      .map((it) => path.relative(folder, path.join(it.parentPath, it.name)));
    const same = files.filter((file) => {
      const good = path.join(faultyDirectory, 'good', file);
      return existsSync(good) && readFileSync(good).equals(readFileSync(path.join(folder, file)));
    });
    expect(same).toEqual([]);
    expect(files.length + Object.keys(manifest).length).toBeGreaterThan(0);
  });
});

describe('the lists of checks', () => {
  const files = globSync('checks/*.yml', { cwd: faultyDirectory });

  it.each(files)('have one kind, that of their name: %s', (file) => {
    const kind = path.basename(file, '.yml');
    const text = readFileSync(path.join(faultyDirectory, file), 'utf8');
    const named = [...text.matchAll(/^-? *kind: ([\w-]+)$/gm)].map(([, name]) => name);
    expect(checks.some((check) => check.kind === kind)).toBe(true);
    expect(named).toContain(kind);
  });

  it('give every check a name of its own', () => {
    const names = checks.map(({ name, kind }) => name ?? kind);
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
  });
});
