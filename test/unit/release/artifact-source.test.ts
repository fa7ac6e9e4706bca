import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { artifactSchema } from '../../../lib/release/artifact.ts';
import {
  type ArtifactArrival,
  type ArtifactSource,
  artifactSourceSchema,
  matchArtifact,
} from '../../../lib/release/artifact-source.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';

const hex = '7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd12341234';
const digest = `sha256:${hex}`;
const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

const follow = (source: object) => ({
  service: 'storefront',
  artifact: artifactSourceSchema.parse(source),
});
const s3 = (changes: object = {}) =>
  follow({ kind: 's3', bucket: 'builds', keyPrefix: 'storefront/', ...changes });
const pattern = (keyPattern: string) => follow({ kind: 's3', bucket: 'builds', keyPattern });
const ecr = (changes: object = {}) =>
  follow({ kind: 'ecr', repository: 'team/storefront', ...changes });

function object(key: string, changes: object = {}): ArtifactArrival {
  return { kind: 's3', bucket: 'builds', key, versionId: 'v1d', etag: 'e7a9', ...changes };
}
function image(tag: string | null, changes: object = {}): ArtifactArrival {
  return { kind: 'ecr', registry, repository: 'team/storefront', tag, digest, ...changes };
}
const versionOf = (follower: ReturnType<typeof follow>, arrival: ArtifactArrival) =>
  matchArtifact(follower, arrival)?.artifact.version ?? null;

describe('an object in a bucket', () => {
  it('becomes an artifact by its prefix: URI, version and identity', () => {
    expect(matchArtifact(s3(), object('storefront/v2.zip'))).toEqual({
      artifact: { uri: 's3://builds/storefront/v2.zip?versionId=v1d', version: 'v2' },
      identity: 'builds/storefront/v2.zip@v1d',
    });
  });

  it('has neither version id in its URI nor in its identity where the bucket is not versioned', () => {
    expect(matchArtifact(s3(), object('storefront/v2.zip', { versionId: null }))).toEqual({
      artifact: { uri: 's3://builds/storefront/v2.zip', version: 'v2' },
      identity: 'builds/storefront/v2.zip@e7a9',
    });
  });

  it.each([
    ['storefront/1.4.0.zip', '1.4.0'],
    ['storefront/app.JAR', 'app'],
    ['storefront/app-1.0.tar.gz', 'app-1.0'],
    ['storefront/app.tgz', 'app'],
    ['storefront/app.tar', 'app.tar'],
    ['storefront/2026/01/02/build 7.zip', '2026-01-02-build-7'],
    ['storefront/v1.0+exp_2.zip', 'v1.0+exp_2'],
    ['storefront/-_.rc1.zip', 'rc1'],
    ['storefront/größe.zip', 'gr--e'],
    [`storefront/${'x'.repeat(80)}.zip`, 'x'.repeat(64)],
  ])('has in %s the version %s', (key, version) => {
    expect(versionOf(s3(), object(key))).toBe(version);
  });

  it.each([
    ['another bucket', s3(), object('storefront/v2.zip', { bucket: 'other' })],
    ['another prefix', s3(), object('search/v2.zip')],
    ['a folder', s3(), object('storefront/v2/')],
    ['the folder itself', s3(), object('storefront/')],
    ['nothing but an extension', s3(), object('storefront/.zip')],
    ['nothing that a version could have', s3(), object('storefront/---.zip')],
    [
      'a key that reads like a version id',
      s3(),
      object('storefront/a?versionId=b', { versionId: null }),
    ],
    ['a key over two lines', s3(), object('storefront/a\nb.zip')],
    ['a URI that is too long', s3(), object(`storefront/${'x'.repeat(2100)}.zip`)],
    ['an image', s3(), image('v2')],
    ['an object where only events count', follow({ kind: 'event' }), object('storefront/v2.zip')],
    ['an object where nothing is followed', { service: 'storefront' }, object('storefront/v2.zip')],
  ])('is none of its business: %s', (_, follower, arrival) => {
    expect(matchArtifact(follower, arrival)).toBeNull();
  });

  it.each([
    ['storefront/{version}.zip', 'storefront/1.2.3.zip', '1.2.3'],
    ['storefront/{version}/app.zip', 'storefront/1.2.3/app.zip', '1.2.3'],
    ['*/{version}/*.zip', 'team/1.2/app.zip', '1.2'],
    ['builds/app-*-{version}.zip', 'builds/app-linux-1.2-rc.1.zip', '1.2-rc.1'],
    ['builds/{version}-*.zip', 'builds/1.2-rc.1-linux.zip', '1.2-rc.1'],
    ['builds/*{version}*', 'builds/v7', 'v7'],
    ['{version}', 'v7', 'v7'],
    ['storefront/{version}.zip', 'storefront/a b.zip', 'a-b'],
  ])('fits %s: %s has the version %s', (keyPattern, key, version) => {
    expect(versionOf(pattern(keyPattern), object(key))).toBe(version);
  });

  it.each([
    ['storefront/{version}.zip', 'storefront/.zip'],
    ['storefront/{version}.zip', 'storefront/a/b.zip'],
    ['storefront/{version}.zip', 'storefront/a.tgz'],
    ['storefront/{version}.zip', 'x/storefront/a.zip'],
    ['*/{version}.zip', 'a/b/c.zip'],
    ['builds/app-*-{version}.zip', 'builds/app-1.2.zip'],
    ['a{version}a', 'a'],
    ['a{version}a', 'aa'],
    ['a*b/{version}', 'ab-/v1'],
    ['a*bc*b/{version}', 'abc/v1'],
    ['{version}.zip', 'xzip'],
  ])('does not fit %s: %s', (keyPattern, key) => {
    expect(versionOf(pattern(keyPattern), object(key))).toBeNull();
  });

  it('takes no time for a pattern of stars', () => {
    const stars = `${'*a'.repeat(400)}{version}${'a*'.repeat(100)}`;
    expect(versionOf(pattern(stars), object('a'.repeat(450)))).toBeNull();
  });
});

