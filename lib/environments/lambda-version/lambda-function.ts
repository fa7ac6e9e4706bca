import {
  type AliasConfiguration,
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { orMissing, orOurs } from './errors.ts';
import { readVersionMark } from './marks.ts';

/** The one call of the SDK's client. */
export type LambdaApi = Pick<LambdaClient, 'send'>;

/** The unpublished version: what deployments change, and what an unqualified call reaches. */
export const latest = '$LATEST';

/** One Lambda function and how it is reached. */
export interface LambdaFunction {
  lambda: LambdaApi;
  functionName: string;
}

/** True for the number of a published version: the only qualifier that this adapter may change. */
export function isVersionNumber(id: string): boolean {
  return /^[1-9]\d*$/.test(id);
}

/** The configuration of a version, or null when there is none of that number. */
export function findConfiguration(
  { lambda, functionName }: LambdaFunction,
  qualifier: string,
): Promise<FunctionConfiguration | null> {
  const command = new GetFunctionConfigurationCommand({
    FunctionName: functionName,
    Qualifier: qualifier,
  });
  return orMissing(lambda.send(command), { functionName, operation: 'GetFunctionConfiguration' });
}

/** @throws ConfigInvalidError when there is no such function. */
export function readLatest({
  lambda,
  functionName,
}: LambdaFunction): Promise<FunctionConfiguration> {
  const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
  return orOurs(lambda.send(command), { functionName, operation: 'GetFunctionConfiguration' });
}

/**
 * The version that was published for this release, or null. Of several, made by two calls at once,
 * the first: everybody has to choose the same one.
 */
export async function findPublished(
  fn: LambdaFunction,
  releaseId: string,
): Promise<FunctionConfiguration | null> {
  const ours = (await listPublished(fn)).filter((one) => one.releaseId === releaseId);
  return ours.sort((a, b) => Number(a.found.Version) - Number(b.found.Version))[0]?.found ?? null;
}

/** Every version that was published for a release, by whichever service. */
export async function listPublished({
  lambda,
  functionName,
}: LambdaFunction): Promise<{ found: FunctionConfiguration; releaseId: string }[]> {
  const found = await everyPage(async (Marker) => {
    const command = new ListVersionsByFunctionCommand({
      FunctionName: functionName,
      ...(Marker ? { Marker } : {}),
    });
    const call = { functionName, operation: 'ListVersionsByFunction' };
    const page = await orMissing(lambda.send(command), call);
    return { items: page?.Versions ?? [], next: page?.NextMarker };
  });
  return found.flatMap((version) => {
    const mark = version.Version === latest ? null : readVersionMark(version.Description);
    return mark ? [{ found: version, releaseId: mark.releaseId }] : [];
  });
}

/** Names of the aliases that send any traffic to this version, also by a weight. */
export async function aliasesOn(
  { lambda, functionName }: LambdaFunction,
  version: string,
): Promise<string[]> {
  const aliases = await everyPage(async (Marker) => {
    const command = new ListAliasesCommand({
      FunctionName: functionName,
      ...(Marker ? { Marker } : {}),
    });
    const page = await orMissing(lambda.send(command), { functionName, operation: 'ListAliases' });
    return { items: page?.Aliases ?? [], next: page?.NextMarker };
  });
  return aliases.filter((alias) => leadsTo(alias, version)).map(({ Name = '' }) => Name);
}

function leadsTo({ FunctionVersion, RoutingConfig }: AliasConfiguration, version: string): boolean {
  if (FunctionVersion === version) return true;
  return version in (RoutingConfig?.AdditionalVersionWeights ?? {});
}

/** A page has at most 50 entries, whatever is asked for (API_ListVersionsByFunction). */
async function everyPage<Item>(
  readPage: (marker: string | undefined) => Promise<{ items: Item[]; next: string | undefined }>,
): Promise<Item[]> {
  const found: Item[] = [];
  let marker: string | undefined;
  do {
    const { items, next } = await readPage(marker);
    found.push(...items);
    marker = next || undefined;
  } while (marker);
  return found;
}

/** A published version as the release document carries it. */
export function toRef(functionName: string, found: FunctionConfiguration): EnvironmentRef {
  const number = found.Version ?? '';
  return {
    id: number,
    kind: 'lambda-version',
    version: readVersionMark(found.Description)?.version ?? 'unknown',
    address: null,
    attributes: { functionName, version: number, codeSha256: found.CodeSha256 ?? '' },
  };
}

/** Why a route to $LATEST is not one that can be released over, and how to mend it. */
export function latestIsLive(functionName: string, alias: string): VerdigrisError {
  return new VerdigrisError(
    'RouteConflictError',
    `${alias} of ${functionName} points at $LATEST, which every deployment changes: users would get green before any check. Publish a version and point it there first: aws lambda publish-version --function-name ${functionName}, then aws lambda update-alias --function-name ${functionName} --name ALIAS --function-version N`,
  );
}
