import {
  GetTemplateSummaryCommand,
  type GetTemplateSummaryCommandOutput,
  ListStackResourcesCommand,
  type Stack,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { isCopiedTag } from '../../aws/environment-tags.ts';
import type { JsonObject } from '../../release/json.ts';
import { orOurs } from './errors.ts';
import { findStack, isStackName, type StackApi } from './stack.ts';

/** What is made anew with every stack, and what a release does to it later. */
const ownFacts = ['isProtected', 'status', 'roles', 'securityGroups', 'functions'];

/**
 * What parity checks compare: parameters, names of outputs, types of resources, tags. Of a parameter
 * without echo only its name, and of outputs too: CloudFormation hides no secret that a template puts out.
 * @param versionParameter The parameter that gets the artifact's version.
 */
export async function factsOf(
  api: StackApi,
  stackName: string,
  versionParameter: string | undefined,
): Promise<JsonObject> {
  const found = isStackName(stackName) ? await findStack(api, stackName) : null;
  if (!found) return {};
  const hasTemplate = found.StackStatus !== 'REVIEW_IN_PROGRESS';
  const [summary, resources] = hasTemplate
    ? await Promise.all([readSummary(api, stackName), listResources(api, stackName)])
    : [null, []];
  const own = versionParameter ? [...ownFacts, `parameters.${versionParameter}`] : ownFacts;
  return {
    parameters: parameterFacts(found, summary),
    outputs: (found.Outputs ?? []).map(({ OutputKey = '' }) => OutputKey).sort(),
    resourceTypes: (summary?.ResourceTypes ?? []).sort(),
    capabilities: found.Capabilities ?? [],
    role: found.RoleARN ?? null,
    tags: tagFacts(found),
    roles: namesOf(resources, 'AWS::IAM::Role'),
    securityGroups: namesOf(resources, 'AWS::EC2::SecurityGroup'),
    functions: namesOf(resources, 'AWS::Lambda::Function'),
    isProtected: found.EnableTerminationProtection ?? false,
    status: found.StackStatus ?? null,
    ownFacts: own,
  };
}

function parameterFacts(
  { Parameters = [] }: Stack,
  summary: GetTemplateSummaryCommandOutput | null,
): JsonObject {
  const hidden = new Set(
    (summary?.Parameters ?? []).filter(({ NoEcho }) => NoEcho).map((it) => it.ParameterKey),
  );
  const shown = Parameters.map(({ ParameterKey = '', ParameterValue, ResolvedValue }) => [
    ParameterKey,
    hidden.has(ParameterKey) ? null : (ResolvedValue ?? ParameterValue ?? ''),
  ]);
  return Object.fromEntries(shown);
}

function tagFacts({ Tags = [] }: Stack): JsonObject {
  const copied = Tags.filter(({ Key }) => isCopiedTag(Key));
  return Object.fromEntries(copied.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** What CloudFormation calls the resources of one type, by their names in the template. */
function namesOf(resources: readonly StackResourceSummary[], type: string): JsonObject {
  const found = resources.filter((one) => one.ResourceType === type && one.PhysicalResourceId);
  return Object.fromEntries(
    found.map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [
      LogicalResourceId,
      PhysicalResourceId,
    ]),
  );
}

function readSummary({ cloudFormation }: StackApi, stackName: string) {
  const command = new GetTemplateSummaryCommand({ StackName: stackName });
  return orOurs(cloudFormation.send(command), { stackName, operation: 'GetTemplateSummary' });
}

async function listResources(
  { cloudFormation }: StackApi,
  stackName: string,
): Promise<StackResourceSummary[]> {
  const found: StackResourceSummary[] = [];
  let token: string | undefined;
  do {
    const command = new ListStackResourcesCommand({ StackName: stackName, NextToken: token });
    const call = { stackName, operation: 'ListStackResources' };
    const page = await orOurs(cloudFormation.send(command), call);
    found.push(...(page.StackResourceSummaries ?? []));
    token = page.NextToken;
  } while (token);
  return found.filter(({ ResourceStatus }) => ResourceStatus !== 'DELETE_COMPLETE');
}
