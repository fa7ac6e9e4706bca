import { createHash } from 'node:crypto';
import {
  CreateChangeSetCommand,
  DeleteStackCommand,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import { describe, expect, it } from 'vitest';
import { createCloudFormationStackEnvironment } from '../../../lib/environments/cloudformation-stack/environment.ts';
import { stackNameOf } from '../../../lib/environments/cloudformation-stack/stack.ts';
import { templateUrl } from '../../../lib/environments/cloudformation-stack/template.ts';
import { cloudFormationStackKind } from '../../../lib/environments/cloudformation-stack.ts';
import { createEnvironment } from '../../../lib/environments/index.ts';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import type { Artifact } from '../../../lib/release/artifact.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import { createFakeCloudFormation } from '../../support/fakes/cloudformation.ts';
import type { FakeTemplate } from '../../support/fakes/cloudformation-control-plane.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const uri = 's3://templates/shop.yml?versionId=abc';
const artifact: Artifact = { uri, version: '2.0.0' };
const group = { type: 'AWS::ElasticLoadBalancingV2::TargetGroup' };

function prepare(template: FakeTemplate = {}, config: object = {}) {
  const clock = createVirtualClock();
  const fake = createFakeCloudFormation(() => clock.now());
  fake.templates.set(uri, {
    resources: { Group: group },
    outputs: { Host: '{name}' },
    ...template,
  });
  const warnings: object[] = [];
  const log = {
    ...silentLogger,
    warn: (message: string, facts?: object) => void warnings.push({ message, ...facts }),
  };
  const environment = createCloudFormationStackEnvironment(
    { kind: 'cloudformation-stack', ...config },
    'shop',
    { cloudFormation: fake.cloudFormation, s3: fake.s3, clock, log },
  );
  /** Calls again and again, as the state machine does, whatever is thrown that is worth it. */
  async function provide(releaseId = 'shop-r1'): Promise<EnvironmentRef> {
    for (let calls = 0; calls < 20; calls += 1) {
      const ref = await environment.provision(artifact, releaseId).catch((error: Error) => {
        if (error.name !== 'ThrottledError') throw error;
        return null;
      });
      const status = ref && (await environment.status(ref));
      if (ref && status?.state !== 'pending') return ref;
    }
    throw new Error('nothing came of it within twenty calls');
  }
  async function retire(ref: EnvironmentRef): Promise<void> {
    while ((await environment.retire(ref)) !== 'retired');
  }
  return { ...fake, fake, clock, environment, warnings, provide, retire };
}

const inputOf = (
  { calls }: { calls: readonly { command: string; input: object }[] },
  name: string,
) => calls.find(({ command }) => command === name)?.input;

describe('the name of a stack', () => {
  it('is the release, behind the prefix', () => {
    expect(stackNameOf('release-', 'shop-1-4-0-ab12cd34')).toBe('release-shop-1-4-0-ab12cd34');
  });

  it.each(['shop_1.4.0', 'x'.repeat(200), 'größe'])('is legal whatever the release: %s', (id) => {
    const name = stackNameOf('release-', id);
    expect(name).toMatch(/^[A-Za-z][A-Za-z0-9-]{0,127}$/);
    expect(stackNameOf('release-', id)).toBe(name);
    expect(stackNameOf('release-', `${id}.`)).not.toBe(name);
  });
});

describe('the template', () => {
  const urlOf = (at: string, region = 'eu-west-1') =>
    templateUrl({ uri: at, version: '1' }, region, createFakeCloudFormation(() => 0).s3);

  it.each([
    ['s3://builds/shop.yml', 'https://s3.eu-west-1.amazonaws.com/builds/shop.yml'],
    ['s3://my.builds/a b/ü.yml', 'https://s3.eu-west-1.amazonaws.com/my.builds/a%20b/%C3%BC.yml'],
    [
      's3://builds/a.yml?versionId=x/y',
      'https://s3.eu-west-1.amazonaws.com/builds/a.yml?versionId=x%2Fy',
    ],
  ])('is named to CloudFormation by its URL: %s', async (at, url) => {
    expect(await urlOf(at)).toBe(url);
  });

  it('is in the region of the conductor', async () => {
    const url = await urlOf('s3://builds/a.yml', 'cn-north-1');
    expect(url).toBe('https://s3.cn-north-1.amazonaws.com.cn/builds/a.yml');
  });

  it.each([
    'https://builds.s3.amazonaws.com/a.yml',
    '/builds/a.yml',
    's3://builds',
    's3://B/a.yml',
  ])('is refused as %s, with the form that is right', async (at) => {
    await expect(urlOf(at)).rejects.toThrow('s3://BUCKET/KEY?versionId=ID');
  });

  it('is held to its digest before anything is begun', async () => {
    const { environment, commands } = prepare({ body: 'Resources: {}' });
    const digest = `sha256:${'0'.repeat(64)}`;
    const attempt = environment.provision({ ...artifact, digest }, 'shop-r1');
    await expect(attempt).rejects.toMatchObject({ name: 'ArtifactInvalidError' });
    await expect(attempt).rejects.toThrow(digest);
    expect(commands()).toEqual(['DescribeStacks', 's3:GetObject']);
  });

  it('is the version that was held to its digest', async () => {
    const fixture = prepare({ body: 'Resources: {}' });
    const hash = createHash('sha256').update('Resources: {}').digest('hex');
    await fixture.environment.provision({ ...artifact, digest: `sha256:${hash}` }, 'shop-r1');
    expect(inputOf(fixture, 'CreateChangeSet')).toMatchObject({
      TemplateURL: expect.stringContaining('versionId=abc'),
    });
  });

  it('is refused, with its URI, when S3 does not give it', async () => {
    const { environment, failNext } = prepare();
    const given = { ...artifact, digest: `sha256:${'0'.repeat(64)}` };
    failNext('s3:GetObject', 'AccessDenied');
    await expect(environment.provision(given, 'shop-r1')).rejects.toThrow(
      `${uri} is missing, or may`,
    );
    failNext('s3:GetObject', 'InternalError');
    await expect(environment.provision(given, 'shop-r1')).rejects.toMatchObject({
      name: 'ThrottledError',
    });
  });

  it.each([
    ['is none', { refusedWith: 'Template format error: unsupported structure.' }, 'format error'],
    ['wants parameters', { parameters: { Size: {} } }, '[Size] must have values'],
  ])('is refused when it %s, and nothing is begun', async (_, template, why) => {
    const { environment, stackNames } = prepare(template);
    const attempt = environment.provision(artifact, 'shop-r1');
    await expect(attempt).rejects.toMatchObject({ name: 'ArtifactInvalidError' });
    await expect(attempt).rejects.toThrow(uri);
    await expect(attempt).rejects.toThrow(why);
    expect(stackNames()).toEqual([]);
  });

  it.each([
    ['the transform failed', 'the transform failed'],
    ['To troubleshoot Early Validation errors, use the DescribeEvents API', 'its name is taken'],
  ])('is refused when its change set fails: %s', async (changeSetFailsWith, why) => {
    const { provide, executions, environment, retire, stackNames } = prepare({
      changeSetFailsWith,
    });
    const attempt = provide();
    await expect(attempt).rejects.toMatchObject({ name: 'ArtifactInvalidError' });
    await expect(attempt).rejects.toThrow(why);
    expect(executions()).toBe(0);
    const begun = await environment.ofRelease('shop-r1');
    if (begun) await retire(begun);
    expect(stackNames()).toEqual([]);
  });

  it('says which capability it needs', async () => {
    const { provide } = prepare({ needsCapability: 'CAPABILITY_IAM' });
    const attempt = provide();
    await expect(attempt).rejects.toMatchObject({ name: 'ConfigInvalidError' });
    await expect(attempt).rejects.toThrow('CAPABILITY_IAM');
    const allowed = prepare(
      { needsCapability: 'CAPABILITY_IAM' },
      { capabilities: ['CAPABILITY_IAM'] },
    );
    expect(await allowed.provide()).toMatchObject({ id: 'release-shop-r1' });
  });

  it('does not count for a role that cannot be assumed', async () => {
    const { provide, failNext } = prepare();
    failNext('CreateChangeSet', 'ValidationError', 'Role arn:x is invalid or cannot be assumed');
    await expect(provide()).rejects.toMatchObject({
      name: 'ConfigInvalidError',
      message: expect.stringContaining('environment.roleArn'),
    });
  });
});

describe('a stack', () => {
  it('is made as the manifest says, with whose it is in its tags', async () => {
    const parameters = { Size: {}, Desired: {}, Version: {} };
    const roleArn = 'arn:aws:iam::123456789012:role/release';
    const fixture = prepare(
      { parameters },
      {
        ...{ stackPrefix: 'green-', parameters: { Size: 'small', Desired: 2 }, roleArn },
        ...{ versionParameter: 'Version', tags: { team: 'web' } },
      },
    );
    const ref = await fixture.provide();
    expect(inputOf(fixture, 'CreateChangeSet')).toMatchObject({
      StackName: 'green-shop-r1',
      ChangeSetType: 'CREATE',
      OnStackFailure: 'DO_NOTHING',
      RoleARN: roleArn,
      Parameters: [
        { ParameterKey: 'Size', ParameterValue: 'small' },
        { ParameterKey: 'Desired', ParameterValue: '2' },
        { ParameterKey: 'Version', ParameterValue: '2.0.0' },
      ],
    });
    expect(fixture.stack(ref.id)?.Tags).toEqual([
      { Key: 'team', Value: 'web' },
      { Key: 'verdigris:environment', Value: 'green-shop-r1' },
      { Key: 'verdigris:release', Value: 'shop-r1' },
      { Key: 'verdigris:service', Value: 'shop' },
      { Key: 'verdigris:version', Value: '2.0.0' },
    ]);
  });

  it('hands its outputs to router and checks', async () => {
    const outputs = { address: 'Host', targetGroupArn: 'Group' };
    const { provide } = prepare(
      { outputs: { Host: '{name}.example.com', Group: 'arn:g' } },
      { outputs },
    );
    expect(await provide()).toMatchObject({
      address: 'http://release-shop-r1.example.com',
      attributes: { targetGroupArn: 'arn:g' },
    });
  });

  it('is not ready before its outputs are known, whenever they come', async () => {
    const { environment, provide } = prepare({}, { outputs: { address: 'Host' } });
    const ref = await provide();
    const early = { ...ref, address: null };
    expect(await environment.status(early)).toMatchObject({ state: 'pending' });
    expect(await environment.status(ref)).toMatchObject({ state: 'ready' });
  });

  it('fails without an output that is needed, and says which there are', async () => {
    const { environment, provide } = prepare({}, { outputs: { targetGroupArn: 'Group' } });
    const { state, reason } = await environment.status(await provide());
    expect(state).toBe('failed');
    expect(reason).toContain('Group (environment.outputs.targetGroupArn)');
    expect(reason).toContain('its outputs are Host');
  });

  it('says what failed first, not what was cancelled because of it', async () => {
    const { environment, provide } = prepare({
      resources: {
        Group: group,
        Service: { type: 'AWS::ECS::Service', failsWith: 'no such image' },
        Alarm: { type: 'AWS::CloudWatch::Alarm' },
      },
    });
    const { state, reason } = await environment.status(await provide());
    expect(state).toBe('failed');
    expect(reason).toBe('CREATE_FAILED: Service (AWS::ECS::Service): no such image');
  });

  it('says what failed inside a nested stack', async () => {
    const { environment, provide, fake } = prepare({
      resources: { Inner: { type: 'AWS::CloudFormation::Stack', failsWith: 'was not created' } },
    });
    fake.createByHand('release-shop-r1-Inner');
    fake.tellByHand('release-shop-r1-Inner', 'Table', 'CREATE_FAILED', 'limit exceeded');
    const { reason } = await environment.status(await provide());
    expect(reason).toContain('Inner/Table');
    expect(reason).toContain('limit exceeded');
  });

  it.each([
    ['UPDATE_COMPLETE', 'ready'],
    ['UPDATE_ROLLBACK_COMPLETE', 'ready'],
    ['UPDATE_IN_PROGRESS', 'pending'],
    ['UPDATE_ROLLBACK_FAILED', 'failed'],
    ['ROLLBACK_IN_PROGRESS', 'failed'],
    ['ROLLBACK_COMPLETE', 'failed'],
    ['DELETE_IN_PROGRESS', 'gone'],
    ['DELETE_FAILED', 'failed'],
  ])('that is %s is %s', async (stackStatus, state) => {
    const { environment, provide, setStatus } = prepare();
    const ref = await provide();
    setStatus(ref.id, stackStatus);
    expect(await environment.status(ref)).toMatchObject({ state });
  });

  it('is left alone when somebody else has one of that name', async () => {
    const { provide, createByHand, commands } = prepare();
    createByHand('release-shop-r1');
    await expect(provide()).rejects.toMatchObject({ name: 'ProvisionFailedError' });
    expect(commands()).toEqual(['DescribeStacks']);
  });

  it('is not made from a change set that somebody else left there', async () => {
    const { provide, cloudFormation, executions } = prepare();
    const theirs = { StackName: 'release-shop-r1', ChangeSetName: 'verdigris' };
    const TemplateURL = 'https://s3.eu-west-1.amazonaws.com/templates/shop.yml?versionId=abc';
    await cloudFormation.send(new CreateChangeSetCommand({ ...theirs, TemplateURL }));
    await expect(provide()).rejects.toMatchObject({ name: 'ProvisionFailedError' });
    expect(executions()).toBe(0);
  });

  it('is left alone when it is of another release', async () => {
    const { provide, createByHand } = prepare();
    createByHand('release-shop-r1', { Tags: [{ Key: 'verdigris:release', Value: 'shop-r0' }] });
    await expect(provide()).rejects.toThrow('belongs to release shop-r0');
  });
});

describe('calls that are lost, late or refused', () => {
  it.each(['CreateChangeSet', 'ExecuteChangeSet', 'DescribeStacks', 'DescribeChangeSet'])(
    'make one stack when the answer of %s is lost',
    async (command) => {
      const { provide, loseAnswer, stackNames, executions } = prepare();
      loseAnswer(command);
      const ref = await provide();
      expect(stackNames()).toEqual([ref.id]);
      expect(executions()).toBe(1);
    },
  );

  it('make one stack when another call comes just before the change set', async () => {
    const { environment, provide, before, stackNames, executions } = prepare();
    let other: Promise<unknown> = Promise.resolve();
    before('CreateChangeSet', () => {
      other = environment.provision(artifact, 'shop-r1');
    });
    const ref = await provide();
    await other;
    expect(stackNames()).toEqual([ref.id]);
    expect(executions()).toBe(1);
  });

  it('execute a change set once', async () => {
    const { environment, provide, fake, cloudFormation, executions } = prepare();
    await environment.provision(artifact, 'shop-r1');
    const asked = { StackName: 'release-shop-r1', ChangeSetName: 'verdigris' };
    fake.before('ExecuteChangeSet', () => {
      cloudFormation.send(new ExecuteChangeSetCommand(asked));
    });
    expect(await provide()).toMatchObject({ id: 'release-shop-r1' });
    expect(executions()).toBe(1);
  });

  it.each(['InvalidChangeSetStatus', 'InvalidChangeSetStatusException'])(
    'take %s for what it is: another call is executing the change set',
    async (name) => {
      const { provide, failNext, executions } = prepare();
      failNext('ExecuteChangeSet', name);
      expect(await provide()).toMatchObject({ id: 'release-shop-r1' });
      expect(executions()).toBe(1);
    },
  );

  it('do not bring a stack back whose release was discarded', async () => {
    const { environment, delayNext, retire, stackNames, executions } = prepare();
    await environment.provision(artifact, 'shop-r1');
    const late = delayNext('ExecuteChangeSet');
    await expect(environment.provision(artifact, 'shop-r1')).rejects.toMatchObject({
      name: 'ThrottledError',
    });
    const begun = await environment.ofRelease('shop-r1');
    if (begun) await retire(begun);
    expect(await late.takeEffect()).not.toBe('applied');
    expect(stackNames()).toEqual([]);
    expect(executions()).toBe(0);
  });

  it.each([
    ['Throttling', 'ThrottledError', 'patience'],
    ['ThrottlingException', 'ThrottledError', 'patience'],
    ['InternalFailure', 'ThrottledError', 'does not answer'],
    ['AccessDenied', 'ConfigInvalidError', 'cloudformation:CreateChangeSet'],
    ['LimitExceededException', 'ProvisionFailedError', 'quota'],
    ['TokenAlreadyExistsException', 'ProvisionFailedError', 'CreateChangeSet of release-shop-r1'],
  ])('are told apart: %s is a %s', async (name, ours, says) => {
    const { environment, failNext } = prepare();
    failNext('CreateChangeSet', name);
    const attempt = environment.provision(artifact, 'shop-r1');
    await expect(attempt).rejects.toMatchObject({ name: ours });
    await expect(attempt).rejects.toThrow(says);
  });

  it('wait for a CloudFormation that throttles everything', async () => {
    const { provide, failNext } = prepare();
    for (const command of [
      'DescribeStacks',
      'CreateChangeSet',
      'DescribeChangeSet',
      'ExecuteChangeSet',
    ])
      failNext(command, 'Throttling', 'Rate exceeded', 2);
    expect(await provide()).toMatchObject({ id: 'release-shop-r1' });
  });
});

describe('what is live', () => {
  it('cannot be deleted by anybody else', async () => {
    const { environment, provide, stack, cloudFormation } = prepare();
    const ref = await provide();
    expect(stack(ref.id)?.EnableTerminationProtection).toBeFalsy();
    await environment.goLive?.(ref, null);
    await environment.goLive?.(ref, null);
    expect(stack(ref.id)?.EnableTerminationProtection).toBe(true);
    const byHand = cloudFormation.send(new DeleteStackCommand({ StackName: ref.id }));
    await expect(byHand).rejects.toThrow('TerminationProtection');
  });

  it('cannot be what is not there', async () => {
    const { environment, provide, retire } = prepare();
    const ref = await provide();
    await retire(ref);
    await expect(environment.goLive?.(ref, null)).rejects.toMatchObject({
      name: 'ProvisionFailedError',
    });
  });

  it('may be a stack of before Verdigris', async () => {
    const { environment, createByHand } = prepare({}, { outputs: { targetGroupArn: 'Group' } });
    createByHand('shop-prod', { Outputs: [{ OutputKey: 'Group', OutputValue: 'arn:old' }] });
    const found = await environment.lookup('shop-prod');
    expect(found).toMatchObject({ version: 'unknown', attributes: { targetGroupArn: 'arn:old' } });
    expect(await environment.list()).toEqual([]);
  });

  it('is no stack where the router has a name that none can have', async () => {
    const { environment, commands } = prepare();
    expect(await environment.lookup('targetgroup/a/b')).toBeNull();
    expect(commands()).toEqual([]);
  });

  it('is no stack that is being deleted', async () => {
    const { environment, provide, setStatus } = prepare();
    const ref = await provide();
    setStatus(ref.id, 'DELETE_IN_PROGRESS');
    expect(await environment.lookup(ref.id)).toBeNull();
    expect(await environment.list()).toEqual([]);
  });

  it('is told from what other services made, over all pages', async () => {
    const { environment, provide, createByHand } = prepare();
    for (const id of ['shop-r1', 'shop-r2', 'shop-r3']) await provide(id);
    const Tags = [
      { Key: 'verdigris:release', Value: 'pay-r1' },
      { Key: 'verdigris:service', Value: 'pay' },
    ];
    createByHand('release-pay-r1', { Tags });
    const listed = await environment.list();
    expect(listed.map(({ releaseId }) => releaseId)).toEqual(['shop-r1', 'shop-r2', 'shop-r3']);
  });

  it('is described without the values of parameters that have no echo', async () => {
    const parameters = { Size: {}, Password: { noEcho: true } };
    const given = { parameters: { Size: 'small', Password: 'swordfish' } };
    const { environment, provide } = prepare({ parameters }, given);
    expect(await environment.describe(await provide())).toMatchObject({
      parameters: { Size: 'small', Password: null },
      outputs: ['Host'],
      resourceTypes: [group.type],
      isProtected: false,
    });
  });
});

describe('retiring a stack', () => {
  it('takes its protection away right before it deletes it', async () => {
    const { environment, provide, commands, stackNames } = prepare();
    const ref = await provide();
    await environment.goLive?.(ref, null);
    const before = commands().length;
    expect(await environment.retire(ref)).toBe('pending');
    expect(commands().slice(before)).toEqual([
      'DescribeStacks',
      'UpdateTerminationProtection',
      'DeleteStack',
    ]);
    expect(await environment.retire(ref)).toBe('retired');
    expect(stackNames()).toEqual([]);
  });

  it('takes it away again where somebody set it meanwhile', async () => {
    const { environment, provide, before, stack, retire, stackNames } = prepare();
    const ref = await provide();
    before('DeleteStack', () => {
      const found = stack(ref.id);
      if (found) found.EnableTerminationProtection = true;
    });
    await expect(environment.retire(ref)).rejects.toThrow('TerminationProtection');
    await retire(ref);
    expect(stackNames()).toEqual([]);
  });

  it('says what would not go, and why', async () => {
    const Bucket = { type: 'AWS::S3::Bucket', staysBecause: 'it is not empty' };
    const { environment, provide, clock } = prepare({ resources: { Group: group, Bucket } });
    const ref = await provide();
    expect(await environment.retire(ref)).toBe('pending');
    await clock.advance(15_000);
    const attempt = environment.retire(ref);
    await expect(attempt).rejects.toMatchObject({ name: 'RetireFailedError' });
    await expect(attempt).rejects.toThrow('Bucket (AWS::S3::Bucket): it is not empty');
    await expect(environment.retire(ref)).rejects.toThrow('would not go');
    expect(await environment.list()).toMatchObject([{ ref: { id: ref.id } }]);
  });

  it('tries again when it is asked to later', async () => {
    const Bucket: { type: string; staysBecause?: string } = {
      type: 'AWS::S3::Bucket',
      staysBecause: 'it is not empty',
    };
    const { environment, provide, clock, retire, stackNames } = prepare({ resources: { Bucket } });
    const ref = await provide();
    await environment.retire(ref);
    await expect(environment.retire(ref)).rejects.toThrow('not empty');
    delete Bucket.staysBecause;
    await clock.advance(600_000);
    await retire(ref);
    expect(stackNames()).toEqual([]);
  });

  it('tells what a DeletionPolicy kept', async () => {
    const Table = { type: 'AWS::DynamoDB::Table', isRetained: true };
    const { provide, retire, warnings } = prepare({ resources: { Table } });
    await retire(await provide());
    expect(warnings).toMatchObject([
      { retained: ['release-shop-r1-Table (AWS::DynamoDB::Table)'] },
    ]);
  });

  it('leaves a stack alone that was not made for a release', async () => {
    const { environment, createByHand, stackNames, commands } = prepare();
    createByHand('shop-prod', { EnableTerminationProtection: true });
    const ref = await environment.lookup('shop-prod');
    await expect(ref && environment.retire(ref)).rejects.toMatchObject({
      name: 'RetireFailedError',
    });
    expect(stackNames()).toEqual(['shop-prod']);
    expect(commands()).not.toContain('UpdateTerminationProtection');
  });

  it.each(['UPDATE_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'])(
    'waits while it is %s',
    async (status) => {
      const { environment, provide, setStatus, commands } = prepare();
      const ref = await provide();
      setStatus(ref.id, status);
      expect(await environment.retire(ref)).toBe('pending');
      expect(commands()).not.toContain('DeleteStack');
    },
  );

  it('does not wait for a stack that is still being made', async () => {
    const { environment, fake, retire, stackNames } = prepare();
    fake.stackReads = 5;
    await environment.provision(artifact, 'shop-r1');
    await environment.provision(artifact, 'shop-r1');
    const ref = await environment.provision(artifact, 'shop-r1');
    expect(ref && (await environment.status(ref))).toMatchObject({ state: 'pending' });
    if (ref) await retire(ref);
    expect(stackNames()).toEqual([]);
  });

  it('is done when an answer was lost', async () => {
    const { environment, provide, loseAnswer, retire, stackNames } = prepare();
    const ref = await provide();
    loseAnswer('DeleteStack');
    await expect(environment.retire(ref)).rejects.toMatchObject({ name: 'ThrottledError' });
    await retire(ref);
    expect(stackNames()).toEqual([]);
  });
});

describe('the manifest', () => {
  const manifest = (part: object) => ({
    service: 'shop',
    environment: { kind: 'cloudformation-stack', ...part },
    router: { kind: 'local-proxy', port: 8080 },
  });

  it.each([
    [{ stackPrefix: '1' }, 'environment.stackPrefix'],
    [{ parameters: { 'a-b': 'c' } }, 'environment.parameters'],
    [{ tags: { 'aws:x': 'y' } }, 'environment.tags'],
    [{ tags: { 'Verdigris:release': 'y' } }, 'environment.tags'],
    [{ capabilities: ['CAPABILITY_ALL'] }, 'environment.capabilities[0]'],
    [{ roleArn: 'release' }, 'environment.roleArn'],
    [{ outputs: { address: 'a b' } }, 'environment.outputs'],
    [{ templateUrl: 'x' }, 'environment.templateUrl'],
  ])('is refused with %j', (part, path) => {
    expect(() => parseManifest(manifest(part), manifestKinds)).toThrow(path);
  });

  it('does not go with a router that cannot reach it', () => {
    expect(() => parseManifest(manifest({}), manifestKinds)).toThrow('cannot reach environments');
  });

  it('is for AWS only', async () => {
    const clock = createVirtualClock();
    const deps = { clock, timers: clock, log: silentLogger };
    const made = createEnvironment({ kind: 'cloudformation-stack' }, 'shop', deps);
    await expect(made).rejects.toThrow('is there on AWS only');
    expect(cloudFormationStackKind.kind).toBe('cloudformation-stack');
  });
});
