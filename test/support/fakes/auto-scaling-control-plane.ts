import type {
  Activity,
  AutoScalingGroup,
  CreateAutoScalingGroupCommandInput,
  Filter,
  Instance,
  LifecycleHook,
  Tag,
} from '@aws-sdk/client-auto-scaling';
import { awsError, type Operation } from './aws-client.ts';
import type { FakeTargetGroups } from './target-groups.ts';

/** How patient and how obstinate the control plane is. May be changed at any moment. */
export interface AutoScalingKnobs {
  /** So many looks at a group until a new instance is in service. */
  startLooks: number;
  /** So many looks until an instance that is to stop is terminated. */
  stopLooks: number;
  /** So many looks at which a deleted group still shows, with its status. */
  deleteLooks: number;
  /** So many looks at which a new group is not to be seen: eventual consistency. */
  hiddenLooks: number;
  /** Why launches of an image fail, by its id. */
  readonly launchFailures: Map<string, string>;
}

/** One look at the state of things, without a call. */
export interface AutoScalingView {
  groups(): string[];
  group(name: string): AutoScalingGroup;
  inService(name: string): number;
  /** Somebody else makes a group, whose instances are in service at once. */
  createByHand(
    input: Partial<CreateAutoScalingGroupCommandInput> & { AutoScalingGroupName: string },
  ): AutoScalingGroup;
  addHook(hook: LifecycleHook): void;
}

type Held = {
  group: Omit<AutoScalingGroup, 'Tags'> & {
    Instances: Instance[];
    Tags: Tag[];
    DesiredCapacity: number;
  };
  looksLeft: Map<string, number>;
  activities: Activity[];
  hiddenLooks: number;
  deleteLooks: number;
};

const pageSize = 2;

/**
 * After what AWS documents: a name is taken while its group is there, sizes have to fit their bounds, no
 * deletion with instances, launches that fail are tried again for ever and noted as activities. Each
 * DescribeAutoScalingGroups is a look.
 */
