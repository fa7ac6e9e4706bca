import { GetTemplateSummaryCommand } from '@aws-sdk/client-cloudformation';
import type { JsonObject } from '../../release/json.ts';
import { orOurs } from './errors.ts';
import { findStack, isStackName, type StackApi } from './stack.ts';

/**
 * What parity checks compare: parameters, names of outputs, types of resources. Of a parameter without
 * echo only its name, and of outputs too: CloudFormation hides no secret that a template puts out.
 */
export async function factsOf(api: StackApi, stackName: string): Promise<JsonObject> {
  const found = isStackName(stackName) ? await findStack(api, stackName) : null;
  if (!found) return {};
  const hasTemplate = found.StackStatus !== 'REVIEW_IN_PROGRESS';
  const summary = hasTemplate ? await readSummary(api, stackName) : null;
  const hidden = new Set(
    (summary?.Parameters ?? []).filter(({ NoEcho }) => NoEcho).map((it) => it.ParameterKey),
  );
  const { Parameters = [], Outputs = [] } = found;
  const shown = Parameters.map(({ ParameterKey = '', ParameterValue, ResolvedValue }) => [
    ParameterKey,
    hidden.has(ParameterKey) ? null : (ResolvedValue ?? ParameterValue ?? ''),
  ]);
  return {
    parameters: Object.fromEntries(shown),
    outputs: Outputs.map(({ OutputKey = '' }) => OutputKey).sort(),
    resourceTypes: (summary?.ResourceTypes ?? []).sort(),
    capabilities: found.Capabilities ?? [],
    role: found.RoleARN ?? null,
    isProtected: found.EnableTerminationProtection ?? false,
    status: found.StackStatus ?? null,
  };
}

function readSummary({ cloudFormation }: StackApi, stackName: string) {
  const command = new GetTemplateSummaryCommand({ StackName: stackName });
  return orOurs(cloudFormation.send(command), { stackName, operation: 'GetTemplateSummary' });
}
