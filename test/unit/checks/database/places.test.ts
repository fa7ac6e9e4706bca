import { describe, expect, it } from 'vitest';
import type { CheckFiles } from '../../../../lib/checks/check-files.ts';
import { filesOf, type PlaceTools } from '../../../../lib/checks/database/places.ts';
import { VerdigrisError } from '../../../../lib/release/errors.ts';
import { checkFilesOf } from '../../../support/version-files.ts';

const files = checkFilesOf({
  'migrations/0001.sql': 'own',
  's3://files/shop/2/migrations/0001.sql': 'new',
  's3://files/shop/1/migrations/0001.sql': 'old',
});
const green = { id: '7', kind: 'lambda-version', version: '2', address: null, attributes: {} };
const bucket = { bucket: 'files', keyPrefix: 'shop/{version}/' };
const tools = (differs: Partial<PlaceTools> = {}): PlaceTools => ({
  ...{ files, bucket: null, abort: new AbortController().signal },
  ...differs,
});
const refusing = (name: 'ConfigInvalidError' | 'ThrottledError'): CheckFiles => ({
  open: () => Promise.reject(new VerdigrisError(name, 'there are none')),
});

describe('where the files of a version are', () => {
  it("is the version's own place", async () => {
    const { folder } = await filesOf(green, 'green', tools());
    expect(await folder?.read('migrations/0001.sql')).toBe('own');
    const before = await filesOf({ uri: 'a', version: '2' }, 'green', tools());
    expect(await before.folder?.list('migrations')).toEqual(['0001.sql']);
  });

  it('is a bucket by version', async () => {
    const own = await filesOf(green, 'green', tools({ bucket }));
    expect(await own.folder?.read('migrations/0001.sql')).toBe('new');
    const blue = await filesOf({ ...green, version: '1' }, 'blue', tools({ bucket }));
    expect(await blue.folder?.read('migrations/0001.sql')).toBe('old');
  });

  it.each([
    [
      'blue',
      '1',
      { bucket: { ...bucket, keyPrefix: 'shop/' } },
      'has no {version}, so it leads to',
    ],
    ['blue', 'unknown', { bucket }, 'nobody knows its version'],
    ['green', '2', { files: undefined }, 'this platform reads no files'],
    ['green', '2', { files: refusing('ConfigInvalidError') }, 'there are none'],
  ] as const)('is not known for %s %s with %j', async (side, version, differs, reason) => {
    const { missing } = await filesOf({ ...green, version }, side, tools(differs));
    expect(missing).toContain(reason);
  });

  it('is not known before anybody said what is to be released', async () => {
    expect((await filesOf(null, 'green', tools())).missing).toContain('nobody said which version');
  });

  it('is asked for again when there were too many requests', async () => {
    const busy = tools({ files: refusing('ThrottledError') });
    await expect(filesOf(green, 'green', busy)).rejects.toMatchObject({ name: 'ThrottledError' });
  });
});