describe('an image in a registry', () => {
  it('becomes an artifact by its tag: URI by digest, version and identity', () => {
    expect(matchArtifact(ecr(), image('v2.0'))).toEqual({
      artifact: { uri: `${registry}/team/storefront@${digest}`, version: 'v2.0', digest },
      identity: digest,
    });
  });

  it('is the same one under another tag', () => {
    const identities = ['v2', 'latest'].map((tag) => matchArtifact(ecr(), image(tag))?.identity);
    expect(new Set(identities).size).toBe(1);
  });

  it.each([
    ['v*', 'v2.0', true],
    ['v*', 'dev', false],
    ['release-*-eu', 'release-7-eu', true],
    ['release-*-eu', 'release-eu', false],
    ['*.*.*', '1.2.3', true],
    ['*.*.*', '1.2', false],
    ['latest', 'latest', true],
    ['latest', 'latest2', false],
    ['v.', 'v2', false],
  ])('fits %s: %s? %s', (tagPattern, tag, fits) => {
    expect(matchArtifact(ecr({ tagPattern }), image(tag)) !== null).toBe(fits);
  });

  it.each([
    ['no tag', image(null)],
    ['another repository', image('v2', { repository: 'storefront' })],
    ['a signature of an image', image(`sha256-${hex}.sig`)],
    ['what refers to an image', image(`sha256-${hex}`)],
    ['a digest that is none', image('v2', { digest: 'sha256:12' })],
    ['an object', object('team/storefront')],
  ])('is none of its business: %s', (_, arrival) => {
    expect(matchArtifact(ecr(), arrival)).toBeNull();
  });
});

describe('an event that names its service', () => {
  const artifact = { uri: 's3://elsewhere/x.zip', version: 'v2', digest };
  const event = (changes: object = {}): ArtifactArrival => ({
    kind: 'event',
    service: 'storefront',
    artifact: { ...artifact, ...changes },
  });

  it.each([
    ['nothing', { service: 'storefront' }],
    ['events', follow({ kind: 'event' })],
    ['a bucket', s3()],
  ])('counts where the manifest follows %s', (_, follower) => {
    expect(matchArtifact(follower, event())).toEqual({ artifact, identity: digest });
  });

  it('is known by URI and version where it has no digest', () => {
    const { uri, version } = artifact;
    const arrival: ArtifactArrival = {
      kind: 'event',
      service: 'storefront',
      artifact: { uri, version },
    };
    expect(matchArtifact({ service: 'storefront' }, arrival)?.identity).toBe(
      's3://elsewhere/x.zipv2',
    );
  });

  it('is another one in another environment, and hands that on', () => {
    const inside = (id: string) =>
      matchArtifact({ service: 'storefront' }, event({ environment: { id } }));
    expect(inside('shop-a')?.artifact).toEqual({ ...artifact, environment: { id: 'shop-a' } });
    expect(inside('shop-a')?.identity).toBe(inside('shop-a')?.identity);
    const identities = [inside('shop-a'), inside('shop-b'), matchArtifact(s3(), event())];
    expect(new Set(identities.map((match) => match?.identity)).size).toBe(3);
  });

  it.each([
    ['without an id', { address: 'http://10.0.0.7' }],
    ['with an address that is none', { id: 'a', address: 'over there' }],
    ['that is larger than a document can carry', { id: 'a', attributes: { a: 'x'.repeat(1025) } }],
    [
      'of many large attributes',
      { id: 'a', attributes: Object.fromEntries([...'abcde'].map((it) => [it, 'x'.repeat(1000)])) },
    ],
    ['with a key that nobody knows', { id: 'a', arn: 'b' }],
  ])('is none with an environment %s', (_, environment) => {
    expect(matchArtifact({ service: 'storefront' }, event({ environment }))).toBeNull();
  });

  it('is nothing to another service', () => {
    expect(matchArtifact({ service: 'search' }, event())).toBeNull();
  });
});

