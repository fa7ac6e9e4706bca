import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory } from '../../../lib/platform/directory-lock.ts';
import { readLocalConfig } from '../../../lib/platform/local-config.ts';
import { ensureToken } from '../../../lib/platform/local-token.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'verdigris-unit-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function config(text: string) {
  const file = path.join(directory, 'verdigris.yml');
  writeFileSync(file, text);
  return readLocalConfig(file);
}

describe('verdigris.yml', () => {
  it('has defaults for everything, with paths beside the file', () => {
    expect(config('')).toEqual({
      api: { host: '127.0.0.1', port: 7420 },
      dataDirectory: path.join(directory, '.verdigris'),
      manifestFiles: [],
      baseDirectory: directory,
    });
  });

  it('takes manifests, port and data directory', () => {
    const read = config('api: { port: 1234 }\ndata: state\nservices: [a.yml, sub/b.yml]\n');
    expect(read.api.port).toBe(1234);
    expect(read.dataDirectory).toBe(path.join(directory, 'state'));
    expect(read.manifestFiles).toEqual([
      path.join(directory, 'a.yml'),
      path.join(directory, 'sub/b.yml'),
    ]);
  });

  it.each([
    ['servces: []', 'servces: is not a known key; did you mean "services"?'],
    ['api: { prot: 1 }', 'api.prot: is not a known key; did you mean "port"?'],
    ['api: { port: 99999 }', 'api.port:'],
    ['services: [', /verdigris\.yml:1:\d+: Flow sequence .* end with a \]$/],
    ['api:\n  port: 1\n   host: x', /verdigris\.yml:\d:\d+: .+$/],
    ['- a list', 'needs an object'],
  ])('refuses %j, naming file and place', (text, reason) => {
    expect(() => config(text)).toThrow(reason);
    expect(() => config(text)).toThrow('verdigris.yml');
  });

  it('says what to do when it is missing', () => {
    const missing = path.join(directory, 'nowhere.yml');
    expect(() => readLocalConfig(missing)).toThrow(/nowhere\.yml: does not exist; create one/);
  });
});

describe('the token', () => {
  it('is made once, readable by its owner only, also when somebody opened it up', () => {
    const first = ensureToken(directory, () => 'a'.repeat(48));
    expect(ensureToken(directory, () => 'b'.repeat(48))).toBe(first);
    const file = path.join(directory, 'token');
    expect(readFileSync(file, 'utf8')).toBe(`${first}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('the claim on a data directory', () => {
  it('is refused while its owner lives, and taken over when that is gone', () => {
    const data = path.join(directory, 'data');
    mkdirSync(data);
    const file = path.join(data, 'conductor.pid');
    writeFileSync(file, `${process.ppid}\n`);
    expect(() => lockDirectory(data)).toThrow(`process id ${process.ppid}`);
    // No process has this id: it is above the largest that Linux and macOS give.
    writeFileSync(file, '99999999\n');
    const unlock = lockDirectory(data);
    expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`);
    unlock();
    expect(() => statSync(file)).toThrow('ENOENT');
  });
});
