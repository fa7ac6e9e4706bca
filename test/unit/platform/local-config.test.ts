import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory } from '../../../lib/platform/directory-lock.ts';
import { readLocalConfig } from '../../../lib/platform/local-config.ts';
import { openLocalSecrets } from '../../../lib/platform/local-secrets.ts';
import { ensureToken } from '../../../lib/platform/local-token.ts';
import { signingSecretName } from '../../../lib/secrets/secrets.ts';

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
      publicUrl: null,
      requestsPerSecond: 100,
      access: { rules: [] },
      secretsFile: null,
    });
  });

  it('finds secrets.yml beside it, or the file that it names', () => {
    writeFileSync(path.join(directory, 'secrets.yml'), '');
    expect(config('').secretsFile).toBe(path.join(directory, 'secrets.yml'));
    expect(config('secrets: mine.yml').secretsFile).toBe(path.join(directory, 'mine.yml'));
  });

  it('takes the address that people reach it under, without a slash at the end', () => {
    const { publicUrl, api } = config('api: { publicUrl: "https://verdigris.example.com/v/" }');
    expect(publicUrl).toBe('https://verdigris.example.com/v');
    expect(api).toEqual({ host: '127.0.0.1', port: 7420 });
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
    ['api: { publicUrl: verdigris }', 'api.publicUrl: needs an address such as https://'],
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

describe('the secrets of a data directory', () => {
  const open = (text = '') => {
    mkdirSync(path.join(directory, '.verdigris'), { recursive: true });
    return openLocalSecrets(config(text));
  };

  it('hold a signing secret of their own, made once, readable by its owner only', async () => {
    const [first] = await (await open()).read(signingSecretName);
    const [second] = await (await open()).read(signingSecretName);
    const file = path.join(directory, '.verdigris', 'verdigris-signing');

    expect(first).toMatch(/^[0-9a-f]{72}$/);
    expect(second).toBe(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('are refused at once when others can read the file, or it is not there', async () => {
    await expect(open('secrets: nowhere.yml')).rejects.toThrow(/nowhere\.yml: does not exist/);
    const file = path.join(directory, 'secrets.yml');
    writeFileSync(file, 'github: 0123456789abcdef', { mode: 0o644 });
    await expect(open()).rejects.toThrow(`run: chmod 600 ${file}`);
  });

  it('name the file that a secret belongs into', async () => {
    const secrets = await open();
    await expect(secrets.read('github')).rejects.toThrow(
      `there is no secret "github"; write it into ${path.join(directory, 'secrets.yml')}`,
    );
  });
});
