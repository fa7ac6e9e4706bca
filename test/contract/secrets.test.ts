import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createLocalFileSecrets } from '../../lib/secrets/local-file.ts';
import { isAnySecret, signingSecretName } from '../../lib/secrets/secrets.ts';
import { createSecretsManagerSecrets } from '../../lib/secrets/secrets-manager.ts';
import { createFakeSecretsManager } from '../support/fakes/secrets-manager.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { secretsContract } from './secrets.contract.ts';

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((it) => rm(it, { recursive: true }))));

async function createFiles() {
  const directory = await mkdtemp(join(tmpdir(), 'verdigris-secrets-'));
  directories.push(directory);
  const file = join(directory, 'secrets.yml');
  const signingFile = join(directory, 'verdigris-signing');
  const clock = createVirtualClock();
  const secrets = createLocalFileSecrets({ file, expectedFile: file, signingFile }, { clock });
  const write = async (text: string, mode = 0o600) => {
    await writeFile(file, text);
    await chmod(file, mode);
  };
  return { file, signingFile, clock, secrets, write };
}

secretsContract('local-file', async () => {
  const { clock, secrets, write } = await createFiles();
  const kept: Record<string, string | string[]> = {};
  await write('');
  return {
    secrets,
    async put(name, ...values) {
      kept[name] = values.length === 1 ? (values[0] ?? '') : values;
      await write(stringify(kept));
    },
    async remove(name) {
      delete kept[name];
      await write(stringify(kept));
    },
    pass: (seconds) => clock.advance(seconds * 1000),
  };
});

secretsContract('secrets-manager', async () => {
  const clock = createVirtualClock();
  const fake = createFakeSecretsManager();
  const prefix = 'verdigris/test/';
  return {
    secrets: createSecretsManagerSecrets({ prefix }, { client: fake.client, clock }),
    async put(name, ...values) {
      fake.remove(prefix + name);
      for (const value of values.toReversed()) fake.put(prefix + name, value);
    },
    remove: async (name) => fake.remove(prefix + name),
    pass: (seconds) => clock.advance(seconds * 1000),
  };
});

describe('a file of secrets', () => {
  it('is refused while others can read it, with the command that helps', async () => {
    const { file, secrets, write } = await createFiles();
    await write('github: 0123456789abcdef', 0o640);

    await expect(secrets.read('github')).rejects.toMatchObject({
      name: 'ConfigInvalidError',
      message: `${file}: others can read it (mode 0640); run: chmod 600 ${file}`,
    });
  });

  it.each([
    ['github: 12345678901234567', /github: needs a text/],
    ['github: [a, b, c]', /github: .*at most 2|github: needs a text, or a list/],
    ['GitHub: 0123456789abcdef', /GitHub: needs 1 to 64 of a-z/],
    ['verdigris-signing: 0123456789abcdef', /verdigris-signing: is made by the conductor/],
    ['github: "0123456789abcdef', /secrets\.yml:1: is not valid YAML/],
    ['- 0123456789abcdef', /file: needs/],
  ])('says what is wrong with %s, without the value', async (text, reason) => {
    const { secrets, write } = await createFiles();
    await write(text);

    const error = await secrets.read('github').catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'ConfigInvalidError' });
    expect(String(error)).toMatch(reason);
    expect(String(error)).not.toMatch(/0123456789abcdef|12345678901234567/);
  });

  it('says which name was probably meant', async () => {
    const { secrets, write } = await createFiles();
    await write('github-web: 0123456789abcdef');

    await expect(secrets.read('github-wep')).rejects.toThrow('did you mean "github-web"?');
  });

  it('leaves the signing secret to a file of its own, one value per line', async () => {
    const { signingFile, secrets, write } = await createFiles();
    await write('github: 0123456789abcdef');
    await writeFile(signingFile, 'new-signing-secret\nold-signing-secret\n', { mode: 0o600 });

    const values = ['new-signing-secret', 'old-signing-secret'];
    expect(await secrets.read(signingSecretName)).toEqual(values);
  });
});

describe('Secrets Manager', () => {
  function prepare() {
    const clock = createVirtualClock();
    const fake = createFakeSecretsManager();
    const secrets = createSecretsManagerSecrets({ prefix: 'v/' }, { client: fake.client, clock });
    fake.put('v/key', '0123456789abcdef');
    return { clock, fake, secrets };
  }

  it('that is down does not silence what was known, for ten minutes', async () => {
    const { clock, fake, secrets } = prepare();
    await secrets.read('key');
    fake.fail('InternalServiceError', 'a bad day');
    await clock.advance(599_000);
    expect(await secrets.read('key')).toEqual(['0123456789abcdef']);
    await clock.advance(60_000);

    await expect(secrets.read('key')).rejects.toMatchObject({ name: 'SecretUnavailableError' });
  });

  it('is asked again ten seconds after it was down', async () => {
    const { clock, fake, secrets } = prepare();
    fake.fail('ThrottlingException', 'Rate exceeded');
    await expect(secrets.read('key')).rejects.toMatchObject({ name: 'SecretUnavailableError' });
    fake.fail(null);
    await clock.advance(10_000);

    expect(await secrets.read('key')).toEqual(['0123456789abcdef']);
  });

  it('is asked at most every ten seconds, however often nothing fits', async () => {
    const { clock, fake, secrets } = prepare();
    await secrets.read('key');
    const before = fake.asked();
    for (let second = 0; second < 30; second += 1) {
      await clock.advance(1000);
      await isAnySecret(secrets, 'key', () => false);
      await isAnySecret(secrets, 'key', () => false);
    }

    // A secret is two versions.
    expect(fake.asked() - before).toBe(3 * 2);
  });

  it('names the permission that a role lacks', async () => {
    const { fake, secrets } = prepare();
    const said = 'User: x is not authorized to perform: kms:Decrypt on resource: y';
    fake.fail('AccessDeniedException', said);

    await expect(secrets.read('key')).rejects.toMatchObject({
      name: 'ConfigInvalidError',
      message: expect.stringContaining('allow kms:Decrypt to the role'),
    });
  });

  it('tells for good of a secret that waits for its deletion', async () => {
    const { fake, secrets } = prepare();
    fake.fail('InvalidRequestException', 'it was marked for deletion');

    await expect(secrets.read('key')).rejects.toMatchObject({ name: 'ConfigInvalidError' });
  });
});
