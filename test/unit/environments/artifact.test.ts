import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from '../../../lib/environments/process/archive.ts';
import { stageArtifact } from '../../../lib/environments/process/artifact.ts';
import { digestOf, digestOfDirectory } from '../../../lib/environments/process/digest.ts';
import { openWorkshop, realIds, type Workshop } from './process-harness.ts';
import { type TarEntry, tar, tgz } from './tar-writer.ts';

let workshop: Workshop;
let base: string;

beforeAll(async () => {
  workshop = await openWorkshop();
  base = join(workshop.directory, 'artifacts');
  await mkdir(base, { recursive: true });
  await writeFile(join(workshop.directory, 'secret.txt'), 'not for artifacts');
});

afterAll(() => workshop.close());

async function stage(uri: string, digest?: string): Promise<string> {
  const destination = join(workshop.directory, 'staged', realIds.next());
  const scratch = join(workshop.directory, 'scratch', realIds.next());
  const artifact = { uri, version: '1', ...(digest ? { digest } : {}) };
  await stageArtifact({ artifact, baseDirectory: base, scratch, destination });
  return destination;
}

/** The error of a staging that must fail, after which nothing may be left. */
async function refusal(uri: string, digest?: string): Promise<Error> {
  const before = await folders();
  const error = await stage(uri, digest).then(
    () => new Error('it was accepted'),
    (thrown: Error) => thrown,
  );
  expect(await folders()).toEqual(before);
  return error;
}

async function folders(): Promise<string[]> {
  const lists = ['staged', 'scratch'].map((name) =>
    readdir(join(workshop.directory, name), { recursive: true }).catch(() => []),
  );
  return (await Promise.all(lists)).flat().sort();
}

async function archive(name: string, content: Buffer): Promise<string> {
  await writeFile(join(base, name), content);
  return name;
}

describe('a directory as an artifact', () => {
  it('is copied, so that later edits do not change what runs', async () => {
    const source = await workshop.app('copied', { 'server.mjs': 'one', 'lib/a.mjs': 'two' });
    const staged = await stage('copied');
    await writeFile(join(source, 'server.mjs'), 'edited');
    expect(await readFile(join(staged, 'server.mjs'), 'utf8')).toBe('one');
    expect(await readFile(join(staged, 'lib/a.mjs'), 'utf8')).toBe('two');
  });

  it('may be named by an absolute path or a file: URI', async () => {
    const source = await workshop.app('named');
    expect(existsSync(join(await stage(source), 'server.mjs'))).toBe(true);
    expect(existsSync(join(await stage(pathToFileURL(source).href), 'server.mjs'))).toBe(true);
  });

  it('is accepted with the digest that was printed for it', async () => {
    const source = await workshop.app('digested');
    expect(existsSync(await stage('digested', await digestOf(source)))).toBe(true);
  });

  it('keeps symbolic links that stay inside', async () => {
    const source = await workshop.app('linked', { 'real.txt': 'here' });
    await symlink('real.txt', join(source, 'alias.txt'));
    expect(await readFile(join(await stage('linked'), 'alias.txt'), 'utf8')).toBe('here');
  });

  it.each([
    ['outside', '../../../secret.txt', 'leads outside its directory'],
    ['absolute', '/etc/hostname', 'leads outside its directory'],
    ['dangling', 'nobody.txt', 'leads to nothing'],
  ])('is refused with a symbolic link that is %s', async (name, target, reason) => {
    const source = await workshop.app(`linked-${name}`);
    await symlink(target, join(source, 'link'));
    const error = await refusal(`linked-${name}`);
    expect(error.name).toBe('ArtifactInvalidError');
    expect(error.message).toContain(`holds the symbolic link "link", which ${reason}`);
  });
});

