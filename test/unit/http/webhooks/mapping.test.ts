import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillMapping } from '../../../../lib/http/webhooks/fill-mapping.ts';
import { manifestKinds } from '../../../../lib/platform/kinds.ts';
import { parseManifest } from '../../../../lib/release/manifest.ts';

const minimal = {
  service: 'storefront',
  environment: { kind: 'process', command: 'node server.mjs' },
  router: { kind: 'local-proxy', port: 8080 },
};
const github = {
  kind: 'github',
  secret: 'github-web',
  repository: 'acme/storefront',
  event: 'release',
  artifact: { uri: 's3://builds/{tag}.zip', version: '{tag}' },
};
const apply = (change: object) =>
  parseManifest({ ...minimal, webhooks: [{ ...github, ...change }] }, manifestKinds);

describe("a manifest's webhooks", () => {
  it('stay as they were written', () => {
    expect(apply({}).webhooks).toEqual([github]);
    expect(parseManifest(minimal, manifestKinds).webhooks).toEqual([]);
  });

  it.each([
    [
      'a placeholder that the event does not have, with those that it has',
      { artifact: { uri: 's3://builds/{digest}.zip', version: '{tag}' } },
      'webhooks[0].artifact.uri: {digest} is no placeholder of release; there are {tag}, {repository}, {name}',
    ],
    [
      'a misspelt placeholder, with the one that was meant',
      { artifact: { uri: 's3://builds/{tagg}.zip', version: '{tag}' } },
      'webhooks[0].artifact.uri: {tagg} is no placeholder of release; did you mean {tag}? There are',
    ],
    [
      'an empty placeholder',
      { artifact: { uri: 's3://builds/{}.zip', version: '{tag}' } },
      'webhooks[0].artifact.uri: {} is no placeholder',
    ],
    [
      'a brace by itself',
      { artifact: { uri: 's3://builds/{tag.zip', version: '{tag}' } },
      'webhooks[0].artifact.uri: has a brace without its other half',
    ],
    [
      'a key of another event',
      { branch: 'main' },
      'webhooks[0].branch: does not go with event release',
    ],
    [
      'an unknown key',
      { secrte: 'x' },
      'webhooks[0].secrte: is not a known key; did you mean "secret"?',
    ],
    ['no secret', { secret: undefined }, 'webhooks[0].secret: is missing'],
    ['a secret itself', { secret: 'Zx9/4==' }, 'webhooks[0].secret: needs the name of a secret'],
    [
      "the conductor's own secret",
      { secret: 'verdigris-signing' },
      "webhooks[0].secret: is the conductor's own",
    ],
    [
      'a kind that is none',
      { kind: 'githab' },
      'webhooks[0].kind: "githab" is not a known kind; did you mean "github"?',
    ],
    ['another event', { event: 'push' }, 'webhooks[0].event:'],
    ['a repository that is none', { repository: 'storefront' }, 'repository: needs owner/name'],
    [
      'more of an artifact',
      { artifact: { ...github.artifact, environment: {} } },
      'artifact.environment: is not a known key',
    ],
  ])('are refused with %s', (_what, change, reason) => {
    expect(() => apply(change)).toThrow(reason);
  });
});

describe('what is made of an event', () => {
  const mapping = { uri: 's3://builds/{branch}/{tag}.zip', version: '{tag}' };

  it('is filled in everywhere', () => {
    const twice = { uri: '{tag}/{tag}-{branch}', version: 'r{tag}' };
    expect(fillMapping(twice, { tag: '1', branch: 'main' })).toEqual({
      artifact: { uri: '1/1-main', version: 'r1' },
    });
  });

  it('is nothing where the event lacks it', () => {
    expect(fillMapping(mapping, { tag: '1', branch: null })).toEqual({ ignored: 'has no branch' });
    expect(fillMapping(mapping, { tag: '', branch: 'main' })).toEqual({ ignored: 'has no tag' });
  });

  it('is not filled twice: a tag that looks like a placeholder is none', () => {
    expect(fillMapping(mapping, { tag: '{branch}', branch: 'main' })).toMatchObject({
      ignored: expect.stringContaining('cannot stand in an address'),
    });
  });

  it('stays in the folder that the manifest names, whatever a tag is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), tricky), (tag) => {
        const wish = fillMapping({ uri: 'file:///builds/{tag}', version: 'v' }, { tag });
        if ('ignored' in wish) return;
        const { uri } = wish.artifact;
        expect(uri).toBe(`file:///builds/${tag}`);
        const { pathname, search, hash, host } = new URL(uri);
        expect(pathname).toBe(`/builds/${tag}`);
        expect([search, hash, host]).toEqual(['', '', '']);
      }),
      { numRuns: 3000 },
    );
  });
});

const tricky = fc
  .array(fc.constantFrom('..', '.', '/', 'a', '1', '%2e', '\\', '?', '#', ':', '//', '@', '{tag}'))
  .map((pieces) => pieces.join(''));
