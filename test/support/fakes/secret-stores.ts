import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import type { ParameterMetadata } from '@aws-sdk/client-ssm';
import type { ParametersApi, SecretsManagerApi } from '../../../lib/checks/secrets.ts';
import { awsError, createFakeClient, type FakeClient } from './aws-client.ts';

type Secret = Partial<DescribeSecretCommandOutput> & { policy?: object };

/** Secrets Manager and Parameter Store in memory, as far as they tell without values. */
export interface FakeSecretStores {
  readonly secretsManager: () => Promise<SecretsManagerApi>;
  readonly parameters: () => Promise<ParametersApi>;
  readonly secretCalls: FakeClient;
  readonly parameterCalls: FakeClient;
  arnOf(name: string): string;
}

const home = 'eu-central-1:123456789012';

/** @param secrets By their names. @param parameters By theirs; `Type` is String unless said otherwise. */
export function createFakeSecretStores(
  secrets: Record<string, Secret> = {},
  parameters: Record<string, Partial<ParameterMetadata>> = {},
): FakeSecretStores {
  const arnOf = (name: string) => `arn:aws:secretsmanager:${home}:secret:${name}-AbCdEf`;

  function find(id: unknown): [string, Secret] {
    const found = Object.entries(secrets).find(([name]) =>
      [name, arnOf(name), arnOf(name).slice(0, -7)].includes(String(id)),
    );
    if (found) return found;
    const message = "Secrets Manager can't find the specified secret.";
    throw awsError('ResourceNotFoundException', message);
  }

  const store = createFakeClient('Secrets Manager', {
    DescribeSecret({ SecretId }) {
      const [name, { policy: _, ...told }] = find(SecretId);
      const VersionIdsToStages = { 'version-1': ['AWSPREVIOUS'], 'version-2': ['AWSCURRENT'] };
      return { ARN: arnOf(name), Name: name, VersionIdsToStages, ...told };
    },
    GetResourcePolicy({ SecretId }) {
      const [, { policy }] = find(SecretId);
      return policy ? { ResourcePolicy: JSON.stringify(policy) } : {};
    },
  });

  const parameterStore = createFakeClient('Parameter Store', {
    DescribeParameters({ ParameterFilters }) {
      const [{ Values = [] } = {}] = ParameterFilters as { Values: string[] }[];
      return {
        Parameters: Values.flatMap((Name) => {
          const told = parameters[Name];
          const ARN = `arn:aws:ssm:${home}:parameter/${Name.replace(/^\//, '')}`;
          return told ? [{ Name, ARN, Type: 'String', Version: 1, ...told }] : [];
        }),
      };
    },
  });

  return {
    secretsManager: async () => ({ send: store.send }) as unknown as SecretsManagerApi,
    parameters: async () => ({ send: parameterStore.send }) as unknown as ParametersApi,
    secretCalls: store.faults,
    parameterCalls: parameterStore.faults,
    arnOf,
  };
}