describe('the digest of a directory', () => {
  it('is the documented one', async () => {
    const source = await workshop.app('documented', { 'b.txt': 'B', 'a/c.txt': 'CC' });
    await symlink('b.txt', join(source, 'z'));
    const expected = createHash('sha256')
      .update('file\0a/c.txt\x002\0CC')
      .update('file\0b.txt\x001\0B')
      .update('link\0z\0b.txt\0')
      .digest('hex');
    expect(await digestOfDirectory(source)).toBe(`sha256:${expected}`);
  });

  it('changes with a byte and with a name', async () => {
    const digests = await Promise.all([
      workshop.app('d1', { 'a.txt': 'x' }).then(digestOf),
      workshop.app('d2', { 'a.txt': 'y' }).then(digestOf),
      workshop.app('d3', { 'b.txt': 'x' }).then(digestOf),
      workshop.app('d4', { 'a.txt': 'x' }).then(digestOf),
    ]);
    expect(new Set(digests.slice(0, 3)).size).toBe(3);
    expect(digests[3]).toBe(digests[0]);
  });
});

describe('an archive as an artifact', () => {
  it('is unpacked with folders, files, modes and inner links', async () => {
    const source = await workshop.app('packed', { 'server.mjs': 'one', 'bin/run.sh': 'two' });
    await symlink('../server.mjs', join(source, 'bin/alias'));
    await create({ file: join(base, 'packed.tgz'), gzip: true, cwd: source }, ['.']);
    const staged = await stage('packed.tgz', await digestOf(join(base, 'packed.tgz')));
    expect((await readdir(staged, { recursive: true })).sort()).toEqual([
      'bin',
      'bin/alias',
      'bin/run.sh',
      'server.mjs',
    ]);
    expect(await readFile(join(staged, 'bin/alias'), 'utf8')).toBe('one');
  });

  it('may hold a hard link to one of its own earlier files', async () => {
    const entries = [
      { path: 'a.txt', content: 'same' },
      { path: 'b.txt', type: '1', linkpath: 'a.txt' },
    ];
    const staged = await stage(await archive('hard.tar.gz', tgz(entries)));
    expect(await readFile(join(staged, 'b.txt'), 'utf8')).toBe('same');
  });

  it('can be removed again although it holds a folder that nobody may write', async () => {
    const entries = [
      { path: 'locked/', type: '5', mode: 0o555 },
      { path: 'locked/a.txt', content: 'x', mode: 0o444 },
    ];
    const staged = await stage(await archive('locked.tgz', tgz(entries)));
    await rm(staged, { recursive: true });
    expect(existsSync(staged)).toBe(false);
  });
});

describe('an artifact that cannot be used', () => {
  it('is refused when it is missing, with the place where it was looked for', async () => {
    const error = await refusal('nowhere.tgz');
    expect(error.name).toBe('ArtifactInvalidError');
    expect(error.message).toBe(
      `artifact nowhere.tgz is missing; looked for ${join(base, 'nowhere.tgz')}`,
    );
  });

  it.each(['s3://bucket/key.tgz', 'https://example.com/a.tgz', 'file://host/a.tgz'])(
    'is refused when it is not on this machine: %s',
    async (uri) => {
      const error = await refusal(uri);
      expect(error.name).toBe('ArtifactInvalidError');
      expect(error.message).toContain(uri);
    },
  );

  it('is refused when it is some other file', async () => {
    await writeFile(join(base, 'server.mjs'), 'alone');
    const error = await refusal('server.mjs');
    expect(error.message).toContain('name one of these');
    expect(error.name).toBe('ArtifactInvalidError');
  });

  it.each(['directory', 'archive'])('is refused with the wrong digest: %s', async (kind) => {
    await workshop.app('wrong');
    await archive('wrong.tgz', tgz([{ path: 'a.txt', content: 'x' }]));
    const uri = kind === 'archive' ? 'wrong.tgz' : 'wrong';
    const wrong = `sha256:${'0'.repeat(64)}`;
    const error = await refusal(uri, wrong);
    expect(error.name).toBe('ArtifactInvalidError');
    expect(error.message).toContain(
      `has the digest ${await digestOf(join(base, uri))}, not ${wrong}`,
    );
  });

  const good = tgz([{ path: 'a.txt', content: 'x'.repeat(5000) }]);
  const corrupt = tar([
    { path: 'a.txt', content: 'x' },
    { path: 'b.txt', content: 'y' },
  ]);
  corrupt.write('damage', 1024 + 20);
  it.each<[string, Buffer]>([
    ['text', Buffer.from('this is no archive, whatever its name says'.repeat(40))],
    ['empty', Buffer.alloc(0)],
    ['without entries', tgz([])],
    ['cut off inside gzip', good.subarray(0, good.length - 12)],
    ['cut off inside tar', tar([{ path: 'a.txt', content: 'x'.repeat(5000) }]).subarray(0, 2048)],
    ['with a wrong checksum', corrupt],
    ['with wrong compressed bytes', Buffer.concat([good.subarray(0, 20), Buffer.alloc(40, 7)])],
  ])('is refused when the archive is damaged: %s', async (name, content) => {
    const uri = await archive(`damaged-${name.replaceAll(' ', '-')}.tgz`, content);
    const error = await refusal(uri);
    expect(error.name).toBe('ArtifactInvalidError');
    expect(error.message).toContain(`artifact ${uri} `);
  });
});

