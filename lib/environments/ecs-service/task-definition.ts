import {
  type ContainerDefinition,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Tag,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { releaseTag } from '../../aws/environment-tags.ts';
import { isCalled } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { askEcs, type Cluster, tagOf } from './cluster.ts';

/** A task definition and its tags. */
export interface Revision {
  definition: TaskDefinition;
  tags: Tag[];
}

/** What a release changes in the task definition that it is copied from. */
export interface RevisionChanges {
  /** The family into which it goes. */
  family: string;
  /** The container that gets the image. */
  container: string;
  image: string;
  /** Variables of every container. */
  variables: Record<string, string>;
  tags: Tag[];
}

/**
 * The newest active revision of a family, or a given one (`family:7`, an ARN); null when there is none.
 * ECS has no error of its own for that (API_DescribeTaskDefinition): ClientException "Unable to
 * describe task definition."
 */
export async function findRevision({ ecs }: Cluster, family: string): Promise<Revision | null> {
  const command = new DescribeTaskDefinitionCommand({ taskDefinition: family, include: ['TAGS'] });
  try {
    const { taskDefinition, tags = [] } = await ecs.send(command);
    return taskDefinition ? { definition: taskDefinition, tags } : null;
  } catch (error) {
    const isMissing = /unable to describe task definition/i.test(messageOf(error));
    if (isCalled(error, 'ClientException') && isMissing) return null;
    return askEcs(Promise.reject(error), 'DescribeTaskDefinition', family);
  }
}

/** The newest revision of this family that was registered for the release; null when there is none. */
export async function findOwnRevision(
  at: Cluster,
  family: string,
  releaseId: string,
): Promise<Revision | null> {
  const found = await findRevision(at, family);
  return found && isActive(found) && tagOf(found, releaseTag) === releaseId ? found : null;
}

function isActive({ definition }: Revision): boolean {
  return definition.status !== 'INACTIVE';
}

/** @throws ConfigInvalidError when the family has no active revision. */
export async function readRevision(at: Cluster, family: string): Promise<Revision> {
  const found = await findRevision(at, family);
  if (found && isActive(found)) return found;
  throw new VerdigrisError(
    'ConfigInvalidError',
    `there is no active task definition ${family} in this account and region; register one, or correct environment.taskDefinition in the manifest`,
  );
}

/** Registers a revision and returns its ARN. */
export async function register(
  { ecs }: Cluster,
  input: RegisterTaskDefinitionCommandInput,
): Promise<string> {
  const { taskDefinition } = await askEcs(
    ecs.send(new RegisterTaskDefinitionCommand(input)),
    'RegisterTaskDefinition',
    `task definition ${input.family}`,
  );
  return taskDefinition?.taskDefinitionArn ?? `${input.family}`;
}

/**
 * Deregisters every active revision of a release's own family. Of a family that only bears the same
 * name, which has no tag of a release, nothing is touched.
 */
export async function deregisterAll(at: Cluster, family: string): Promise<void> {
  for (const arn of await listRevisions(at, family)) {
    const found = await findRevision(at, arn);
    if (!found || tagOf(found, releaseTag) === null) continue;
    const command = new DeregisterTaskDefinitionCommand({ taskDefinition: arn });
    await askEcs(at.ecs.send(command), 'DeregisterTaskDefinition', arn);
  }
}

/** A release registers one revision, or two where calls overlapped: the first page has them. */
async function listRevisions({ ecs }: Cluster, family: string): Promise<string[]> {
  const command = new ListTaskDefinitionsCommand({ familyPrefix: family, status: 'ACTIVE' });
  const answer = await askEcs(ecs.send(command), 'ListTaskDefinitions', family);
  const isOfFamily = (arn: string) => arn.split('/').pop()?.split(':')[0] === family;
  return (answer.taskDefinitionArns ?? []).filter(isOfFamily);
}

/**
 * The container that a release gives its image to: the named one, else the only essential one.
 * @throws ConfigInvalidError when it is not clear.
 */
export function releasedContainer(
  { family, containerDefinitions = [] }: TaskDefinition,
  named: string | undefined,
): ContainerDefinition & { name: string } {
  const all = containerDefinitions.flatMap((one) => (one.name ? [{ ...one, name: one.name }] : []));
  const candidates = named
    ? all.filter(({ name }) => name === named)
    : all.filter(({ essential }) => essential !== false);
  const [only, ...others] = candidates;
  if (only && others.length === 0) return only;
  const names = all.map(({ name }) => name).join(', ');
  throw new VerdigrisError(
    'ConfigInvalidError',
    named
      ? `task definition ${family} has no container ${named}, only ${names}; correct environment.container`
      : `task definition ${family} has ${candidates.length} essential containers of ${names}; say in environment.container which one is released`,
  );
}

/** The port to which the load balancer sends. @throws ConfigInvalidError when it is not clear. */
export function portOf(
  { name, portMappings = [] }: ContainerDefinition,
  given: number | undefined,
): number {
  if (given !== undefined) return given;
  const [only, ...others] = portMappings.flatMap(({ containerPort }) => containerPort ?? []);
  if (only !== undefined && others.length === 0) return only;
  throw new VerdigrisError(
    'ConfigInvalidError',
    `container ${name} maps ${others.length === 0 ? 'no port' : 'several ports'}; say in environment.containerPort where it takes requests`,
  );
}

/** What RegisterTaskDefinition takes over from a revision; the rest ECS works out itself. */
export function revisionFor(
  definition: TaskDefinition,
  { family, container, image, variables, tags }: RevisionChanges,
): RegisterTaskDefinitionCommandInput {
  return {
    family,
    taskRoleArn: definition.taskRoleArn,
    executionRoleArn: definition.executionRoleArn,
    networkMode: definition.networkMode,
    volumes: definition.volumes,
    placementConstraints: definition.placementConstraints,
    requiresCompatibilities: definition.requiresCompatibilities,
    cpu: definition.cpu,
    memory: definition.memory,
    pidMode: definition.pidMode,
    ipcMode: definition.ipcMode,
    proxyConfiguration: definition.proxyConfiguration,
    ephemeralStorage: definition.ephemeralStorage,
    runtimePlatform: definition.runtimePlatform,
    enableFaultInjection: definition.enableFaultInjection,
    containerDefinitions: (definition.containerDefinitions ?? []).map((one) => ({
      ...one,
      ...(one.name === container ? { image } : {}),
      environment: withVariables(one.environment, variables),
    })),
    tags,
  };
}

function withVariables(
  environment: ContainerDefinition['environment'],
  variables: Record<string, string>,
) {
  const kept = (environment ?? []).filter(({ name = '' }) => !(name in variables));
  return [...kept, ...Object.entries(variables).map(([name, value]) => ({ name, value }))];
}
