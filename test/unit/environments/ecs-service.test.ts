import { describe, expect, it } from 'vitest';
import { createEcsServiceEnvironment } from '../../../lib/environments/ecs-service/environment.ts';
import { imageOf } from '../../../lib/environments/ecs-service/image.ts';
import type { EnvironmentStatus } from '../../../lib/environments/environment.ts';
import { createEnvironment } from '../../../lib/environments/index.ts';
import type { Artifact } from '../../../lib/release/artifact.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { toGroup } from '../../../lib/routers/alb-listener/target-group.ts';
import { createFakeEcs, type FakeEcsOptions } from '../../support/fakes/ecs.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const repository = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop';
const digest = `sha256:${'a1'.repeat(32)}`;
const artifact: Artifact = { uri: `${repository}:2`, version: '2.0.0', digest };

function prepare(changes: Record<string, unknown> = {}, options: FakeEcsOptions = {}) {
  const clock = createVirtualClock();
  const fake = createFakeEcs({ now: clock.now, ...options });
  const config = {
    kind: 'ecs-service',
    cluster: fake.cluster,
    like: 'shop',
    taskDefinition: 'shop',
    targetGroups: fake.targetGroups.groups.map(({ arn }) => ({ arn })),
    ...changes,
  };
  const deps = { ecs: fake.ecs, elb: fake.targetGroups.elb, clock };
  const environment = createEcsServiceEnvironment(config, 'shop', deps);

  /** Calls again and again, as the state machine does, also when AWS asks for patience. */
  async function provide(releaseId = 'r1', given = artifact): Promise<EnvironmentRef> {
    for (let calls = 0; calls < 20; calls += 1) {
      const ref = await environment.provision(given, releaseId).catch((error: Error) => {
        if (error.name === 'ThrottledError') return null;
        throw error;
      });
      if (ref) return ref;
    }
    throw new Error('there was no service after twenty calls');
  }
  async function settle(look: () => Promise<EnvironmentStatus>): Promise<EnvironmentStatus> {
    for (let looks = 0; looks < 30; looks += 1) {
      const status = await look();
      if (status.state !== 'pending') return status;
    }
    throw new Error('still pending after thirty looks');
  }
  async function makeReady(releaseId = 'r1'): Promise<EnvironmentRef> {
    const ref = await provide(releaseId);
    expect(await settle(() => environment.status(ref))).toMatchObject({ state: 'ready' });
    return ref;
  }
  async function remove(ref: EnvironmentRef): Promise<void> {
    for (let calls = 0; calls < 30; calls += 1) {
      const state = await environment.retire(ref).catch((error: Error) => {
        if (error.name === 'ThrottledError') return 'pending';
        throw error;
      });
      if (state === 'retired') return;
    }
    throw new Error('still there after thirty calls');
  }
  const ownerOf = (group: string) =>
    fake.targetGroups.group(group).tags.get('verdigris:environment') ?? null;
  return { fake, environment, clock, provide, settle, makeReady, remove, ownerOf };
}

const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

const created = ({ calls }: { calls: readonly { command: string; input: object }[] }) =>
  calls.filter(({ command }) => command === 'CreateService').map(({ input }) => input);

