import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { JsonObject } from '../../release/json.ts';

/** What parity checks compare. Of variables only the names: their values may be secrets. */
export function factsOf(found: FunctionConfiguration): JsonObject {
  return {
    version: found.Version ?? null,
    packageType: found.PackageType ?? null,
    runtime: found.Runtime ?? null,
    handler: found.Handler ?? null,
    architectures: found.Architectures ?? [],
    memoryMb: found.MemorySize ?? null,
    timeoutSeconds: found.Timeout ?? null,
    ephemeralStorageMb: found.EphemeralStorage?.Size ?? null,
    role: found.Role ?? null,
    variables: Object.keys(found.Environment?.Variables ?? {}).sort(),
    layers: (found.Layers ?? []).flatMap(({ Arn }) => Arn ?? []),
    isInVpc: Boolean(found.VpcConfig?.VpcId),
    state: found.State ?? null,
    codeSha256: found.CodeSha256 ?? null,
    codeBytes: found.CodeSize ?? null,
  };
}
