import {
  type Capability,
  CreateChangeSetCommand,
  DescribeChangeSetCommand,
  type DescribeChangeSetOutput,
  ExecuteChangeSetCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { environmentTag, releaseTag, serviceTag, versionTag } from '../../aws/environment-tags.ts';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { Artifact } from '../../release/artifact.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { toOurs } from './errors.ts';
import { whyChangeSetFailed } from './failures.ts';
import {
  findStack,
  type OutputNames,
  releaseOf,
  type StackApi,
  stackNameOf,
  toRef,
} from './stack.ts';
import { type TemplateStore, templateUrl } from './template.ts';

/** The manifest's part, and whose it is. */
export interface StackPart {
  service: string;
  stackPrefix: string;
  parameters: Readonly<Record<string, string>>;
  versionParameter?: string | undefined;
  tags: Readonly<Record<string, string>>;
  capabilities: Capability[];
  roleArn?: string | undefined;
  outputs: OutputNames;
}

/** What a stack is made with. */
export interface StackMaker {
  api: StackApi;
  s3: TemplateStore;
  part: StackPart;
}

/** The one change set by which a stack is made. */
const changeSetName = 'verdigris';

/**
 * Brings the stack of a release one write further: a change set is created, then executed. The stack's
 * name follows from the release, so that a repetition, or a call at the same time, finds what is there.
 * Null until CloudFormation has begun to make resources.
 * @throws ArtifactInvalidError when CloudFormation does not take the template; no resource was made.
 * @throws ProvisionFailedError when a stack of that name is not of this release.
 */
export async function advanceStack(
  maker: StackMaker,
  artifact: Artifact,
  releaseId: string,
): Promise<EnvironmentRef | null> {
  const { api, part } = maker;
  const stackName = stackNameOf(part.stackPrefix, releaseId);
  const found = await findStack(api, stackName);
  if (!found) await createChangeSet(maker, artifact, stackName, releaseId);
  else if (found.StackStatus === 'REVIEW_IN_PROGRESS') {
    await advanceChangeSet(maker, artifact, stackName, releaseId);
  } else {
    throwIfForeign(stackName, releaseOf(found), releaseId);
    return { ...toRef(found, part.outputs), version: artifact.version };
  }
  return null;
}

function throwIfForeign(stackName: string, owner: string | undefined, releaseId: string): void {
  if (owner === releaseId) return;
  const whose = owner === undefined ? 'was not made by Verdigris' : `belongs to release ${owner}`;
  throw new VerdigrisError(
    'ProvisionFailedError',
    `there is a stack ${stackName} already, which ${whose}; choose another environment.stackPrefix`,
  );
}

async function createChangeSet(
  maker: StackMaker,
  artifact: Artifact,
  stackName: string,
  releaseId: string,
): Promise<void> {
  const { api, s3, part } = maker;
  const region = await api.cloudFormation.config.region();
  const command = new CreateChangeSetCommand({
    StackName: stackName,
    ChangeSetName: changeSetName,
    ChangeSetType: 'CREATE',
    ClientToken: stackName,
    TemplateURL: await templateUrl(artifact, region, s3),
    Parameters: parametersOf(part, artifact),
    Tags: tagsOf(part, artifact, stackName, releaseId),
    Capabilities: part.capabilities,
    // What failed stays readable until the release is discarded, and nothing goes by itself.
    OnStackFailure: 'DO_NOTHING',
    ...(part.roleArn && { RoleARN: part.roleArn }),
  });
  try {
    await api.cloudFormation.send(command);
  } catch (error) {
    if (isOvertaken(error)) return;
    throw asRefusal(error, artifact) ?? toOurs(error, { stackName, operation: 'CreateChangeSet' });
  }
}

function parametersOf({ parameters, versionParameter }: StackPart, { version }: Artifact) {
  const values = { ...parameters, ...(versionParameter && { [versionParameter]: version }) };
  return Object.entries(values).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));
}

function tagsOf(
  { service, tags }: StackPart,
  { version }: Artifact,
  stackName: string,
  releaseId: string,
) {
  const own = {
    [environmentTag]: stackName,
    [releaseTag]: releaseId,
    [serviceTag]: service,
    [versionTag]: version,
  };
  return Object.entries({ ...tags, ...own }).map(([Key, Value]) => ({ Key, Value }));
}

/** Another call for the same release was faster. Who looks again sees what it did. */
function isOvertaken(error: unknown): boolean {
  if (isCalled(error, 'AlreadyExistsException')) return true;
  return isCalled(error, 'ValidationError') && /already exists|_IN_PROGRESS/.test(messageOf(error));
}

/**
 * CloudFormation says by ValidationError whatever it has against a template: that it cannot be read
 * ("S3 error: …"), is none, or wants other parameters.
 */
function asRefusal(cause: unknown, { uri }: Artifact): VerdigrisError | null {
  const said = messageOf(cause);
  const config = (message: string) => new VerdigrisError('ConfigInvalidError', message, { cause });
  if (isCalled(cause, 'InsufficientCapabilitiesException')) {
    return config(`${said}: the template of ${uri} needs that in environment.capabilities`);
  }
  if (!isCalled(cause, 'ValidationError')) return null;
  if (/\brole\b.*(invalid|assume)/i.test(said)) return config(`environment.roleArn: ${said}`);
  return refused(uri, said, cause);
}

function refused(uri: string, said: string, cause?: unknown): VerdigrisError {
  const message = `artifact ${uri} is not a template that CloudFormation takes: ${said}`;
  return new VerdigrisError('ArtifactInvalidError', message, { cause });
}

/** A stack in review has no resources; its change set knows what it is to become. */
async function advanceChangeSet(
  maker: StackMaker,
  artifact: Artifact,
  stackName: string,
  releaseId: string,
): Promise<void> {
  const { api } = maker;
  const found = await findChangeSet(api, stackName);
  if (!found) return createChangeSet(maker, artifact, stackName, releaseId);
  throwIfForeign(stackName, releaseOf(found as Stack), releaseId);
  if (found.Status === 'FAILED') {
    throw refused(artifact.uri, await whyChangeSetFailed(api, found));
  }
  if (found.Status === 'CREATE_COMPLETE' && found.ExecutionStatus === 'AVAILABLE') {
    await execute(api, stackName);
  }
}

async function findChangeSet(
  { cloudFormation }: StackApi,
  stackName: string,
): Promise<DescribeChangeSetOutput | null> {
  const command = new DescribeChangeSetCommand({
    StackName: stackName,
    ChangeSetName: changeSetName,
  });
  try {
    return await cloudFormation.send(command);
  } catch (error) {
    if (isGone(error)) return null;
    throw toOurs(error, { stackName, operation: 'DescribeChangeSet' });
  }
}

/** The API's own name of the error, and the SDK's. */
function isGone(error: unknown): boolean {
  return isCalled(error, 'ChangeSetNotFound', 'ChangeSetNotFoundException');
}

/** Whoever comes second is told that the change set is being executed, or is gone after that. */
async function execute({ cloudFormation }: StackApi, stackName: string): Promise<void> {
  const command = new ExecuteChangeSetCommand({
    StackName: stackName,
    ChangeSetName: changeSetName,
    ClientRequestToken: stackName,
  });
  try {
    await cloudFormation.send(command);
  } catch (error) {
    const isUnderWay = isCalled(error, 'InvalidChangeSetStatus', 'InvalidChangeSetStatusException');
    if (!isUnderWay && !isGone(error))
      throw toOurs(error, { stackName, operation: 'ExecuteChangeSet' });
  }
}
