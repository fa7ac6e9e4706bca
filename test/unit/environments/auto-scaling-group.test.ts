import { describe, expect, it } from 'vitest';
import { createAutoScalingGroupEnvironment } from '../../../lib/environments/auto-scaling-group/environment.ts';
import { readLaunchSource } from '../../../lib/environments/auto-scaling-group/machine-image.ts';
import type { EnvironmentStatus } from '../../../lib/environments/environment.ts';
import { createEnvironment } from '../../../lib/environments/index.ts';
import type { Artifact } from '../../../lib/release/artifact.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createFakeAutoScaling, firstImage } from '../../support/fakes/auto-scaling.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const image = 'ami-0000000000000000a';
const artifact: Artifact = { uri: image, version: '2.0.0' };

function prepare(changes: Record<string, unknown> = {}) {
  const clock = createVirtualClock();
  const fake = createFakeAutoScaling({ now: clock.now });
  const { templates, targetGroups } = fake;
  templates.images.set(image, 'available');
  const config = {
    kind: 'auto-scaling-group',
    like: 'shop',
    targetGroups: targetGroups.groups.map(({ arn, name }) => ({
      arn,
      address: `http://${name}.test`,
    })),
    ...changes,
  };
  const { autoScaling } = fake;
  const deps = { autoScaling, ec2: templates.ec2, elb: targetGroups.elb, clock };
  const environment = createAutoScalingGroupEnvironment(config, 'shop', deps);

  /** Calls again and again, as the state machine does, also when AWS asks for patience. */
  async function repeat<T>(call: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
    for (let calls = 0; calls < 30; calls += 1) {
      const answer = await call().catch((error: Error) => {
        if (error.name === 'ThrottledError') return undefined;
        throw error;
      });
      if (answer !== undefined && isDone(answer)) return answer;
    }
    throw new Error('not done after thirty calls');
  }
  async function provide(releaseId = 'r1', given = artifact): Promise<EnvironmentRef> {
    const look = () => environment.provision(given, releaseId);
    return (await repeat(look, (ref) => ref !== null)) as EnvironmentRef;
  }
  const settle = (look: () => Promise<EnvironmentStatus>) =>
    repeat(look, ({ state }) => state !== 'pending');
  async function makeReady(releaseId = 'r1'): Promise<EnvironmentRef> {
    const ref = await provide(releaseId);
    expect(await settle(() => environment.status(ref))).toMatchObject({ state: 'ready' });
    return ref;
  }
  const remove = (ref: EnvironmentRef) =>
    repeat(
      () => environment.retire(ref),
      (state) => state === 'retired',
    );
  const ownerOf = (name: string) =>
    targetGroups.group(name).tags.get('verdigris:environment') ?? null;
  const described = () => templates.versions.map((one) => one.VersionDescription);
  return {
    fake,
    templates,
    environment,
    clock,
    provide,
    settle,
    makeReady,
    remove,
    ownerOf,
    described,
  };
}

const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

const created = ({ calls }: { calls: readonly { command: string; input: object }[] }) =>
  calls.filter(({ command }) => command === 'CreateAutoScalingGroup').map(({ input }) => input);