describe('whatever lands', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const glob = fc
    .array(fc.constantFrom('*', 'a', 'b', '/', '.', '-', '1'), { maxLength: 8 })
    .map((parts) => parts.join(''));
  const sources: fc.Arbitrary<ArtifactSource> = fc.oneof(
    fc.record({ kind: fc.constant('s3'), bucket: fc.constant('builds'), keyPrefix: glob }),
    fc.record({
      kind: fc.constant('s3'),
      bucket: fc.constant('builds'),
      keyPattern: fc.tuple(glob, glob).map(([before, after]) => `${before}{version}${after}`),
    }),
    fc.record({
      kind: fc.constant('ecr'),
      repository: fc.constant('team/storefront'),
      tagPattern: glob,
    }),
  ) as fc.Arbitrary<ArtifactSource>;
  const keys = fc.oneof(
    text,
    glob,
    fc.tuple(glob, text).map(([a, b]) => a + b),
  );
  const arrivals = fc.oneof(
    keys.map((key) => object(key)),
    keys.map((key) => object(key, { versionId: null })),
    keys.map((tag) => image(tag)),
  );

  it('is a valid artifact, or nothing', () => {
    fc.assert(
      fc.property(sources, arrivals, (source, arrival) => {
        const match = matchArtifact({ service: 'storefront', artifact: source }, arrival);
        return match === null || artifactSchema.safeParse(match.artifact).success;
      }),
      { numRuns: 2000 },
    );
  });

  it('fits a pattern exactly when the pattern as a regular expression says so', () => {
    fc.assert(
      fc.property(glob, glob, (tagPattern, tag) => {
        const expression = new RegExp(
          `^${tagPattern.replace(/[.\-/]/g, '\\$&').replaceAll('*', '.*')}$`,
        );
        const isTag = /^[^A-Za-z0-9]*$/.test(tag) || tagPattern === '';
        fc.pre(!isTag);
        const match = matchArtifact(ecr({ tagPattern }), image(tag));
        return (match !== null) === expression.test(tag);
      }),
      { numRuns: 3000 },
    );
  });

  it('gives a version all that its pattern leaves it', () => {
    const part = fc.array(fc.constantFrom('*', 'a', '-', '1'), { maxLength: 5 });
    const fits = (parts: string[], piece: string) =>
      new RegExp(`^${parts.join('').replaceAll('*', '.*')}$`).test(piece);
    /** Every way to cut the key, the longest version first. */
    const longest = (key: string, before: string[], after: string[]) => {
      for (let start = 0; start < key.length; start += 1) {
        for (let end = key.length; end > start; end -= 1) {
          const isFit = fits(before, key.slice(0, start)) && fits(after, key.slice(end));
          if (isFit) return key.slice(start, end);
        }
      }
      return null;
    };
    fc.assert(
      fc.property(part, part, fc.stringMatching(/^[a1-]{1,8}$/), (before, after, key) => {
        const expected = longest(key, before, after)?.replace(/^-+/, '') || null;
        const keyPattern = `${before.join('')}{version}${after.join('')}`;
        expect(versionOf(pattern(keyPattern), object(key))).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a manifest's artifact part", () => {
  const parse = (artifact: object) =>
    parseManifest(
      {
        service: 'storefront',
        environment: { kind: 'process', command: 'node server.mjs' },
        router: { kind: 'local-proxy', port: 8080 },
        artifact,
      },
      manifestKinds,
    ).artifact;

  it('has `*` as the pattern of tags', () => {
    expect(parse({ kind: 'ecr', repository: 'storefront' })).toEqual({
      kind: 'ecr',
      repository: 'storefront',
      tagPattern: '*',
    });
  });

  it.each<[string, object, string]>([
    ['no way to know keys', { kind: 's3', bucket: 'builds' }, 'artifact: needs exactly one of'],
    [
      'two ways to know keys',
      { kind: 's3', bucket: 'builds', keyPrefix: 'a', keyPattern: '{version}' },
      'artifact: needs exactly one of keyPrefix and keyPattern',
    ],
    [
      'a pattern without a version',
      { kind: 's3', bucket: 'builds', keyPattern: 'a/*.zip' },
      'artifact.keyPattern: needs {version} exactly once',
    ],
    [
      'a pattern with two',
      { kind: 's3', bucket: 'builds', keyPattern: '{version}/{version}.zip' },
      'artifact.keyPattern: needs {version} exactly once',
    ],
    [
      'a URI for a bucket',
      { kind: 's3', bucket: 's3://builds', keyPrefix: 'a' },
      "artifact.bucket: needs a bucket's name",
    ],
    [
      'a registry with its repository',
      { kind: 'ecr', repository: `${registry}/storefront:v1` },
      "artifact.repository: needs a repository's name",
    ],
    [
      'a key that is misspelt',
      { kind: 'ecr', repository: 'storefront', tagPatern: 'v*' },
      'artifact.tagPatern: is not a known key; did you mean "tagPattern"?',
    ],
    [
      'a kind that does not exist',
      { kind: 'gcs', bucket: 'builds' },
      'artifact.kind: "gcs" is not a known kind; known kinds are s3, ecr, event',
    ],
  ])('is refused with %s', (_, artifact, message) => {
    expect(() => parse(artifact)).toThrow(message);
  });
});
