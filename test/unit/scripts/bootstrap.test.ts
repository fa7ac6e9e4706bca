import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript without types: it runs before anything is installed
import { isInstalled } from '../../../scripts/bootstrap.mjs';

const script = path.join(import.meta.dirname, '../../../scripts/bootstrap.mjs');
const wanted = {
  '': { name: 'verdigris' },
  'node_modules/zod': { version: '4.0.0' },
  'node_modules/only-on-windows': { version: '1.0.0', optional: true },
};

let root: string;

function write(file: string, packages: object): void {
  writeFileSync(path.join(root, file), JSON.stringify({ packages }));
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'verdigris-bootstrap-'));
  mkdirSync(path.join(root, 'node_modules'));
  write('package-lock.json', wanted);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('what bootstrap takes for installed', () => {
  it('is what the lockfile says, packages for other platforms aside', () => {
    write('node_modules/.package-lock.json', { 'node_modules/zod': { version: '4.0.0' } });

    expect(isInstalled(root)).toBe(true);
  });

  it('is not an install that was interrupted before npm wrote its record', () => {
    expect(isInstalled(root)).toBe(false);
  });

  it('is not a record that was cut off', () => {
    writeFileSync(path.join(root, 'node_modules/.package-lock.json'), '{"packages": {');

    expect(isInstalled(root)).toBe(false);
  });

  it('is not an older version than the lockfile asks for', () => {
    write('node_modules/.package-lock.json', { 'node_modules/zod': { version: '3.9.0' } });

    expect(isInstalled(root)).toBe(false);
  });

  it('is not an install without a package that was added since', () => {
    write('node_modules/.package-lock.json', {});

    expect(isInstalled(root)).toBe(false);
  });

  it('is not an optional package of another version', () => {
    write('node_modules/.package-lock.json', {
      'node_modules/zod': { version: '4.0.0' },
      'node_modules/only-on-windows': { version: '0.9.0', optional: true },
    });

    expect(isInstalled(root)).toBe(false);
  });
});

describe('bootstrap', () => {
  it('names its tasks on stderr and ends with 2 when it is given none of them', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'launch'], {
      encoding: 'utf8',
    });

    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      'demo | demo:checks | demo:cloud | cloud | test | bench | bench:dns | bench:faults | bench:judge | bench:kill | verdigris',
    );
  });
});