describe('making a group', () => {
  it('launches the image by a template version of its own, in the first target group', async () => {
    const { fake, templates, makeReady, ownerOf } = prepare();

    const ref = await makeReady();

    const { arn } = fake.targetGroups.group('shop-a');
    expect(ref).toEqual({
      id: 'shop-r1',
      kind: 'auto-scaling-group',
      version: '2.0.0',
      address: 'http://shop-a.test',
      attributes: {
        autoScalingGroupName: 'shop-r1',
        launchTemplateId: templates.templateId,
        launchTemplateVersion: '2',
        targetGroupArn: arn,
      },
    });
    expect(ownerOf('shop-a')).toBe('shop-r1');
    expect(templates.versions[1]).toMatchObject({
      VersionDescription: 'verdigris release=r1 version=2.0.0',
      LaunchTemplateData: { ImageId: image, UserData: 'c2VjcmV0' },
    });
    const [input = {}] = created(fake);
    expect(input).toMatchObject({
      LaunchTemplate: { LaunchTemplateId: templates.templateId, Version: '2' },
      TargetGroupARNs: [arn],
      HealthCheckType: 'ELB',
      HealthCheckGracePeriod: 120,
      VPCZoneIdentifier: 'subnet-1,subnet-2',
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: 1,
    });
    expect(input).not.toHaveProperty('NewInstancesProtectedFromScaleIn');
  });

  it('tells instances by tags whose they are, and copies none that AWS keeps for itself', async () => {
    const { fake, makeReady } = prepare();

    await makeReady();

    const tag = (Key: string, Value: string) => ({ Key, Value, PropagateAtLaunch: true });
    expect(created(fake)).toMatchObject([
      {
        Tags: [
          tag('team', 'web'),
          tag('verdigris:environment', 'shop-r1'),
          tag('verdigris:release', 'r1'),
          tag('verdigris:version', '2.0.0'),
          tag('verdigris:service', 'shop'),
        ],
      },
    ]);
  });

  it('copies lifecycle hooks, and a mixed group as a mixed one', async () => {
    const { fake, templates, provide } = prepare({ like: 'mixed' });
    const LaunchTemplateSpecification = { LaunchTemplateId: templates.templateId, Version: '1' };
    const Overrides = [{ InstanceType: 'm7g.large', WeightedCapacity: '2' }];
    const InstancesDistribution = { OnDemandBaseCapacity: 1 };
    fake.createByHand({
      AutoScalingGroupName: 'mixed',
      MixedInstancesPolicy: {
        LaunchTemplate: { LaunchTemplateSpecification, Overrides },
        InstancesDistribution,
      },
    });
    fake.addHook({
      AutoScalingGroupName: 'mixed',
      LifecycleHookName: 'boot',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      GlobalTimeout: 172_800,
    });

    await provide();

    const [input = {}] = created(fake);
    expect(input).toMatchObject({
      MixedInstancesPolicy: {
        LaunchTemplate: {
          LaunchTemplateSpecification: { LaunchTemplateId: templates.templateId, Version: '2' },
          Overrides,
        },
        InstancesDistribution,
      },
      LifecycleHookSpecificationList: [{ LifecycleHookName: 'boot' }],
    });
    expect(JSON.stringify(input)).not.toContain('GlobalTimeout');
  });

  it('waits for an image that is still being made', async () => {
    const { templates, environment, makeReady, described } = prepare();
    templates.images.set(image, 'pending');

    expect(await environment.provision(artifact, 'r1')).toBeNull();
    expect(described()).toHaveLength(1);
    templates.images.set(image, 'available');
    await makeReady();
  });

  it('releases a template version as it is, and leaves it where it is', async () => {
    const { templates, provide, remove } = prepare();
    templates.createByHand({ LaunchTemplateData: { ImageId: image } });
    const uri = `launch-template:${templates.templateId}:2`;

    const ref = await provide('r1', { uri, version: '1.0.0' });

    expect(ref.attributes.launchTemplateVersion).toBe('2');
    expect(templates.versions).toHaveLength(2);
    await remove(ref);
    expect(templates.versions).toHaveLength(2);
  });

  it.each(['CreateLaunchTemplateVersion', 'DeleteLaunchTemplateVersions'])(
    'makes and removes one version when the answer of %s was lost',
    async (command) => {
      const { templates, makeReady, remove, described } = prepare();
      templates.loseAnswer(command);

      const ref = await makeReady();
      expect(described()).toHaveLength(2);

      await remove(ref);
      expect(described()).toHaveLength(1);
    },
  );

  it.each(['CreateAutoScalingGroup', 'UpdateAutoScalingGroup', 'DeleteAutoScalingGroup'])(
    'makes and removes one group when the answer of %s was lost',
    async (command) => {
      const { fake, makeReady, remove } = prepare();
      fake.loseAnswer(command);

      const ref = await makeReady();
      expect(fake.groups()).toEqual(['shop', 'shop-r1']);

      await remove(ref);
      expect(fake.groups()).toEqual(['shop']);
    },
  );

  it('makes one group and one version of two calls at once', async () => {
    const { fake, environment, provide, described } = prepare();
    fake.hiddenLooks = 3;

    await Promise.all([
      environment.provision(artifact, 'r1'),
      environment.provision(artifact, 'r1'),
    ]);
    await provide();

    expect(fake.groups()).toEqual(['shop', 'shop-r1']);
    expect(described()).toHaveLength(2);
  });

  it('asks for patience when AWS does', async () => {
    const { fake, templates, environment } = prepare();
    const attempt = () => environment.provision(artifact, 'r1');
    fake.failNext('DescribeAutoScalingGroups', 'Throttling', 'Rate exceeded');
    await expect(attempt()).rejects.toThrow(named('ThrottledError'));
    templates.failNext('DescribeImages', 'RequestLimitExceeded', 'slowly');
    await expect(attempt()).rejects.toThrow(named('ThrottledError'));
    fake.failNext('CreateAutoScalingGroup', 'ServerException', 'contention');
    await expect(attempt()).rejects.toThrow(named('ThrottledError'));
  });

  it('names an action that is denied', async () => {
    const { templates, environment } = prepare();
    templates.failNext('CreateLaunchTemplateVersion', 'UnauthorizedOperation', 'no');

    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ConfigInvalidError', 'allow ec2:CreateLaunchTemplateVersion'),
    );
  });

  it('removes what was begun when a release ends before its group was made', async () => {
    const { fake, environment, remove, ownerOf, described } = prepare();
    fake.failNext('CreateAutoScalingGroup', 'ValidationError', 'no such subnet');
    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ProvisionFailedError', 'no such subnet'),
    );

    const ref = await environment.ofRelease('r1');
    expect(ref).toMatchObject({ id: 'shop-r1', version: '2.0.0' });
    if (ref) await remove(ref);

    expect(described()).toHaveLength(1);
    expect(ownerOf('shop-a')).toBeNull();
    expect(await environment.ofRelease('r1')).toBeNull();
  });
});

