import { environmentName, throwIfTaken } from '../../aws/environment-name.ts';
import { validationCapacity } from '../../aws/green-capacity.ts';
import { chooseTargetGroup, type TargetGroup } from '../../aws/target-group-choice.ts';
import { claimTargetGroup, nameTargetGroups, readTargetGroups } from '../../aws/target-groups.ts';
import type { Artifact } from '../../release/artifact.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import {
  createService,
  type EcsService,
  findActive,
  findService,
  releaseOf,
  withMarks,
} from './cluster.ts';
import { imageOf } from './image.ts';
import { settingsOf } from './settings.ts';
import { clientTokenFor, listMade, type Shop, toRef, usersOf } from './shop.ts';
import {
  findOwnRevision,
  portOf,
  readRevision,
  register,
  releasedContainer,
  revisionFor,
} from './task-definition.ts';

/** Everything about the service that is to be made, before anything is. */
interface Draft {
  name: string;
  releaseId: string;
  version: string;
  image: string;
  /** The service whose settings are copied. */
  model: EcsService;
  group: TargetGroup;
  /** The groups of the manifest that it does not get. */
  others: TargetGroup[];
  desiredCount: number;
}

/**
 * Makes the service of a release, or finds it. Null until DescribeServices shows it, as ECS is
 * eventually consistent: what is named must not look gone a moment later.
 *
 * All that is made bears the one name that follows from the release's id, the task definition's family
 * included, so that calls in a row, at once or after a lost answer find the same.
 */
export async function provisionService(
  shop: Shop,
  artifact: Artifact,
  releaseId: string,
): Promise<EnvironmentRef | null> {
  const name = environmentName(shop.namePrefix, releaseId);
  const found = await findService(shop, name);
  if (found) {
    throwIfTaken(`service ${name}`, releaseOf(found), releaseId);
    return toRef(shop, found);
  }
  const draft = await draftService(shop, artifact, releaseId, name);
  const input = await prepareService(shop, draft);
  await nameTargetGroups(shop.elb, draft.others, shop.service);
  await claimTargetGroup(shop.elb, draft.group.arn, name, shop.service);
  await createService(shop, input);
  return null;
}

/** Looks at all that a service is made of. Changes nothing. */
async function draftService(
  shop: Shop,
  artifact: Artifact,
  releaseId: string,
  name: string,
): Promise<Draft> {
  const image = imageOf(artifact);
  const [template, made, groups] = await Promise.all([
    findActive(shop, shop.like),
    listMade(shop),
    readTargetGroups(shop.elb, shop.targetGroups),
  ]);
  const siblings = [...(template ? [template] : []), ...made];
  const model = siblings[0] ?? throwNoModel(shop);
  const group = chooseTargetGroup(groups, name, usersOf(siblings));
  throwIfUnattached(group);
  const counts = siblings.map((one) => one.desiredCount ?? 0);
  const desiredCount = validationCapacity(shop.capacity.validate, counts);
  const others = groups.filter(({ arn }) => arn !== group.arn);
  return { name, releaseId, version: artifact.version, image, model, group, others, desiredCount };
}

function throwNoModel({ like, cluster, namePrefix }: Shop): never {
  throw new VerdigrisError(
    'ConfigInvalidError',
    `there is no service ${like} in cluster ${cluster} to copy launch settings from, and no ${namePrefix}-… that was made for a release; create it (it needs no tasks), or correct environment.like`,
  );
}

/**
 * ECS makes no service for a group on no load balancer ("does not have an associated load balancer"):
 * better said before anything is made.
 */
function throwIfUnattached({ name, isAttached }: TargetGroup): void {
  if (isAttached) return;
  throw new VerdigrisError(
    'ProvisionFailedError',
    `target group ${name} is on no load balancer, and ECS makes no service for such a group: name it in a rule of its own that stays, such as one for a test listener or host (its \`address\`), or in the live rule with weight 0`,
  );
}

/** Registers the task definition and says what the service is to be like. */
async function prepareService(shop: Shop, draft: Draft) {
  const { name, releaseId, version, model, group, desiredCount } = draft;
  const source = await readRevision(shop, shop.taskDefinition);
  const container = releasedContainer(source.definition, shop.container);
  const containerPort = portOf(container, shop.containerPort);
  const marks = { name, releaseId, version, service: shop.service };
  const own = await findOwnRevision(shop, name, releaseId);
  const variables = { VERDIGRIS_ENVIRONMENT: name, VERDIGRIS_VERSION: version };
  const changes = { family: name, container: container.name, image: draft.image, variables };
  const taskDefinition =
    own?.definition.taskDefinitionArn ??
    (await register(
      shop,
      revisionFor(source.definition, { ...changes, tags: withMarks(source.tags, marks) }),
    ));
  return {
    ...settingsOf(model),
    cluster: shop.cluster,
    serviceName: name,
    taskDefinition,
    desiredCount,
    clientToken: clientTokenFor(name),
    schedulingStrategy: 'REPLICA' as const,
    healthCheckGracePeriodSeconds:
      shop.healthCheckGracePeriod ?? model.healthCheckGracePeriodSeconds,
    loadBalancers: [{ targetGroupArn: group.arn, containerName: container.name, containerPort }],
    tags: withMarks(model.tags, marks),
  };
}
