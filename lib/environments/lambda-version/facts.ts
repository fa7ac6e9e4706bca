import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import { secretReferencesIn } from '../../aws/secret-references.ts';
import type { JsonObject } from '../../release/json.ts';

/**
 * What parity checks compare. Of variables only the names: their values may be secrets, unless they
 * name one in Secrets Manager or Parameter Store.
 * @param provisionedConcurrency How many containers are kept ready; null for none.
 */
export function factsOf(
  found: FunctionConfiguration,
  provisionedConcurrency: number | null,
): JsonObject {
  return {
    packageType: found.PackageType ?? null,
    runtime: found.Runtime ?? null,
    handler: found.Handler ?? null,
    architectures: found.Architectures ?? [],
    memoryMb: found.MemorySize ?? null,
    timeoutSeconds: found.Timeout ?? null,
    ephemeralStorageMb: found.EphemeralStorage?.Size ?? null,
    role: found.Role ?? null,
    layers: (found.Layers ?? []).flatMap(({ Arn }) => Arn ?? []),
    provisionedConcurrency,
    ...variableFacts(found),
    ...networkFacts(found),
    ...operationFacts(found),
    version: found.Version ?? null,
    state: found.State ?? null,
    codeSha256: found.CodeSha256 ?? null,
    codeBytes: found.CodeSize ?? null,
    ownFacts: ['version', 'state', 'codeSha256', 'codeBytes'],
  };
}

function variableFacts({ Environment, KMSKeyArn }: FunctionConfiguration): JsonObject {
  const variables = Environment?.Variables ?? {};
  return {
    variables: Object.keys(variables).sort(),
    emptyVariables: Object.keys(variables).filter((name) => variables[name] === ''),
    secretReferences: secretReferencesIn(variables),
    variablesKey: KMSKeyArn ?? null,
  };
}

function networkFacts({ VpcConfig, FileSystemConfigs = [] }: FunctionConfiguration): JsonObject {
  return {
    vpc: VpcConfig?.VpcId || null,
    subnets: VpcConfig?.SubnetIds?.toSorted() ?? [],
    securityGroups: VpcConfig?.SecurityGroupIds?.toSorted() ?? [],
    fileSystems: FileSystemConfigs.flatMap(({ Arn }) => Arn ?? []),
  };
}

function operationFacts(found: FunctionConfiguration): JsonObject {
  const { LoggingConfig: logging } = found;
  return {
    logGroup: logging?.LogGroup ?? null,
    logFormat: logging?.LogFormat ?? null,
    logLevel: logging?.ApplicationLogLevel ?? null,
    tracing: found.TracingConfig?.Mode ?? null,
    deadLetterTarget: found.DeadLetterConfig?.TargetArn ?? null,
    snapStart: found.SnapStart?.ApplyOn ?? null,
  };
}