describe('keeping green from traffic before its turn (rule 3)', () => {
  it('refuses a group that would launch any new version of its template', async () => {
    const { fake, environment, described } = prepare();
    Object.assign(fake.group('shop').LaunchTemplate ?? {}, { Version: '$Latest' });

    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ProvisionFailedError', /\$Latest .*\$Default first/),
    );
    expect(described()).toHaveLength(1);
  });

  it('takes the target group that blue has not, and says who has which when none is free', async () => {
    const { makeReady, environment } = prepare();
    await makeReady('r1');
    expect((await makeReady('r2')).address).toBe('http://shop-b.test');

    await expect(environment.provision(artifact, 'r3')).rejects.toThrow(
      named('ProvisionFailedError', /shop-a .*shop-r1.*shop-b .*shop-r2/),
    );
  });

  it('never takes the target group of a group that was made for a release, also an empty one', async () => {
    const { makeReady, environment, provide } = prepare();
    const blue = await makeReady('r1');
    await environment.scale(blue, 0);
    await environment.lookup(blue.id);

    expect((await provide('r2')).address).toBe('http://shop-b.test');
  });
});

describe('getting ready', () => {
  it('waits for instances, then for the load balancer', async () => {
    const { fake, environment, provide, settle } = prepare();
    fake.startLooks = 2;
    fake.targetGroups.healthLooks = 1;
    const ref = await provide();

    expect(await environment.status(ref)).toMatchObject({
      state: 'pending',
      reason: '0 of 1 are in service',
    });
    const reasons: string[] = [];
    const look = async () => {
      const status = await environment.status(ref);
      reasons.push(status.reason);
      return status;
    };
    expect(await settle(look)).toMatchObject({ state: 'ready' });
    expect(reasons.join('\n')).toContain('is initial Elb.InitialHealthChecking');
  });

  it('takes targets of a group on no load balancer as they are', async () => {
    const { fake, makeReady } = prepare();
    fake.targetGroups.group('shop-a').isAttached = false;

    await makeReady();
  });

  it('fails with what Auto Scaling says when three launches failed and none worked', async () => {
    const { fake, environment, provide, settle } = prepare();
    fake.launchFailures.set(image, 'You are not authorized to use this key.');
    const ref = await provide();

    expect(await settle(() => environment.status(ref))).toMatchObject({
      state: 'failed',
      reason: '0 of 1 are in service\nYou are not authorized to use this key.',
    });
  });

  it('waits while there are no machines of the type, but not for ever', async () => {
    const { fake, environment, provide, clock } = prepare({ readyWithin: '10m' });
    fake.launchFailures.set(image, 'We currently do not have sufficient t4g.small capacity.');
    const ref = await provide();

    for (let looks = 0; looks < 5; looks += 1)
      expect(await environment.status(ref)).toMatchObject({ state: 'pending' });
    await clock.advance(601_000);
    expect(await environment.status(ref)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^not ready within 10m\n/),
    });
  });
});

