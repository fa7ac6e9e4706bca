import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { Secrets, SecretValues } from '../../../lib/secrets/secrets.ts';

/** Secrets in memory, which change at once. */
export interface FakeSecrets extends Secrets {
  set(name: string, ...values: [string, ...string[]]): void;
  /** Nothing can be read until it is up again. */
  setDown(isDown: boolean): void;
}

/** Secrets by name. */
export function createFakeSecrets(given: Record<string, SecretValues> = {}): FakeSecrets {
  const known = new Map<string, SecretValues>(Object.entries(given));
  let isDown = false;
  return {
    set: (name, ...values) => void known.set(name, values),
    setDown: (value) => {
      isDown = value;
    },
    async read(name) {
      if (isDown) throw new VerdigrisError('SecretUnavailableError', `${name}: down`);
      const values = known.get(name);
      if (values) return values;
      throw new VerdigrisError('ConfigInvalidError', `there is no secret "${name}"`);
    },
  };
}