describe('making a service', () => {
  it('runs the image by its digest, in the first group, with the settings of the one it is like', async () => {
    const { fake, makeReady, ownerOf } = prepare();

    const ref = await makeReady();

    const { arn } = fake.targetGroups.group('shop-a');
    expect(ref).toEqual({
      id: 'shop-r1',
      kind: 'ecs-service',
      version: '2.0.0',
      address: null,
      attributes: {
        cluster: 'web',
        serviceName: 'shop-r1',
        taskDefinitionArn: expect.stringMatching(/task-definition\/shop-r1:1$/),
        targetGroupArn: arn,
      },
    });
    expect(ownerOf('shop-a')).toBe('shop-r1');
    expect(created(fake)).toEqual([
      expect.objectContaining({
        launchType: 'FARGATE',
        platformVersion: '1.4.0',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
        healthCheckGracePeriodSeconds: 30,
        desiredCount: 1,
        deploymentConfiguration: expect.objectContaining({
          deploymentCircuitBreaker: { enable: true, rollback: false },
        }),
        loadBalancers: [{ targetGroupArn: arn, containerName: 'web', containerPort: 8080 }],
        clientToken: expect.stringMatching(/^[!-~]{1,36}$/),
      }),
    ]);
  });

  it('copies the task definition with another image and two variables, and leaves the family alone', async () => {
    const { fake, makeReady } = prepare();

    await makeReady();

    expect(fake.revisions('shop')).toHaveLength(1);
    const [{ definition, tags } = { definition: {}, tags: [] }] = fake.revisions('shop-r1');
    const variables = [
      { name: 'VERDIGRIS_ENVIRONMENT', value: 'shop-r1' },
      { name: 'VERDIGRIS_VERSION', value: '2.0.0' },
    ];
    expect(definition).toMatchObject({ cpu: '256', memory: '512', networkMode: 'awsvpc' });
    expect(definition.containerDefinitions).toEqual([
      expect.objectContaining({
        name: 'web',
        image: `${repository}@${digest}`,
        environment: [{ name: 'API_KEY', value: 'secret' }, ...variables],
        secrets: [{ name: 'DB_PASSWORD', valueFrom: expect.any(String) }],
      }),
      expect.objectContaining({ image: 'public.ecr.aws/fluent-bit:3', environment: variables }),
    ]);
    expect(tags).toEqual([
      { key: 'team', value: 'web' },
      { key: 'verdigris:environment', value: 'shop-r1' },
      { key: 'verdigris:release', value: 'r1' },
      { key: 'verdigris:version', value: '2.0.0' },
      { key: 'verdigris:service', value: 'shop' },
    ]);
  });

  it('takes over nothing that would send it traffic before its turn', async () => {
    const { fake, provide } = prepare({ like: 'old' });
    const services = [{ portName: 'web', clientAliases: [{ port: 80 }] }];
    fake.createByHand({
      serviceName: 'old',
      taskDefinition: 'shop',
      desiredCount: 1,
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      serviceRegistries: [{ registryArn: 'arn:aws:servicediscovery:…:service/srv-1' }],
      serviceConnectConfiguration: { enabled: true, namespace: 'shop', services },
      loadBalancers: [
        {
          targetGroupArn: fake.targetGroups.group('shop-a').arn,
          containerName: 'web',
          containerPort: 8080,
        },
      ],
    });

    await provide();

    const [input = {}] = created(fake);
    expect(input).not.toHaveProperty('serviceRegistries');
    expect(input).toMatchObject({
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      serviceConnectConfiguration: { enabled: true, namespace: 'shop', services: [] },
      loadBalancers: [{ targetGroupArn: fake.targetGroups.group('shop-b').arn }],
    });
  });

  it('is named by a release id that begins with the service, and takes no character that ECS refuses', async () => {
    const { provide } = prepare();

    expect((await provide('shop-2-0-0-ab12')).id).toBe('shop-2-0-0-ab12');
    expect((await provide('r.2')).id).toBe('shop-r-2');
  });

  it("copies the newest that it made once the service it was like is gone, and is blue's size", async () => {
    const { fake, environment, makeReady } = prepare();
    const blue = await makeReady('r1');
    await environment.scale(blue, 4);
    fake.service('shop').status = 'INACTIVE';

    await makeReady('r2');

    expect(created(fake)[1]).toMatchObject({
      desiredCount: 4,
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    });
  });

  it('tells checks the address of its group', async () => {
    const { fake, environment } = prepare();
    const groups = fake.targetGroups.groups.map(({ arn, name }) => ({
      arn,
      address: `https://${name}.test`,
    }));
    const { provide } = prepare({ targetGroups: groups });

    expect((await provide()).address).toBe('https://shop-a.test');
    expect(environment).toBeDefined();
  });

  it.each(['CreateService', 'RegisterTaskDefinition', 'UpdateService', 'DeleteService'])(
    'makes and removes one service when the answer of %s was lost',
    async (command) => {
      const { fake, provide, settle, environment, remove } = prepare();
      fake.loseAnswer(command);

      const ref = await provide();
      expect(await settle(() => environment.status(ref))).toMatchObject({ state: 'ready' });
      expect(fake.services()).toEqual(['shop', 'shop-r1']);
      expect(fake.revisions('shop-r1')).toHaveLength(1);

      await remove(ref);
      expect(fake.services()).toEqual(['shop']);
    },
  );

  it.each(['DescribeServices', 'ListServices', 'RegisterTaskDefinition', 'CreateService'])(
    'asks for patience when %s is throttled or gets no answer',
    async (command) => {
      const { fake, environment } = prepare();
      fake.failNext(command, 'ThrottlingException', 'Rate exceeded');
      fake.failNext(command, 'ServerException', 'busy');

      for (let calls = 0; calls < 2; calls += 1)
        await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
          named('ThrottledError'),
        );
    },
  );

  it('names the action that is denied', async () => {
    const { fake, environment } = prepare();
    const message = 'User: x is not authorized to perform: iam:PassRole on resource: y';
    fake.failNext('RegisterTaskDefinition', 'AccessDeniedException', message);
    fake.targetGroups.failNext('AddTags', 'AccessDenied', 'no');

    const attempt = () => environment.provision(artifact, 'r1');

    await expect(attempt()).rejects.toThrow(named('ConfigInvalidError', 'allow iam:PassRole'));
    const ours = 'allow elasticloadbalancing:AddTags';
    await expect(attempt()).rejects.toThrow(named('ConfigInvalidError', ours));
  });

  it('makes one service of two calls at once that each registered a task definition', async () => {
    const { fake, environment, provide, remove } = prepare();
    fake.hiddenLooks = 3;

    await Promise.all([
      environment.provision(artifact, 'r1'),
      environment.provision(artifact, 'r1'),
    ]);
    const ref = await provide();

    expect(fake.services()).toEqual(['shop', 'shop-r1']);
    await remove(ref);
    expect(fake.revisions('shop-r1').filter(({ isActive }) => isActive)).toEqual([]);
  });

  it('removes what was begun when a release ends before its service was made', async () => {
    const { fake, environment, remove, ownerOf } = prepare();
    fake.failNext('CreateService', 'InvalidParameterException', 'no such subnet');
    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ProvisionFailedError', 'no such subnet'),
    );

    const ref = await environment.ofRelease('r1');
    expect(ref).toMatchObject({ id: 'shop-r1', version: '2.0.0' });
    if (ref) await remove(ref);

    expect(await environment.ofRelease('r1')).toBeNull();
    expect(ownerOf('shop-a')).toBeNull();
  });
});