describe('going live', () => {
  it('is validated with one instance and brought to the size of blue, however old it is', async () => {
    const { fake, environment, makeReady, settle, clock } = prepare({ capacity: { validate: 1 } });
    const blue = await makeReady('r1');
    await environment.scale(blue, 6);
    const green = await makeReady('r2');
    await clock.advance(86_400_000);
    fake.startLooks = 2;

    expect(await environment.goLive?.(green, blue)).toMatchObject({
      state: 'pending',
      reason: '1 of 6 are in service',
    });
    const look = async () => (await environment.goLive?.(green, blue)) as EnvironmentStatus;
    expect(await settle(look)).toMatchObject({ state: 'ready' });
    expect(fake.inService(green.id)).toBe(6);
    expect(fake.group(green.id)).toMatchObject({ MinSize: 0, MaxSize: 6 });
  });

  it('never takes instances away, and takes a number', async () => {
    const { fake, environment, makeReady } = prepare({ capacity: { live: 3 } });
    const green = await makeReady();
    await environment.goLive?.(green, null);
    expect(fake.group(green.id).DesiredCapacity).toBe(3);
    await environment.scale(green, 4);
    await environment.goLive?.(green, null);
    expect(fake.group(green.id).DesiredCapacity).toBe(4);
  });

  it('is refused when blue can not be counted, and is gone when green is', async () => {
    const { environment, makeReady, remove } = prepare();
    const green = await makeReady();
    const blue = { ...green, id: 'old', attributes: {} };
    await expect(environment.goLive?.(green, blue)).rejects.toThrow(named('ProvisionFailedError'));

    await remove(green);
    expect(await environment.goLive?.(green, null)).toMatchObject({ state: 'gone' });
  });
});

describe('retiring', () => {
  it.each([
    ['instances terminate', { stopLooks: 3 }, { drainLooks: 0 }],
    ['targets drain', { stopLooks: 0 }, { drainLooks: 3 }],
  ])('lets requests finish before it deletes anything: %s', async (_, instances, targets) => {
    const { fake, environment, makeReady, remove, ownerOf, described } = prepare();
    const ref = await makeReady();
    Object.assign(fake, { deleteLooks: 2, ...instances });
    Object.assign(fake.targetGroups, targets);

    for (let calls = 0; calls < 3; calls += 1)
      expect(await environment.retire(ref)).toBe('pending');
    expect(fake.commands()).not.toContain('DeleteAutoScalingGroup');
    expect(described()).toHaveLength(2);

    await remove(ref);
    expect(fake.commands()).toContain('DeleteAutoScalingGroup');
    expect(described()).toHaveLength(1);
    expect(ownerOf('shop-a')).toBeNull();
  });

  it('keeps a template version from which another environment launches, and the default one', async () => {
    const { templates, makeReady, provide, remove, described } = prepare();
    const first = await makeReady('r1');
    const uri = `launch-template:${templates.templateId}:2`;
    const second = await provide('r2', { uri, version: '2.0.0' });

    await remove(first);
    expect(described()).toHaveLength(2);
    Object.assign(templates.versions[1] ?? {}, { DefaultVersion: true });
    await remove(second);
    expect(described()).toHaveLength(2);
  });

  it('waits while an activity is under way', async () => {
    const { fake, environment, makeReady, remove } = prepare();
    const ref = await makeReady();
    fake.failNext('UpdateAutoScalingGroup', 'ScalingActivityInProgressFault');
    fake.failNext('DeleteAutoScalingGroup', 'ResourceInUseFault');

    expect(await environment.retire(ref)).toBe('pending');
    await remove(ref);
    expect(fake.groups()).toEqual(['shop']);
  });
});

describe('what was live before Verdigris came', () => {
  function prepareOld() {
    const prepared = prepare({ like: 'old' });
    const { fake, templates } = prepared;
    fake.createByHand({
      AutoScalingGroupName: 'old',
      LaunchTemplate: { LaunchTemplateId: templates.templateId, Version: '1' },
      DesiredCapacity: 2,
      MinSize: 1,
      TargetGroupARNs: [fake.targetGroups.group('shop-a').arn],
    });
    return prepared;
  }

  it('is found by the name of its target group, and keeps its group and template when it is retired', async () => {
    const { fake, environment, makeReady, remove, templates } = prepareOld();
    const blue = (await environment.lookup('shop-a')) as EnvironmentRef;
    expect(blue).toMatchObject({ id: 'shop-a', version: 'unknown' });
    expect(await environment.list()).toEqual([]);
    await makeReady('r1');

    await remove(blue);

    expect(fake.group('old')).toMatchObject({ DesiredCapacity: 0, MinSize: 0 });
    expect((await environment.status(blue)).state).toBe('gone');
    expect(templates.versions[0]?.LaunchTemplateData?.ImageId).toBe(firstImage);
    expect(await environment.lookup('shop-a')).toBeNull();
    expect((await makeReady('r2')).address).toBe('http://shop-a.test');
  });

  it('refuses to choose between two groups of one target group', async () => {
    const { fake, environment, templates } = prepareOld();
    fake.createByHand({
      AutoScalingGroupName: 'other',
      LaunchTemplate: { LaunchTemplateId: templates.templateId, Version: '1' },
      TargetGroupARNs: [fake.targetGroups.group('shop-a').arn],
    });

    await expect(environment.lookup('shop-a')).rejects.toThrow(
      named('ConfigInvalidError', 'old, other'),
    );
  });
});

