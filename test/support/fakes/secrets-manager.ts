import type { SecretsManagerDeps } from '../../../lib/secrets/secrets-manager.ts';
import { sdkError } from './sdk-client.ts';

interface Asked {
  SecretId: string;
  VersionStage: string;
}

/** Secrets Manager in memory: a value that is put makes the one before AWSPREVIOUS. */
export function createFakeSecretsManager() {
  const versions = new Map<string, { AWSCURRENT: string; AWSPREVIOUS?: string }>();
  let failure: Error | null = null;
  let asked = 0;

  async function send({ input }: { input: Asked }) {
    asked += 1;
    if (failure) throw failure;
    const stages: Record<string, string | undefined> = versions.get(input.SecretId) ?? {};
    const SecretString = stages[input.VersionStage];
    if (SecretString !== undefined) return { SecretString };
    throw sdkError('ResourceNotFoundException', "Secrets Manager can't find the specified secret");
  }

  return {
    client: { send } as unknown as SecretsManagerDeps['client'],
    put(id: string, value: string) {
      const before = versions.get(id)?.AWSCURRENT;
      versions.set(id, { AWSCURRENT: value, ...(before ? { AWSPREVIOUS: before } : {}) });
    },
    remove: (id: string) => void versions.delete(id),
    /** Every call is refused like that; null ends it. */
    fail(name: string | null, message = '') {
      failure = name === null ? null : sdkError(name, message);
    },
    asked: () => asked,
  };
}
