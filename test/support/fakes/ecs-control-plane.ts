import type {
  ContainerDefinition,
  CreateServiceCommandInput,
  Deployment,
  RegisterTaskDefinitionCommandInput,
  Service,
  Tag,
  Task,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import { awsError, type Operation } from './aws-client.ts';
import type { FakeTargetGroups } from './target-groups.ts';

/** Why tasks of an image stop. */
export interface TaskFailure {
  stoppedReason: string;
  /** Of the container. */
  reason?: string;
  exitCode?: number;
}

/** How patient and how obstinate the control plane is. May be changed at any moment. */
export interface EcsKnobs {
  /** So many looks at a service until a new task runs. */
  startLooks: number;
  /** So many looks until a task that is to stop does so; it runs until then. */
  stopLooks: number;
  /** So many looks at which a deleted service is DRAINING. */
  inactiveLooks: number;
  /** So many looks at which a new service is not to be seen: eventual consistency. */
  hiddenLooks: number;
  /**
   * A family's newest revision is described after it was deregistered, as for up to ten minutes
   * (API_DeregisterTaskDefinition).
   */
  showsInactive: boolean;
  /** There is room for so many tasks in the cluster. */
  roomForTasks: number;
}

/** One look at the state of things, without a call. */
export interface EcsView {
  readonly cluster: string;
  /** Images whose tasks stop, by URI. */
  readonly images: Map<string, TaskFailure>;
  services(): string[];
  service(name: string): Service;
  running(name: string): number;
  revisions(family: string): { definition: TaskDefinition; tags: Tag[]; isActive: boolean }[];
  /** Somebody else registers a task definition. */
  registerByHand(input: Partial<RegisterTaskDefinitionCommandInput> & { family: string }): string;
  /** Somebody else makes a service, whose tasks run at once. */
  createByHand(input: Partial<CreateServiceCommandInput> & { serviceName: string }): Service;
}

interface FakeTask {
  arn: string;
  /** PENDING, RUNNING or STOPPING. */
  status: string;
  looksLeft: number;
}

interface FakeService {
  service: Service & { desiredCount: number; deployments: [Deployment] };
  token: string | undefined;
  input: string;
  tasks: FakeTask[];
  stopped: Task[];
  hiddenLooks: number;
  drainingLooks: number;
}

interface FakeRevision {
  definition: TaskDefinition & { taskDefinitionArn: string };
  tags: Tag[];
  isActive: boolean;
}

const prefix = 'arn:aws:ecs:eu-central-1:123456789012';
const pageSize = 2;

/**
 * After what AWS documents: a name is taken while its service is ACTIVE or DRAINING, the same token with
 * the same parameters makes nothing new, no service for a target group without a load balancer, no
 * deletion above 0 tasks, and a circuit breaker that gives up after three tasks in a row that failed.
 * Each DescribeServices is a look.
 */
export function createEcsControlPlane(
  knobs: EcsKnobs,
  targetGroups: FakeTargetGroups,
  now: () => number,
): { operations: Record<string, Operation>; view: EcsView } {
  const cluster = 'web';
  const services = new Map<string, FakeService>();
  const revisions: FakeRevision[] = [];
  const images = new Map<string, TaskFailure>();
  let tasksMade = 0;
  let servicesMade = 0;

  const invalid = (message: string) => awsError('InvalidParameterException', message);
  const taskTotal = () => [...services.values()].reduce((sum, { tasks }) => sum + tasks.length, 0);

  function throwIfNoCluster(input: Record<string, unknown>): void {
    if (input.cluster === cluster) return;
    throw awsError('ClusterNotFoundException', 'Cluster not found.');
  }

  /** What programs may not say; AWS itself tags what CloudFormation makes. */
  function throwIfBadTags(tags: Tag[] = []): void {
    const keys = tags.map(({ key = '' }) => key);
    if (keys.some((key) => key.startsWith('aws:'))) throw invalid('aws: is a reserved prefix.');
    if (new Set(keys).size !== keys.length) throw invalid('Duplicate tag keys found.');
  }

  // Task definitions

  function register(input: RegisterTaskDefinitionCommandInput): FakeRevision {
    const { family = '', tags = [], ...rest } = input;
    const revision = revisions.filter((one) => one.definition.family === family).length + 1;
    const taskDefinitionArn = `${prefix}:task-definition/${family}:${revision}`;
    const definition = {
      ...rest,
      family,
      revision,
      taskDefinitionArn,
    } as FakeRevision['definition'];
    const made = { definition, tags, isActive: true };
    revisions.push(made);
    return made;
  }

  function findRevision(name: unknown): FakeRevision {
    const given = String(name).split('/').pop() ?? '';
    const found = revisions.findLast(({ definition: { family, revision }, isActive }) =>
      given.includes(':')
        ? given === `${family}:${revision}`
        : (isActive || knobs.showsInactive) && given === family,
    );
    if (found) return found;
    throw awsError('ClientException', 'Unable to describe task definition.');
  }

  // Services and their tasks

  function findService(name: unknown): FakeService {
    const found = services.get(String(name));
    if (found) return found;
    throw awsError('ServiceNotFoundException', 'Service not found.');
  }

  const groupsOf = ({ service }: FakeService) => service.loadBalancers ?? [];

  function run(held: FakeService, task: FakeTask): void {
    task.status = 'RUNNING';
    for (const { targetGroupArn = '', containerPort = 80 } of groupsOf(held))
      targetGroups.register(targetGroupArn, task.arn, containerPort);
  }

  function begin(held: FakeService, looksLeft: number): void {
    tasksMade += 1;
    const arn = `${prefix}:task/${cluster}/${tasksMade}`;
    const task: FakeTask = { arn, status: 'PENDING', looksLeft };
    held.tasks.push(task);
    if (looksLeft === 0) advance(held, task);
  }

  function advance(held: FakeService, task: FakeTask): void {
    if (task.looksLeft > 0) {
      task.looksLeft -= 1;
      return;
    }
    if (task.status === 'STOPPING') remove(held, task);
    if (task.status !== 'PENDING') return;
    const failure = failureOf(held);
    if (failure) fail(held, task, failure);
    else run(held, task);
  }

  function failureOf({ service }: FakeService): TaskFailure | undefined {
    const { definition } = findRevision(service.taskDefinition);
    const all = definition.containerDefinitions ?? [];
    return all.flatMap(({ image = '' }) => images.get(image) ?? [])[0];
  }

  function remove(held: FakeService, task: FakeTask): void {
    held.tasks = held.tasks.filter((one) => one !== task);
  }

  function fail(held: FakeService, task: FakeTask, failure: TaskFailure): void {
    const { stoppedReason, reason, exitCode } = failure;
    remove(held, task);
    held.stopped.push({
      taskArn: task.arn,
      lastStatus: 'STOPPED',
      stopCode: 'TaskFailedToStart',
      stoppedReason,
      containers: [{ name: 'web', lastStatus: 'STOPPED', reason, exitCode }],
    });
    const [primary] = held.service.deployments;
    primary.failedTasks = (primary.failedTasks ?? 0) + 1;
    const { deploymentCircuitBreaker } = held.service.deploymentConfiguration ?? {};
    if (primary.failedTasks < 3 || !deploymentCircuitBreaker?.enable) return;
    primary.rolloutState = 'FAILED';
    primary.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
  }

  function stop(held: FakeService, task: FakeTask): void {
    if (task.status === 'RUNNING')
      for (const { targetGroupArn = '' } of groupsOf(held))
        targetGroups.deregister(targetGroupArn, task.arn);
    task.status = 'STOPPING';
    task.looksLeft = knobs.stopLooks;
    if (knobs.stopLooks === 0) remove(held, task);
  }

  const kept = ({ tasks }: FakeService) => tasks.filter(({ status }) => status !== 'STOPPING');

  /** What the scheduler does between two looks. */
  function schedule(held: FakeService, startLooks = knobs.startLooks): void {
    const { service } = held;
    const [primary] = service.deployments;
    const wanted = service.status === 'ACTIVE' ? service.desiredCount : 0;
    for (const task of [...held.tasks]) advance(held, task);
    for (const task of kept(held).slice(wanted)) stop(held, task);
    while (primary.rolloutState !== 'FAILED' && kept(held).length < wanted) {
      if (taskTotal() >= knobs.roomForTasks) {
        const message = `(service ${service.serviceName}) was unable to place a task because no container instance met all of its requirements.`;
        service.events = [{ message }, ...(service.events ?? [])];
        break;
      }
      const before = held.stopped.length;
      begin(held, startLooks);
      if (held.stopped.length > before) break;
    }
    count(held);
    if (primary.rolloutState === 'IN_PROGRESS' && service.runningCount === wanted && wanted > 0)
      primary.rolloutState = 'COMPLETED';
    if (service.status !== 'DRAINING' || held.tasks.length > 0) return;
    if (held.drainingLooks === 0) service.status = 'INACTIVE';
    held.drainingLooks -= 1;
  }

  function count({ service, tasks }: FakeService): void {
    service.runningCount = tasks.filter(({ status }) => status !== 'PENDING').length;
    service.pendingCount = tasks.filter(({ status }) => status === 'PENDING').length;
  }

  function throwIfInvalid(input: CreateServiceCommandInput): void {
    const { definition, isActive } = findRevision(input.taskDefinition);
    if (!isActive) throw awsError('ClientException', 'TaskDefinition is inactive');
    if (input.launchType && input.capacityProviderStrategy?.length)
      throw invalid(
        'Specifying both a launch type and capacity provider strategy is not supported.',
      );
    for (const { targetGroupArn, containerName } of input.loadBalancers ?? []) {
      const group = targetGroups.groups.find(({ arn }) => arn === targetGroupArn);
      if (!group?.isAttached)
        throw invalid(
          `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
        );
      const names = definition.containerDefinitions?.map(({ name }) => name);
      if (!names?.includes(containerName))
        throw invalid(`The container ${containerName} does not exist in the task definition.`);
    }
  }

  function create(input: CreateServiceCommandInput): FakeService {
    const name = input.serviceName ?? '';
    const before = services.get(name);
    const text = JSON.stringify(input);
    if (before?.service.status === 'DRAINING')
      throw invalid('Unable to Start a service that is still Draining.');
    if (before?.service.status === 'ACTIVE') {
      if (input.clientToken && before.token === input.clientToken && before.input === text)
        return before;
      throw invalid('Creation of service was not idempotent.');
    }
    throwIfInvalid(input);
    servicesMade += 1;
    const { clientToken, desiredCount = 1, deploymentConfiguration, ...rest } = input;
    const held: FakeService = {
      service: {
        ...rest,
        serviceArn: `${prefix}:service/${cluster}/${name}`,
        clusterArn: `${prefix}:cluster/${cluster}`,
        taskDefinition: findRevision(input.taskDefinition).definition.taskDefinitionArn,
        status: 'ACTIVE',
        createdAt: new Date(now() + servicesMade),
        desiredCount,
        runningCount: 0,
        pendingCount: 0,
        ...(deploymentConfiguration && { deploymentConfiguration }),
        deployments: [
          {
            status: 'PRIMARY',
            rolloutState: 'IN_PROGRESS',
            failedTasks: 0,
            serviceConnectConfiguration: input.serviceConnectConfiguration,
            volumeConfigurations: input.volumeConfigurations,
          },
        ],
      } as FakeService['service'],
      token: clientToken,
      input: text,
      tasks: [],
      stopped: [],
      hiddenLooks: knobs.hiddenLooks,
      drainingLooks: 0,
    };
    services.set(name, held);
    return held;
  }

  const page = <T>(all: readonly T[], nextToken: unknown) => {
    const from = Number(nextToken ?? 0);
    const next = from + pageSize < all.length ? { nextToken: String(from + pageSize) } : {};
    return { items: all.slice(from, from + pageSize), next };
  };

  const operations: Record<string, Operation> = {
    DescribeServices(input) {
      throwIfNoCluster(input);
      const names = input.services as string[];
      if (names.length > 10) throw invalid('Services cannot have more than 10 elements.');
      const found = names.flatMap((name) => {
        const held = services.get(name);
        if (!held) return [];
        schedule(held);
        held.hiddenLooks -= 1;
        return held.hiddenLooks < 0 ? [structuredClone(held.service)] : [];
      });
      const isFound = (name: string) => found.some(({ serviceName }) => serviceName === name);
      const failures = names.filter((name) => !isFound(name));
      return { services: found, failures: failures.map((arn) => ({ arn, reason: 'MISSING' })) };
    },
    ListServices(input) {
      throwIfNoCluster(input);
      const active = [...services.values()].filter(({ service }) => service.status === 'ACTIVE');
      const { items, next } = page(active, input.nextToken);
      return { serviceArns: items.map(({ service }) => service.serviceArn), ...next };
    },
    CreateService(input) {
      throwIfNoCluster(input);
      throwIfBadTags(input.tags as Tag[]);
      return { service: create(input as unknown as CreateServiceCommandInput).service };
    },
    UpdateService(input) {
      throwIfNoCluster(input);
      const { service } = findService(input.service);
      if (service.status !== 'ACTIVE')
        throw awsError('ServiceNotActiveException', 'Service was not ACTIVE.');
      service.desiredCount = input.desiredCount as number;
      return { service: structuredClone(service) };
    },
    DeleteService(input) {
      throwIfNoCluster(input);
      const held = findService(input.service);
      if (held.service.desiredCount > 0 && !input.force)
        throw invalid('The service cannot be stopped while it is scaled above 0.');
      held.service.status = 'DRAINING';
      held.drainingLooks = knobs.inactiveLooks;
      return { service: structuredClone(held.service) };
    },
    TagResource({ resourceArn, tags }) {
      const held = [...services.values()].find(({ service }) => service.serviceArn === resourceArn);
      if (!held)
        throw awsError('ResourceNotFoundException', 'The specified resource is not found.');
      const given = tags as Tag[];
      const others = (held.service.tags ?? []).filter(
        ({ key }) => !given.some((it) => it.key === key),
      );
      held.service.tags = [...others, ...given];
      return {};
    },
    ListTasks(input) {
      throwIfNoCluster(input);
      const { stopped, tasks } = findService(input.serviceName);
      const arns =
        input.desiredStatus === 'STOPPED'
          ? stopped.map(({ taskArn }) => taskArn)
          : tasks.map(({ arn }) => arn);
      return { taskArns: arns.slice(0, Number(input.maxResults ?? 100)) };
    },
    DescribeTasks(input) {
      throwIfNoCluster(input);
      const all = [...services.values()].flatMap(({ stopped }) => stopped);
      const wanted = input.tasks as string[];
      if (wanted.length === 0) throw invalid('Tasks cannot be empty.');
      return { tasks: all.filter(({ taskArn = '' }) => wanted.includes(taskArn)) };
    },
    RegisterTaskDefinition(input) {
      throwIfBadTags(input.tags as Tag[]);
      const made = register(input as unknown as RegisterTaskDefinitionCommandInput);
      return { taskDefinition: made.definition };
    },
    DescribeTaskDefinition({ taskDefinition }) {
      const { definition, tags, isActive } = findRevision(taskDefinition);
      const status = isActive ? ('ACTIVE' as const) : ('INACTIVE' as const);
      return structuredClone({ taskDefinition: { ...definition, status }, tags });
    },
    ListTaskDefinitions({ familyPrefix }) {
      const found = revisions.filter(
        ({ definition, isActive }) =>
          isActive && definition.family?.startsWith(String(familyPrefix)),
      );
      return { taskDefinitionArns: found.map(({ definition }) => definition.taskDefinitionArn) };
    },
    DeregisterTaskDefinition({ taskDefinition }) {
      const found = findRevision(taskDefinition);
      found.isActive = false;
      return { taskDefinition: found.definition };
    },
  };

  return {
    operations,
    view: {
      cluster,
      images,
      services: () =>
        [...services.values()].flatMap(({ service }) =>
          service.status === 'INACTIVE' ? [] : (service.serviceName ?? []),
        ),
      service: (name) => findService(name).service,
      running: (name) =>
        findService(name).tasks.filter(({ status }) => status === 'RUNNING').length,
      revisions: (family) => revisions.filter(({ definition }) => definition.family === family),
      registerByHand(input) {
        const containerDefinitions: ContainerDefinition[] = [];
        return register({ containerDefinitions, ...input }).definition.taskDefinitionArn;
      },
      createByHand(input) {
        const held = create({ cluster, ...input } as CreateServiceCommandInput);
        held.hiddenLooks = 0;
        schedule(held, 0);
        return held.service;
      },
    },
  };
}