describe('choosing a target group (rule 3: green gets no traffic by its group)', () => {
  it('takes the one that blue has not, and says who has which when none is free', async () => {
    const { makeReady, environment, fake } = prepare();
    await makeReady('r1');
    await makeReady('r2');

    const attempt = environment.provision(artifact, 'r3');

    await expect(attempt).rejects.toThrow(named('ProvisionFailedError', /shop-a .*shop-r1/));
    await expect(attempt).rejects.toThrow(/shop-b .*shop-r2.*retain/);
    expect(fake.revisions('shop-r3')).toEqual([]);
  });

  it('never takes the group of a service that was made for a release, also when it has no tasks', async () => {
    const { makeReady, environment, provide, fake } = prepare();
    const blue = await makeReady('r1');
    await environment.scale(blue, 0);
    await environment.lookup(blue.id);

    const green = await provide('r2');

    expect(green.attributes.targetGroupArn).toBe(fake.targetGroups.group('shop-b').arn);
  });

  it('leaves a group alone in which somebody else registered a target', async () => {
    const { provide, fake } = prepare();
    fake.targetGroups.register(fake.targetGroups.group('shop-a').arn, 'i-1', 80);

    expect((await provide()).attributes.targetGroupArn).toBe(fake.targetGroups.group('shop-b').arn);
  });

  it('takes a group over whose environment is gone', async () => {
    const { provide, fake, ownerOf } = prepare();
    fake.targetGroups.group('shop-a').tags.set('verdigris:environment', 'shop-r0');

    await provide();

    expect(ownerOf('shop-a')).toBe('shop-r1');
  });

  it('says before it makes anything that ECS wants the group on a load balancer', async () => {
    const { environment, fake } = prepare();
    fake.targetGroups.group('shop-a').isAttached = false;

    const attempt = environment.provision(artifact, 'r1');

    await expect(attempt).rejects.toThrow(named('ProvisionFailedError', /on no load balancer/));
    expect(fake.commands()).not.toContain('RegisterTaskDefinition');
  });

  it('names a group that does not exist', async () => {
    const gone = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/gone/ab';
    const { environment } = prepare({ targetGroups: [{ arn: gone }, { arn: `${gone}1` }] });

    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ConfigInvalidError', /gone/),
    );
  });
});

