import { describe, expect, it } from 'vitest';
import { isAnySecret, type Secrets } from '../../lib/secrets/secrets.ts';

/** A store of secrets to test, and how whoever owns it changes them. */
export interface SecretsSubject {
  secrets: Secrets;
  /** Replaces a secret's values, newest first. */
  put(name: string, ...values: string[]): Promise<void>;
  remove(name: string): Promise<void>;
  /** Time goes on. */
  pass(seconds: number): Promise<void>;
}

const [oldest, older, newer] = ['oldest-0123456789', 'older-0123456789', 'newer-0123456789'];

/** What every adapter of `Secrets` holds. */
export function secretsContract(kind: string, create: () => Promise<SecretsSubject>): void {
  describe(`secrets of kind ${kind}`, () => {
    it('are one value, or two while they are being rotated, newest first', async () => {
      const { secrets, put } = await create();
      await put('one', newer);
      await put('two', newer, older);

      expect(await secrets.read('one')).toEqual([newer]);
      expect(await secrets.read('two')).toEqual([newer, older]);
    });

    it('name what is missing, and where it belongs', async () => {
      const { secrets, put } = await create();
      await put('github', newer);

      await expect(secrets.read('gitlab')).rejects.toMatchObject({
        name: 'ConfigInvalidError',
        message: expect.stringContaining('gitlab'),
      });
      await expect(secrets.read('constructor')).rejects.toMatchObject({
        name: 'ConfigInvalidError',
      });
    });

    it('refuse a value that can be guessed, without telling it', async () => {
      const { secrets, put } = await create();
      await put('short', 'hunter2');

      const error = await secrets.read('short').catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ name: 'ConfigInvalidError' });
      expect(String(error)).toMatch(/short.*7 characters; use at least 16/);
      expect(String(error)).not.toContain('hunter2');
    });

    it('follow a change within a minute', async () => {
      const { secrets, put, pass } = await create();
      await put('key', older);
      expect(await secrets.read('key')).toEqual([older]);
      await put('key', newer, older);
      await pass(60);

      expect(await secrets.read('key')).toEqual([newer, older]);
    });

    it('follow a change at once when what is known does not fit', async () => {
      const { secrets, put, pass } = await create();
      await put('key', older);
      await secrets.read('key');
      await put('key', newer, older);
      await pass(10);

      expect(await isAnySecret(secrets, 'key', (value) => value === newer)).toBe(true);
      expect(await isAnySecret(secrets, 'key', (value) => value === oldest)).toBe(false);
    });

    it('stop counting when they are gone', async () => {
      const { secrets, put, remove, pass } = await create();
      await put('key', newer, older);
      await secrets.read('key');
      await put('key', newer);
      await pass(60);
      expect(await isAnySecret(secrets, 'key', (value) => value === older)).toBe(false);
      await remove('key');
      await pass(60);

      await expect(secrets.read('key')).rejects.toMatchObject({ name: 'ConfigInvalidError' });
    });
  });
}
