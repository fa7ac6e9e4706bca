import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fileLocation,
  findText,
  longestFileBytes,
  mostFiles,
  readText,
} from '../../../lib/checks/check-files.ts';
import { createArtifactFiles } from '../../../lib/checks/files/artifact.ts';
import { createObjectFiles, type ObjectsApi } from '../../../lib/checks/files/objects.ts';

const { signal } = new AbortController();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'verdigris-files-'));
  await mkdir(path.join(directory, 'app/recordings'), { recursive: true });
  await writeFile(path.join(directory, 'app/recordings/a.har'), 'a recording');
  await writeFile(path.join(directory, 'environment.json'), 'not for checks');
  await symlink('../environment.json', path.join(directory, 'app/link'));
  await symlink('recordings', path.join(directory, 'app/kept'));
  await symlink('..', path.join(directory, 'app/above'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const refOf = (attributes: Record<string, string>, kind = 'process') => ({
  ...{ id: 'shop-2', kind, version: '2', address: null, attributes },
});

describe('files of the artifact', () => {
  const files = () => createArtifactFiles(directory);
  const read = (location: string, attributes: Record<string, string> = { directory }) =>
    readText(files(), location, refOf(attributes), signal);
  const list = async (folder: string) =>
    (await files().open(refOf({ directory }), signal)).list(folder);

  it('are read from where green runs', async () => {
    expect(await read('recordings/a.har')).toBe('a recording');
    expect(await read('./recordings/../recordings/a.har')).toBe('a recording');
    expect(await read('kept/a.har')).toBe('a recording');
  });

  it.each([
    ['recordings/b.har', "is not among the artifact's files"],
    ['recordings/a.har/b', "is not among the artifact's files"],
    ['recordings', "is not among the artifact's files"],
    ['../environment.json', 'is not inside the artifact'],
    ['link', 'is not inside the artifact'],
  ])('do not have %s', async (location, reason) => {
    await expect(read(location)).rejects.toMatchObject({
      name: 'ConfigInvalidError',
      message: expect.stringContaining(`${location} ${reason}`),
    });
  });

  it('are listed, those of folders below with them', async () => {
    expect(await list('.')).toEqual(['recordings/a.har']);
    expect(await list('kept')).toEqual(['a.har']);
    expect(await list('nothing')).toEqual([]);
    expect(await list('recordings/a.har')).toEqual([]);
    await expect(list('..')).rejects.toThrow('.. is not inside the artifact');
    await expect(list('above')).rejects.toThrow('above is not inside the artifact');
  });

  it('are no objects of S3', async () => {
    await expect(read('s3://bucket/a.har')).rejects.toThrow('s3://bucket/ can be read on AWS only');
  });

  it('are not there where green has no artifact, and not endless', async () => {
    await expect(read('a.har', {})).rejects.toThrow('shop-2 has no artifact on this machine');
    const stranger = refOf({ directory }, 'prebuilt');
    await expect(readText(files(), 'a.har', stranger, signal)).rejects.toThrow('has no artifact');
    await writeFile(path.join(directory, 'app/long'), Buffer.alloc(longestFileBytes + 1));
    await expect(read('long')).rejects.toThrow(`at most ${longestFileBytes} are read`);
    await rm(path.join(directory, 'app/long'));
  });

  it('are no pipes and devices, which would be waited for for ever', async () => {
    const app = path.join(directory, 'app');
    execFileSync('mkfifo', [path.join(app, 'pipe')]);
    await symlink('/dev/zero', path.join(app, 'endless'));
    await expect(read('pipe')).rejects.toThrow("is not among the artifact's files");
    await expect(read('endless')).rejects.toThrow('is not inside the artifact');
    expect(await list('.')).toEqual(['recordings/a.har']);
    expect(await read('recordings/a.har')).toBe('a recording');
    await rm(path.join(app, 'pipe'));
    await rm(path.join(app, 'endless'));
  });

  it('are not counted to the end where there are too many', async () => {
    const crowd = path.join(directory, 'app/crowd');
    await mkdir(crowd);
    const names = Array.from({ length: mostFiles + 1 }, (_, i) => path.join(crowd, String(i)));
    await Promise.all(names.map((name) => writeFile(name, '')));
    await expect(list('crowd')).rejects.toThrow(`at most ${mostFiles} are read`);
    await rm(crowd, { recursive: true });
  });

  it('are not read where the platform has none', async () => {
    const reading = findText(undefined, 'a.har', refOf({ directory }), signal);
    await expect(reading).rejects.toMatchObject({ name: 'KindUnavailableError' });
  });
});

describe('files of an artifact that is not provisioned yet', () => {
  const open = (uri: string) => createArtifactFiles(directory).open({ uri, version: '2' }, signal);

  it('are those of its folder', async () => {
    for (const uri of ['app', `file://${directory}/app`])
      expect(await (await open(uri)).list('recordings')).toEqual(['a.har']);
  });

  it.each([
    ['s3://files/a.zip', 'is not on this machine'],
    ['environment.json', 'is no folder'],
    ['nothing', 'is no folder'],
  ])('are not there in %s', async (uri, reason) => {
    await expect(open(uri)).rejects.toThrow(`${uri} ${reason}`);
  });
});

/** A bucket with these objects, two keys a page. */
function bucketOf(objects: Record<string, string>): ObjectsApi {
  const send = async (command: unknown) => {
    if (command instanceof ListObjectsV2Command) {
      const { Prefix = '', ContinuationToken = '0' } = command.input;
      const keys = Object.keys(objects).filter((key) => key.startsWith(Prefix));
      const start = Number(ContinuationToken);
      const next = start + 2 < keys.length ? String(start + 2) : undefined;
      const Contents = keys.slice(start, start + 2).map((Key) => ({ Key }));
      return { Contents, NextContinuationToken: next };
    }
    if (!(command instanceof GetObjectCommand)) throw new Error('what is this?');
    const text = objects[command.input.Key ?? ''];
    if (text === undefined) throw called('NoSuchKey');
    const Body = { transformToString: async () => text };
    return { ContentLength: text === 'huge' ? 1e9 : text.length, Body };
  };
  return { send } as unknown as ObjectsApi;
}

const failing = (error: Error) => ({ send: () => Promise.reject(error) }) as unknown as ObjectsApi;
const called = (name: string) => Object.assign(new Error('said so'), { name });

describe('objects', () => {
  const objects = {
    'shop/2/migrations/0001.sql': 'one',
    'shop/2/migrations/sub/0002.sql': 'two',
    'shop/2/migrations/0003.sql': 'three',
    'shop/2/migrations/': '',
    'shop/2/other.txt': 'huge',
    'shop/1/migrations/0001.sql': 'old',
  };
  const reading = (location: string, client = bucketOf(objects)) =>
    readText(
      createObjectFiles(() => client),
      location,
      refOf({}),
      signal,
    );
  const folder = (client = bucketOf(objects)) =>
    createObjectFiles(() => client).open({ bucket: 'files', keyPrefix: 'shop/2/' }, signal);

  it('are read by their address, in which the version may stand', async () => {
    expect(await reading('s3://files/shop/1/migrations/0001.sql')).toBe('old');
    expect(await reading('s3://files/shop/{version}/migrations/0001.sql')).toBe('one');
  });

  it('are a folder by what their keys begin with', async () => {
    const { list, read, place } = await folder();
    expect(place).toBe('s3://files/shop/2/');
    expect(await list('migrations')).toEqual(['0001.sql', '0003.sql', 'sub/0002.sql']);
    expect(await list('nothing')).toEqual([]);
    expect(await read('migrations/0001.sql')).toBe('one');
    expect(await read('migrations/0009.sql')).toBeNull();
  });

  it.each<[string, Error | undefined, string, string]>([
    ['a.har', undefined, 'ConfigInvalidError', 'shop-2 has no files that could be read here'],
    ['s3://files', undefined, 'ConfigInvalidError', 'is no object; use s3://bucket/key'],
    ['s3://files/none', undefined, 'ConfigInvalidError', 's3://files/none is not there'],
    ['s3://files/shop/2/other.txt', undefined, 'ConfigInvalidError', 'has 1000000000 bytes'],
    ['s3://b/a', called('AccessDenied'), 'ConfigInvalidError', 'allow s3:GetObject'],
    ['s3://b/a', called('SlowDown'), 'ThrottledError', 'S3 asks for patience'],
    ['s3://b/a', called('TimeoutError'), 'ThrottledError', 'S3 does not answer'],
  ])('called %s with %s are told as %s', async (location, error, name, reason) => {
    const told = reading(location, error && failing(error));
    await expect(told).rejects.toMatchObject({ name, message: expect.stringContaining(reason) });
  });

  it('are not listed without leave', async () => {
    const { list } = await folder(failing(called('AccessDenied')));
    await expect(list('migrations')).rejects.toThrow('allow s3:ListBucket');
  });
});

describe('a location in a manifest', () => {
  it.each(['a.har', 'recordings/a.har', 's3://bucket/shop/{version}/a.har'])('may be %s', (it) => {
    expect(fileLocation.safeParse(it).success).toBe(true);
  });

  it.each(['', '/etc/passwd', '\\a', 'C:\\a', '../a', 'a/../../b', 's3://bucket', 's3:a'])(
    'is not %s',
    (location) => {
      expect(fileLocation.safeParse(location).success).toBe(false);
    },
  );
});