export function createAutoScalingControlPlane(
  knobs: AutoScalingKnobs,
  targetGroups: FakeTargetGroups,
  imageOf: (group: AutoScalingGroup) => string,
  now: () => number,
): { operations: Record<string, Operation>; view: AutoScalingView } {
  const groups = new Map<string, Held>();
  const hooks: LifecycleHook[] = [];
  let instancesMade = 0;
  let groupsMade = 0;

  const invalid = (message: string) => awsError('ValidationError', message);

  function find(name: unknown): Held {
    const found = groups.get(String(name));
    if (found) return found;
    throw invalid(`AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
  }

  function note(held: Held, StatusCode: 'Successful' | 'Failed', StatusMessage?: string): void {
    held.activities.unshift({
      ActivityId: `a-${held.activities.length}`,
      AutoScalingGroupName: held.group.AutoScalingGroupName,
      Cause: 'a difference between desired and actual capacity',
      StartTime: new Date(now()),
      StatusCode,
      ...(StatusMessage && { StatusMessage }),
    });
  }

  const targetsOf = ({ group }: Held) => group.TargetGroupARNs ?? [];

  /** False when the launch failed. */
  function launch(held: Held, looksLeft: number): boolean {
    const failure = knobs.launchFailures.get(imageOf(held.group));
    if (failure) {
      note(held, 'Failed', failure);
      return false;
    }
    instancesMade += 1;
    const InstanceId = `i-${String(instancesMade).padStart(8, '0')}`;
    held.group.Instances.push({
      InstanceId,
      InstanceType: 't4g.small',
      AvailabilityZone: 'eu-central-1a',
      LifecycleState: 'Pending',
      HealthStatus: 'Healthy',
      ProtectedFromScaleIn: false,
    });
    held.looksLeft.set(InstanceId, looksLeft);
    if (looksLeft === 0) advance(held, held.group.Instances.at(-1));
    return true;
  }

  function advance(held: Held, instance: Instance | undefined): void {
    const id = instance?.InstanceId ?? '';
    const left = held.looksLeft.get(id) ?? 0;
    if (!instance || instance.LifecycleState === 'InService') return;
    if (left > 0) {
      held.looksLeft.set(id, left - 1);
      return;
    }
    if (instance.LifecycleState === 'Pending') {
      instance.LifecycleState = 'InService';
      note(held, 'Successful');
      for (const arn of targetsOf(held)) targetGroups.register(arn, id, 80);
    } else {
      held.group.Instances = held.group.Instances.filter((one) => one !== instance);
    }
  }

  function terminate(held: Held, instance: Instance): void {
    const id = instance.InstanceId ?? '';
    for (const arn of targetsOf(held)) targetGroups.deregister(arn, id);
    instance.LifecycleState = 'Terminating';
    held.looksLeft.set(id, knobs.stopLooks);
    if (knobs.stopLooks === 0) advance(held, instance);
  }

  const keptIn = ({ group }: Held) =>
    group.Instances.filter(({ LifecycleState }) => LifecycleState !== 'Terminating');

  /** What Auto Scaling does between two looks. */
  function schedule(held: Held, startLooks = knobs.startLooks): void {
    for (const instance of [...held.group.Instances]) advance(held, instance);
    for (const instance of keptIn(held).slice(held.group.DesiredCapacity))
      terminate(held, instance);
    while (keptIn(held).length < held.group.DesiredCapacity) {
      if (!launch(held, startLooks)) break;
    }
  }

  function throwIfBadSizes({
    MinSize = 0,
    MaxSize = 0,
    DesiredCapacity = 0,
  }: Partial<AutoScalingGroup>) {
    if (MinSize > DesiredCapacity || DesiredCapacity > MaxSize)
      throw invalid('Desired capacity must be between the specified min size and max size');
  }

  function throwIfBadTags(tags: Tag[]): void {
    if (tags.some(({ Key }) => Key?.startsWith('aws:'))) throw invalid('aws: is reserved.');
  }

  function create(input: CreateAutoScalingGroupCommandInput): Held {
    const {
      AutoScalingGroupName: name = '',
      Tags = [],
      LifecycleHookSpecificationList,
      ...rest
    } = input;
    if (groups.has(name))
      throw awsError('AlreadyExistsFault', 'AutoScalingGroup by this name already exists');
    throwIfBadSizes(rest);
    if (!rest.LaunchTemplate && !rest.MixedInstancesPolicy && !rest.LaunchConfigurationName)
      throw invalid('Valid requests must contain a launch template or configuration');
    groupsMade += 1;
    for (const hook of LifecycleHookSpecificationList ?? [])
      hooks.push({ ...hook, AutoScalingGroupName: name });
    const held: Held = {
      group: {
        ...rest,
        AutoScalingGroupName: name,
        CreatedTime: new Date(now() + groupsMade),
        DesiredCapacity: rest.DesiredCapacity ?? rest.MinSize ?? 0,
        Instances: [],
        Tags,
      } as Held['group'],
      looksLeft: new Map(),
      activities: [],
      hiddenLooks: knobs.hiddenLooks,
      deleteLooks: 0,
    };
    groups.set(name, held);
    return held;
  }

  function look(held: Held): AutoScalingGroup[] {
    schedule(held);
    const name = held.group.AutoScalingGroupName ?? '';
    held.hiddenLooks -= 1;
    if (held.group.Status) {
      if (held.deleteLooks === 0) groups.delete(name);
      held.deleteLooks -= 1;
    }
    return held.hiddenLooks < 0 && groups.has(name) ? [structuredClone(held.group)] : [];
  }

  const hasTags = ({ group }: Held, filters: Filter[]) =>
    filters.every(({ Name = '', Values = [] }) =>
      group.Tags.some(({ Key, Value = '' }) => Name === `tag:${Key}` && Values.includes(Value)),
    );

  const operations: Record<string, Operation> = {
    DescribeAutoScalingGroups(input) {
      const names = input.AutoScalingGroupNames as string[] | undefined;
      const wanted = [...groups.values()].filter(
        (held) =>
          (!names || names.includes(held.group.AutoScalingGroupName ?? '')) &&
          hasTags(held, (input.Filters as Filter[] | undefined) ?? []),
      );
      const from = Number(input.NextToken ?? 0);
      const next = from + pageSize < wanted.length ? { NextToken: String(from + pageSize) } : {};
      return { AutoScalingGroups: wanted.slice(from, from + pageSize).flatMap(look), ...next };
    },
    CreateAutoScalingGroup(input) {
      throwIfBadTags((input.Tags as Tag[] | undefined) ?? []);
      create(input as unknown as CreateAutoScalingGroupCommandInput);
      return {};
    },
    UpdateAutoScalingGroup({ AutoScalingGroupName, ...sizes }) {
      const { group } = find(AutoScalingGroupName);
      throwIfBadSizes({ ...group, ...sizes });
      Object.assign(group, sizes);
      return {};
    },
    DeleteAutoScalingGroup(input) {
      const held = find(input.AutoScalingGroupName);
      if (held.group.Instances.length > 0 && !input.ForceDelete)
        throw awsError(
          'ResourceInUseFault',
          'You cannot delete an AutoScalingGroup while there are instances still in the group.',
        );
      held.group.Status = 'Delete in progress';
      held.deleteLooks = knobs.deleteLooks;
      return {};
    },
    CreateOrUpdateTags({ Tags }) {
      for (const tag of Tags as Tag[]) {
        const { group } = find(tag.ResourceId);
        group.Tags = [...group.Tags.filter(({ Key }) => Key !== tag.Key), tag];
      }
      return {};
    },
    DescribeLifecycleHooks: ({ AutoScalingGroupName: name }) => ({
      LifecycleHooks: hooks.filter((hook) => hook.AutoScalingGroupName === name),
    }),
    DescribeScalingActivities: ({ AutoScalingGroupName: name, MaxRecords }) => ({
      Activities: find(name).activities.slice(0, Number(MaxRecords)),
    }),
  };

  return {
    operations,
    view: {
      groups: () => [...groups.keys()],
      group: (name) => find(name).group,
      inService: (name) =>
        find(name).group.Instances.filter(({ LifecycleState }) => LifecycleState === 'InService')
          .length,
      createByHand(input) {
        const held = create({ MinSize: 0, MaxSize: 10, ...input });
        held.hiddenLooks = 0;
        schedule(held, 0);
        return held.group;
      },
      addHook: (hook) => void hooks.push(hook),
    },
  };
}