describe('getting ready', () => {
  it('waits for tasks, then for the load balancer', async () => {
    const { fake, environment, provide } = prepare();
    fake.startLooks = 3;
    fake.targetGroups.healthLooks = 1;
    const ref = await provide();

    const seen = [];
    for (let looks = 0; looks < 8; looks += 1) seen.push(await environment.status(ref));

    expect(seen[0]).toMatchObject({ state: 'pending', reason: '0 of 1 tasks run' });
    expect(seen.map(({ reason }) => reason).join('\n')).toMatch(
      /0 of 1 targets in shop-a are healthy; .* is initial Elb.InitialHealthChecking/,
    );
    expect(seen.at(-1)).toMatchObject({ state: 'ready' });
  });

  it('fails with what the stopped tasks say when the circuit breaker gives up', async () => {
    const { fake, environment, provide, settle } = prepare();
    fake.images.set(`${repository}@${digest}`, {
      stoppedReason: 'Essential container in task exited',
      reason: 'OutOfMemoryError: container killed due to memory usage',
      exitCode: 137,
    });
    const ref = await provide();

    const { state, reason } = await settle(() => environment.status(ref));

    expect(state).toBe('failed');
    expect(reason.split('\n')).toEqual([
      'ECS deployment circuit breaker: tasks failed to start.',
      'Essential container in task exited; web: exit code 137, OutOfMemoryError: container killed due to memory usage (3 tasks)',
    ]);
  });

  it('does not wait for the circuit breaker when the image is not there', async () => {
    const { fake, environment, provide } = prepare();
    const stoppedReason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${repository}@${digest}: not found`;
    fake.images.set(`${repository}@${digest}`, { stoppedReason });
    const ref = await provide();

    expect(await environment.status(ref)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('not found'),
    });
  });

  it('says that tasks find no place, and fails when that lasts', async () => {
    const { fake, environment, provide, clock } = prepare({ readyWithin: '5m' });
    fake.roomForTasks = 0;
    const ref = await provide();

    expect(await environment.status(ref)).toMatchObject({
      state: 'pending',
      reason: expect.stringContaining('was unable to place a task'),
    });
    await clock.advance(301_000);
    expect(await environment.status(ref)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^not ready within 5m\n0 of 1 tasks run/),
    });
  });

  it('has no limit of its own before the first traffic: an approval may have taken its time', async () => {
    const { fake, environment, provide, clock } = prepare({ readyWithin: '5m' });
    fake.roomForTasks = 0;
    const ref = await provide();
    await clock.advance(301_000);

    expect(await environment.goLive?.(ref, null)).toMatchObject({ state: 'pending' });
  });

  it('only waits for one that lost a task later, however old it is', async () => {
    const { fake, environment, makeReady, clock } = prepare();
    const ref = await makeReady();
    await clock.advance(3_600_000);
    fake.roomForTasks = 1;
    await environment.scale(ref, 2);

    expect(await environment.status(ref)).toMatchObject({
      state: 'pending',
      reason: expect.stringContaining('1 of 2 tasks run'),
    });
  });

  it('is not ready with a target that the load balancer can not use', async () => {
    const { fake, environment, makeReady } = prepare();
    const ref = await makeReady();
    const [target] = fake.targetGroups.group('shop-a').targets;
    Object.assign(target ?? {}, { state: 'unused', reason: 'Target.NotInUse' });

    expect(await environment.status(ref)).toMatchObject({
      state: 'pending',
      reason: expect.stringContaining('unused Target.NotInUse'),
    });
    fake.targetGroups.group('shop-a').isAttached = false;
    expect(await environment.status(ref)).toMatchObject({ state: 'ready' });
  });

  it('calls a service without tasks gone: it can take no traffic', async () => {
    const { environment, makeReady } = prepare();
    const ref = await makeReady();
    await environment.scale(ref, 0);

    expect(await environment.status(ref)).toMatchObject({
      state: 'gone',
      reason: expect.stringContaining('desired count is 0'),
    });
  });
});

describe('going live', () => {
  it('is validated with one task and brought to the size of blue before its traffic', async () => {
    const { fake, environment, makeReady, settle } = prepare({ capacity: { validate: 1 } });
    const blue = await makeReady('r1');
    await environment.scale(blue, 3);
    const green = await makeReady('r2');
    fake.startLooks = 2;

    expect(fake.running(green.id)).toBe(1);
    expect(await environment.goLive?.(green, blue)).toMatchObject({
      state: 'pending',
      reason: '1 of 3 tasks run',
    });
    const look = async () => (await environment.goLive?.(green, blue)) as EnvironmentStatus;
    expect(await settle(look)).toMatchObject({ state: 'ready' });
    expect(fake.running(green.id)).toBe(3);
    const updates = fake.calls.filter(
      ({ command, input }) => command === 'UpdateService' && input.service === green.id,
    );
    expect(updates).toHaveLength(1);
  });

  it('never takes tasks away, and counts those that blue really runs', async () => {
    const { fake, environment, makeReady } = prepare();
    const blue = await makeReady('r1');
    const green = await makeReady('r2');
    await environment.scale(green, 5);
    await environment.goLive?.(green, blue);
    expect(fake.service(green.id).desiredCount).toBe(5);

    await environment.scale(blue, 8);
    await environment.status(blue);
    fake.stopLooks = 5;
    fake.service(blue.id).desiredCount = 2;
    await environment.goLive?.(green, blue);
    expect(fake.service(green.id).desiredCount).toBeGreaterThanOrEqual(8);
  });

  it('takes a number, also on a first release', async () => {
    const { fake, environment, makeReady } = prepare({ capacity: { validate: 1, live: 6 } });
    const green = await makeReady();

    await environment.goLive?.(green, null);

    expect(fake.service(green.id).desiredCount).toBe(6);
  });

  it('is refused when blue can not be counted', async () => {
    const { environment, makeReady } = prepare();
    const green = await makeReady();
    const blue = { ...green, id: 'old', attributes: {} };

    await expect(environment.goLive?.(green, blue)).rejects.toThrow(
      named('ProvisionFailedError', 'environment.capacity.live'),
    );
  });
});

describe('what was live before Verdigris came', () => {
  function prepareOld() {
    const prepared = prepare({ like: 'old' });
    const { fake } = prepared;
    const targetGroupArn = fake.targetGroups.group('shop-a').arn;
    fake.createByHand({
      serviceName: 'old',
      taskDefinition: 'shop',
      desiredCount: 2,
      launchType: 'FARGATE',
      loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 8080 }],
    });
    return prepared;
  }

  it('is found by the name of its target group, as routers call it, and by its own', async () => {
    const { environment } = prepareOld();

    const byGroup = await environment.lookup('shop-a');

    expect(byGroup).toMatchObject({ id: 'shop-a', version: 'unknown' });
    expect(byGroup?.attributes.serviceName).toBe('old');
    expect((await environment.lookup('old'))?.id).toBe('old');
    expect(await environment.lookup('shop-b')).toBeNull();
    expect(await environment.list()).toEqual([]);
  });

  it('refuses to choose between two services of one group', async () => {
    const { fake, environment } = prepareOld();
    const targetGroupArn = fake.targetGroups.group('shop-a').arn;
    const loadBalancers = [{ targetGroupArn, containerName: 'web', containerPort: 8080 }];
    fake.createByHand({ serviceName: 'other', taskDefinition: 'shop', loadBalancers });

    await expect(environment.lookup('shop-a')).rejects.toThrow(
      named('ConfigInvalidError', /old, other|other, old/),
    );
  });

  it('has a group that stays on the load balancer when it is retired: ECS makes no service for another', async () => {
    const { fake, makeReady, remove, environment } = prepareOld();
    const { targetGroupArn: arn = '' } = (await environment.lookup('shop-a'))?.attributes ?? {};
    const blue = (await environment.lookup('shop-a')) as EnvironmentRef;

    await makeReady('r1');

    // By its tags the router alb-listener takes it for one that environments use in turn.
    const tags = Object.fromEntries(fake.targetGroups.group('shop-a').tags);
    expect(toGroup({ arn, weight: 0 }, tags)).toMatchObject({ id: blue.id, isReused: true });
    await remove(blue);
    expect((await makeReady('r2')).attributes.targetGroupArn).toBe(arn);
  });

  it('keeps its service and its task definition when it is retired, without tasks, and frees its group', async () => {
    const { fake, environment, makeReady, remove, settle } = prepareOld();
    const blue = (await environment.lookup('shop-a')) as EnvironmentRef;
    await makeReady('r1');

    await remove(blue);

    expect(await settle(() => environment.status(blue))).toMatchObject({ state: 'gone' });
    expect(fake.services()).toContain('old');
    expect(fake.running('old')).toBe(0);
    expect(fake.revisions('shop').every(({ isActive }) => isActive)).toBe(true);
    expect(await environment.lookup('shop-a')).toBeNull();
    expect((await makeReady('r2')).attributes.targetGroupArn).toBe(
      fake.targetGroups.group('shop-a').arn,
    );
  });
});

describe('retiring', () => {
  it.each([
    ['tasks stop', { stopLooks: 3 }, { drainLooks: 0 }],
    ['targets drain', { stopLooks: 0 }, { drainLooks: 3 }],
  ])('lets requests finish before it deletes anything: %s', async (_, tasks, targets) => {
    const { fake, environment, makeReady, remove, ownerOf } = prepare();
    const ref = await makeReady();
    Object.assign(fake, { inactiveLooks: 2, ...tasks });
    Object.assign(fake.targetGroups, targets);

    for (let calls = 0; calls < 3; calls += 1)
      expect(await environment.retire(ref)).toBe('pending');
    expect(fake.commands()).not.toContain('DeleteService');
    expect(ownerOf('shop-a')).toBe(ref.id);

    await remove(ref);
    expect(fake.commands()).toContain('DeleteService');
    expect(fake.revisions(ref.id).filter(({ isActive }) => isActive)).toEqual([]);
    expect(ownerOf('shop-a')).toBeNull();
  });

  it('is over although ECS still shows the task definition that was deregistered', async () => {
    const { fake, environment, makeReady, remove } = prepare();
    fake.showsInactive = true;

    await remove(await makeReady());

    expect(await environment.ofRelease('r1')).toBeNull();
  });

  it('scales it down again when something else scaled it up', async () => {
    const { fake, environment, makeReady, remove } = prepare();
    const ref = await makeReady();
    await environment.retire(ref);
    fake.before('DescribeServices', () => {
      fake.service(ref.id).desiredCount = 2;
    });

    await remove(ref);

    expect(fake.services()).toEqual(['shop']);
  });

  it("leaves another environment's name on a group that has passed on", async () => {
    const { fake, makeReady, remove, ownerOf } = prepare();
    const ref = await makeReady();
    fake.targetGroups.group('shop-a').tags.set('verdigris:environment', 'shop-r9');

    await remove(ref);

    expect(ownerOf('shop-a')).toBe('shop-r9');
  });

  it('touches no family that only bears the name of a service that is gone', async () => {
    const { fake, remove } = prepare();
    const ref = { id: 'shop', kind: 'ecs-service', version: '1', address: null, attributes: {} };
    fake.service('shop').status = 'INACTIVE';

    await remove(ref);

    expect(fake.revisions('shop').every(({ isActive }) => isActive)).toBe(true);
  });

  it('does not come back to life by a late call of goLive', async () => {
    const { fake, environment, makeReady, remove } = prepare();
    const blue = await makeReady('r1');
    const green = await makeReady('r2');
    fake.stopLooks = 1;
    await environment.retire(green);
    await environment.goLive?.(green, blue);

    await remove(green);

    expect(await environment.goLive?.(green, blue)).toMatchObject({ state: 'gone' });
    expect(fake.services()).toEqual(['shop', 'shop-r1']);
  });
});

describe('what the manifest and the artifact have to say', () => {
  it.each([
    [{ container: 'app' }, /no container app, only web, logs/],
    [{ cluster: 'nowhere' }, /no such ECS cluster/],
    [{ taskDefinition: 'nothing' }, /no active task definition nothing/],
    [{ like: 'nobody' }, /no service nobody in cluster web/],
  ])('is refused with its reason: %j', async (changes, reason) => {
    const { environment } = prepare(changes);

    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ConfigInvalidError', reason),
    );
  });

  it('asks which container and which port, where that is not clear', async () => {
    const { fake, environment } = prepare({ taskDefinition: 'two' });
    fake.registerByHand({ family: 'two', containerDefinitions: [{ name: 'a' }, { name: 'b' }] });
    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(/2 essential containers/);

    const { fake: other, environment: portless } = prepare({ taskDefinition: 'one' });
    other.registerByHand({ family: 'one', containerDefinitions: [{ name: 'a' }] });
    await expect(portless.provision(artifact, 'r1')).rejects.toThrow(/containerPort/);
  });

  it('refuses a service of the same name that something else made', async () => {
    const { fake, environment } = prepare();
    fake.createByHand({ serviceName: 'shop-r1', taskDefinition: 'shop' });

    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ProvisionFailedError', 'made by something else'),
    );
    expect(await environment.ofRelease('r1')).toBeNull();
  });

  it.each([
    [{ targetGroups: [] }],
    [{ capacity: { validate: 0 } }],
    [{ cluster: 'arn:aws:ecs:eu-central-1:123456789012:cluster/web' }],
    [{ readyWithin: 900 }],
    [{ surprise: true }],
  ])('is strict: %j', (changes) => {
    expect(() => prepare(changes)).toThrow();
  });

  it('is there on AWS only', async () => {
    const { clock } = prepare();
    const made = createEnvironment({ kind: 'ecs-service' }, 'shop', {
      clock,
      timers: clock,
      log: silentLogger,
    });

    await expect(made).rejects.toEqual(named('KindUnavailableError', 'on AWS only'));
  });

  it.each([
    [`${repository}@${digest}`, undefined, `${repository}@${digest}`],
    [`${repository}:2`, undefined, `${repository}:2`],
    [`${repository}:2`, digest, `${repository}@${digest}`],
    ['ghcr.io/acme/shop:2', undefined, 'ghcr.io/acme/shop:2'],
    ['localhost:5000/shop:2', digest, `localhost:5000/shop@${digest}`],
  ])('reads the image %s', (uri, given, image) => {
    expect(imageOf({ uri, version: '2', ...(given && { digest: given }) })).toBe(image);
  });

  it.each(['shop', 's3://artifacts/shop.zip', `${repository}@sha256:12`, '../shop:2'])(
    'refuses %s',
    (uri) => {
      expect(() => imageOf({ uri, version: '2' })).toThrow(named('ArtifactInvalidError', 'needs'));
    },
  );

  it('refuses an image that has another digest than the release says', () => {
    const uri = `${repository}@sha256:${'b2'.repeat(32)}`;

    expect(() => imageOf({ uri, version: '2', digest })).toThrow(named('ArtifactInvalidError'));
  });
});
