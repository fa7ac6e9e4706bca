import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { filesOf, filesOfArtifact } from '../../../../lib/checks/database/places.ts';
import { createS3Folder, type S3Api } from '../../../../lib/checks/database/s3-folder.ts';

const abort = new AbortController().signal;
const named = (name: string, message = name) => Object.assign(new Error(message), { name });

/** A bucket with these objects, two keys a page. */
function bucketOf(objects: Record<string, string>): S3Api {
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
    if (text === undefined) throw named('NoSuchKey');
    const Body = { transformToString: async () => text };
    return { ContentLength: text === 'huge' ? 1e9 : text.length, Body };
  };
  return { send } as unknown as S3Api;
}

const failing = (error: Error) => ({ send: () => Promise.reject(error) }) as unknown as S3Api;

const place = { bucket: 'files', keyPrefix: 'shop/2/' };
const objects = {
  'shop/2/migrations/0001.sql': 'one',
  'shop/2/migrations/sub/0002.sql': 'two',
  'shop/2/migrations/0003.sql': 'three',
  'shop/2/migrations/': '',
  'shop/2/other.txt': 'huge',
  'shop/1/migrations/0001.sql': 'old',
};

describe('a folder in a bucket', () => {
  const folder = createS3Folder(place, { s3: bucketOf(objects), abort });

  it('lists page by page, without what only stands for a folder', async () => {
    expect(await folder.list('migrations')).toEqual(['0001.sql', '0003.sql', 'sub/0002.sql']);
    expect(await folder.list('nothing')).toEqual([]);
  });

  it('reads', async () => {
    expect(await folder.read('migrations/0001.sql')).toBe('one');
    expect(await folder.read('migrations/0009.sql')).toBeNull();
    await expect(folder.read('other.txt')).rejects.toThrow('has 1000000000 bytes; at most');
  });

  it('says what is not allowed, and leaves being throttled as it is', async () => {
    const denied = createS3Folder(place, { s3: failing(named('AccessDenied', 'no')), abort });
    await expect(denied.list('migrations')).rejects.toThrow(
      's3://files/shop/2/migrations/ cannot be listed: no; allow s3:ListBucket',
    );
    await expect(denied.read('a.sql')).rejects.toThrow(
      's3://files/shop/2/a.sql cannot be read: no; allow s3:GetObject',
    );
    const busy = createS3Folder(place, { s3: failing(named('SlowDown')), abort });
    await expect(busy.list('migrations')).rejects.toMatchObject({ name: 'ThrottledError' });
  });
});

describe('where files are', () => {
  const s3 = bucketOf(objects);
  const green = { id: '7', kind: 'lambda-version', version: '2', address: null, attributes: {} };
  const bucket = { bucket: 'files', keyPrefix: 'shop/{version}/' };

  it('is a bucket by version', async () => {
    const { folder } = filesOf(green, 'green', bucket, { s3, abort });
    expect(folder?.place).toBe('s3://files/shop/2/');
    const blue = filesOf({ ...green, version: '1' }, 'blue', bucket, { s3, abort });
    expect(await blue.folder?.read('migrations/0001.sql')).toBe('old');
  });

  it.each([
    [
      'blue',
      { ...bucket, keyPrefix: 'shop/' },
      '1',
      'has no {version}, so it leads to one version',
    ],
    ['blue', bucket, 'unknown', 'nobody knows its version'],
    ['green', null, '2', '7 keeps no files where the conductor could read them; say in migrations'],
  ] as const)('is not known for %s in %j', (side, where, version, reason) => {
    expect(filesOf({ ...green, version }, side, where, { s3, abort }).missing).toContain(reason);
  });

  it('is no bucket on a machine', () => {
    expect(filesOf(green, 'green', bucket, { abort }).missing).toBe(
      'buckets can be read on AWS only',
    );
  });

  it.each([
    [null, 'nobody said which version'],
    [{ uri: 's3://files/a.zip', version: '2' }, 's3://files/a.zip is not on this machine'],
    [{ uri: 'folder.ts', version: '2' }, 'folder.ts is no folder'],
    [{ uri: 'nothing', version: '2' }, 'nothing is no folder'],
  ])('is not known before green is there: %j', async (artifact, reason) => {
    const tools = { abort, baseDirectory: import.meta.dirname };
    expect((await filesOfArtifact(artifact, null, tools)).missing).toContain(reason);
  });

  it('is the artifact itself where that is a folder', async () => {
    const tools = { abort, baseDirectory: import.meta.dirname };
    const here = { uri: '.', version: '2' };
    const there = { uri: `file://${import.meta.dirname}`, version: '2' };
    for (const artifact of [here, there]) {
      const { folder } = await filesOfArtifact(artifact, null, tools);
      expect(await folder?.list('.')).toContain('s3-folder.test.ts');
    }
    const inBucket = await filesOfArtifact(here, bucket, { s3, abort });
    expect(inBucket.folder?.place).toBe('s3://files/shop/2/');
  });
});
