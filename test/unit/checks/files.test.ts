import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longestFileBytes } from '../../../lib/checks/check-files.ts';
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
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const refOf = (attributes: Record<string, string>) => ({
  ...{ id: 'shop-2', kind: 'process', version: '2', address: null, attributes },
});

describe('files of the artifact', () => {
  const read = (location: string, attributes: Record<string, string> = { directory }) =>
    createArtifactFiles().read(location, refOf(attributes), signal);

  it('are read from where green runs', async () => {
    expect(await read('recordings/a.har')).toBe('a recording');
    expect(await read('./recordings/../recordings/a.har')).toBe('a recording');
  });

  it.each([
    ['recordings/b.har', "is not among the artifact's files"],
    ['../environment.json', 'is not inside the artifact'],
    ['link', 'is not inside the artifact'],
    ['s3://bucket/a.har', 'cannot be read on this machine'],
  ])('do not have %s', async (location, reason) => {
    await expect(read(location)).rejects.toMatchObject({
      name: 'ConfigInvalidError',
      message: expect.stringContaining(`${location} ${reason}`),
    });
  });

  it('are not there where green has no artifact, and not endless', async () => {
    await expect(read('a.har', {})).rejects.toThrow('shop-2 has no artifact on this machine');
    await writeFile(path.join(directory, 'app/long'), Buffer.alloc(longestFileBytes + 1));
    await expect(read('long')).rejects.toThrow(`at most ${longestFileBytes} are read`);
  });
});

describe('objects', () => {
  const storing = (answer: object | Error) => {
    const asked: object[] = [];
    const client = {
      send: async (command: GetObjectCommand) => {
        asked.push(command.input);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    } as unknown as ObjectsApi;
    const files = createObjectFiles(() => client);
    return { asked, read: (location: string) => files.read(location, refOf({}), signal) };
  };
  const called = (name: string) => Object.assign(new Error('said so'), { name });

  it('are read by their address', async () => {
    const Body = { transformToString: async () => 'a recording' };
    const { asked, read } = storing({ Body });
    expect(await read('s3://bucket/shop/a.har')).toBe('a recording');
    expect(asked).toEqual([{ Bucket: 'bucket', Key: 'shop/a.har' }]);
  });

  it.each<[string, object | Error, string, string]>([
    ['recordings/a.har', {}, 'ConfigInvalidError', 'is no object; use s3://bucket/key'],
    ['s3://b/a', called('AccessDenied'), 'ConfigInvalidError', 'may not be read (s3:GetObject)'],
    ['s3://b/a', called('NoSuchKey'), 'ConfigInvalidError', 'cannot be read: said so'],
    ['s3://b/a', called('SlowDown'), 'ThrottledError', 'S3 does not answer'],
    ['s3://b/a', { ContentLength: 1e9 }, 'ConfigInvalidError', 'has 1000000000 bytes'],
  ])('of %s that are %j are told as %s', async (location, answer, name, reason) => {
    await expect(storing(answer).read(location)).rejects.toMatchObject({
      ...{ name, message: expect.stringContaining(reason) },
    });
  });
});