describe('what the manifest and the artifact have to say', () => {
  it.each([
    [{ like: 'nobody' }, /no Auto Scaling group nobody to copy/],
    [{ launchTemplate: 'nothing' }, /no version \$Default of launch template nothing/],
  ])('is refused with its reason: %j', async (changes, reason) => {
    const { environment } = prepare(changes);

    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ConfigInvalidError', reason),
    );
    expect(await environment.ofRelease('r1')).toBeNull();
  });

  it('takes the default version of the template that it names', async () => {
    const { templates, provide } = prepare({ launchTemplate: 'shop' });
    templates.createByHand({ LaunchTemplateData: { UserData: 'bmV3' } });

    await provide();

    expect(templates.versions[2]?.LaunchTemplateData).toEqual({
      ImageId: image,
      UserData: 'c2VjcmV0',
    });
  });

  it('refuses launch configurations, and types with templates of their own', async () => {
    const { fake, environment } = prepare({ like: 'odd' });
    fake.createByHand({ AutoScalingGroupName: 'odd', LaunchConfigurationName: 'lc' });
    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(/launch configuration/);

    const { fake: other, environment: mixed, templates } = prepare({ like: 'odd' });
    const LaunchTemplateSpecification = { LaunchTemplateId: templates.templateId, Version: '1' };
    const Overrides = [{ InstanceType: 'm7i.large', LaunchTemplateSpecification }];
    other.createByHand({
      AutoScalingGroupName: 'odd',
      MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification, Overrides } },
    });
    await expect(mixed.provision(artifact, 'r1')).rejects.toThrow(/m7i.large/);
  });

  it('refuses a group of the same name that something else made', async () => {
    const { fake, environment } = prepare();
    const { LaunchTemplate } = fake.group('shop');
    fake.createByHand({ AutoScalingGroupName: 'shop-r1', LaunchTemplate });

    await expect(environment.provision(artifact, 'r1')).rejects.toThrow(
      named('ProvisionFailedError', 'made by something else'),
    );
    expect(await environment.ofRelease('r1')).toBeNull();
  });

  it.each([[{ targetGroups: [] }], [{ capacity: { live: 0 } }], [{ surprise: true }]])(
    'is strict: %j',
    (changes) => {
      expect(() => prepare(changes)).toThrow();
    },
  );

  it('is there on AWS only', async () => {
    const { clock } = prepare();
    const deps = { clock, timers: clock, log: silentLogger };

    await expect(createEnvironment({ kind: 'auto-scaling-group' }, 'shop', deps)).rejects.toEqual(
      named('KindUnavailableError', 'on AWS only'),
    );
  });

  it.each([
    ['ami-0000000a', { kind: 'image', imageId: 'ami-0000000a' }],
    [`ami:${image}`, { kind: 'image', imageId: image }],
    [
      'launch-template:lt-0123456789abcdef0:7',
      { kind: 'version', templateId: 'lt-0123456789abcdef0', version: '7' },
    ],
  ])('reads %s', (uri, source) => {
    expect(readLaunchSource({ uri, version: '2' })).toEqual(source);
  });

  it.each(['ami-1', 'launch-template:lt-0123456789abcdef0:$Latest', 's3://a/b.zip'])(
    'refuses %s',
    (uri) => {
      expect(() => readLaunchSource({ uri, version: '2' })).toThrow(named('ArtifactInvalidError'));
    },
  );

  it('refuses a digest that it can not check', () => {
    const digest = `sha256:${'a1'.repeat(32)}`;

    expect(() => readLaunchSource({ uri: image, version: '2', digest })).toThrow(/no digest/);
  });

  it.each([
    ['a failed image', 'failed', image],
    ['a version that is not there', 'available', 'launch-template:lt-0123456789abcdef0:9'],
  ])('refuses %s', async (_, state, uri) => {
    const { templates, environment } = prepare();
    templates.images.set(image, state);

    await expect(environment.provision({ uri, version: '2' }, 'r1')).rejects.toThrow(
      named('ArtifactInvalidError'),
    );
  });
});