describe('an archive that tries to leave its directory', () => {
  const long = 'x'.repeat(30);
  const fine = { path: 'server.mjs', content: 'fine' };
  const attacks: [string, TarEntry[], RegExp][] = [
    ['parent path', [{ path: '../evil.txt', content: 'x' }], /outside its directory/],
    ['inner parent path', [{ path: 'a/../../evil.txt', content: 'x' }], /outside its directory/],
    ['absolute path', [{ path: '/tmp/verdigris-evil', content: 'x' }], /outside its directory/],
    ['drive path', [{ path: 'C:/evil.txt', content: 'x' }], /outside its directory/],
    ['backslashes', [{ path: '..\\evil.txt', content: 'x' }], /outside its directory/],
    [
      'path in a pax header',
      [
        { path: 'pax', type: 'x', content: '20 path=../evil.txt\n' },
        { path: 'innocent.txt', content: 'x' },
      ],
      /outside its directory/,
    ],
    [
      'symbolic link to a parent',
      [{ path: 'up', type: '2', linkpath: '..' }],
      /symbolic link to ".."/,
    ],
    [
      'symbolic link to an absolute path',
      [{ path: 'etc', type: '2', linkpath: '/etc' }],
      /symbolic link to "\/etc"/,
    ],
    [
      'file through a symbolic link',
      [
        { path: 'inner/', type: '5', mode: 0o755 },
        { path: 'alias', type: '2', linkpath: 'inner' },
        { path: 'alias/evil.txt', content: 'x' },
      ],
      /through a symbolic link/,
    ],
    [
      'chain of symbolic links that are each inside as text',
      [
        { path: 'd/e/', type: '5', mode: 0o755 },
        { path: 'd/e/up', type: '2', linkpath: '..' },
        { path: 'out', type: '2', linkpath: 'd/e/up/../..' },
      ],
      /"out", which leads outside/,
    ],
    [
      'hard link to an absolute path',
      [{ path: 'passwd', type: '1', linkpath: '/etc/passwd' }],
      /hard link to "\/etc\/passwd"/,
    ],
    [
      'hard link to a parent',
      [{ path: 'secret', type: '1', linkpath: '../../secret.txt' }],
      /hard link to/,
    ],
    [
      'hard link through a symbolic link',
      [
        { path: 'd/', type: '5', mode: 0o755 },
        { path: 'alias', type: '2', linkpath: 'd' },
        { path: 'copy', type: '1', linkpath: 'alias/secret.txt' },
      ],
      /hard link to/,
    ],
    ['device', [{ path: 'null', type: '3' }], /of type CharacterDevice/],
    ['pipe', [{ path: 'pipe', type: '6' }], /of type FIFO/],
    ['unknown type', [{ path: 'odd', type: 'Z', content: long }], /of type/],
  ];
  it.each(attacks)('is refused as a whole: %s', async (name, entries, reason) => {
    const uri = await archive(`attack-${name.replaceAll(' ', '-')}.tgz`, tgz([fine, ...entries]));
    const error = await refusal(uri);
    expect(error.name).toBe('ArtifactInvalidError');
    expect(error.message).toMatch(reason);
    expect(existsSync('/tmp/verdigris-evil')).toBe(false);
    expect(existsSync(join(workshop.directory, 'evil.txt'))).toBe(false);
  });

  it('is refused when it would unpack to more than a disk should take', () => {
    const entry = { path: 'big', type: 'File', linkpath: undefined, sizeBytes: 3 * 1024 ** 3 };
    expect(refusalOf([entry])).toMatch(/2 GiB/);
  });
});
