import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { factsOf as groupFacts } from '../../../lib/environments/auto-scaling-group/facts.ts';
import { factsOf as serviceFacts } from '../../../lib/environments/ecs-service/facts.ts';
import { factsOf as versionFacts } from '../../../lib/environments/lambda-version/facts.ts';
import { factsOf as processFacts } from '../../../lib/environments/process/facts.ts';
import { addressIn, listenersOf } from '../../../lib/environments/process/listeners.ts';
import type { EnvironmentRecord } from '../../../lib/environments/process/record.ts';

const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/payments-AbCdEf';

describe('facts of a version of a function', () => {
  const facts = versionFacts(
    {
      Version: '7',
      Runtime: 'nodejs24.x',
      MemorySize: 512,
      Timeout: 10,
      Role: 'arn:aws:iam::123456789012:role/shop',
      Environment: { Variables: { MODE: 'swordfish', PAYMENTS_KEY: secretArn } },
      Layers: [{ Arn: 'arn:aws:lambda:eu-central-1:123456789012:layer:base:3' }],
      VpcConfig: {
        VpcId: 'vpc-1',
        SubnetIds: ['subnet-b', 'subnet-a'],
        SecurityGroupIds: ['sg-1'],
      },
      LoggingConfig: { LogGroup: '/shop', LogFormat: 'JSON' },
      CodeSha256: 'abc=',
    },
    5,
  );

  it('are memory, network, layers, log group, concurrency and names of variables', () => {
    expect(facts).toMatchObject({
      ...{ runtime: 'nodejs24.x', memoryMb: 512, timeoutSeconds: 10, provisionedConcurrency: 5 },
      ...{ vpc: 'vpc-1', subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-1'] },
      ...{ layers: ['arn:aws:lambda:eu-central-1:123456789012:layer:base:3'] },
      ...{ logGroup: '/shop', logFormat: 'JSON', variables: ['MODE', 'PAYMENTS_KEY'] },
    });
  });

  it('tell of a value only which secret it names', () => {
    expect(facts.secretReferences).toEqual({ PAYMENTS_KEY: secretArn });
    expect(JSON.stringify(facts)).not.toContain('swordfish');
  });

  it('call version and code its own', () => {
    expect(facts.ownFacts).toEqual(expect.arrayContaining(['version', 'codeSha256']));
  });

  it('are null or empty where Lambda tells nothing', () => {
    expect(versionFacts({}, null)).toMatchObject({ vpc: null, layers: [], secretReferences: {} });
  });
});

describe('facts of a service of ECS', () => {
  const facts = serviceFacts(
    {
      serviceName: 'shop-r1',
      status: 'ACTIVE',
      desiredCount: 2,
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['subnet-1'],
          securityGroups: ['sg-1'],
          assignPublicIp: 'DISABLED',
        },
      },
      tags: [
        { key: 'team', value: 'web' },
        { key: 'verdigris:release', value: 'r1' },
      ],
    },
    {
      definition: {
        cpu: '256',
        memory: '512',
        taskRoleArn: 'arn:aws:iam::123456789012:role/task',
        containerDefinitions: [
          {
            name: 'web',
            image: 'shop:2',
            environment: [
              { name: 'MODE', value: 'swordfish' },
              { name: 'VERDIGRIS_VERSION', value: '2' },
            ],
            secrets: [{ name: 'PAYMENTS_KEY', valueFrom: secretArn }],
            logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/shop' } },
          },
        ],
      },
      tags: [],
    },
    { healthCheck: { path: '/healthz' } },
  );

  it('are size, network, tags, target group, log group, and where secrets are', () => {
    expect(facts).toMatchObject({
      ...{ cpu: '256', memoryMb: '512', assignsPublicIp: false, tags: { team: 'web' } },
      targetGroup: { healthCheck: { path: '/healthz' } },
      containers: {
        web: { logGroup: '/shop', secrets: { PAYMENTS_KEY: secretArn }, isPrivileged: false },
      },
    });
    expect(JSON.stringify(facts)).not.toContain('swordfish');
  });

  it('call the image, the count and what Verdigris sets its own', () => {
    expect(facts.ownFacts).toEqual([
      ...['desiredCount', 'runningCount', 'rolloutState'],
      ...['containers.*.image', 'containers.*.variables.VERDIGRIS_*'],
    ]);
  });

  it('do without a task definition', () => {
    const bare = { serviceName: 'shop', status: 'ACTIVE' };
    expect(serviceFacts(bare, null, null)).toMatchObject({ tags: {}, targetGroup: null });
  });
});

describe('facts of an Auto Scaling group', () => {
  it('are sizes, network, and what its template says', () => {
    const facts = groupFacts(
      {
        AutoScalingGroupName: 'shop-r1',
        MinSize: 1,
        MaxSize: 4,
        DesiredCapacity: 2,
        DefaultCooldown: 300,
        HealthCheckType: 'ELB',
        HealthCheckGracePeriod: 30,
        AvailabilityZones: ['b', 'a'],
        CreatedTime: new Date(0),
        VPCZoneIdentifier: 'subnet-b,subnet-a',
        LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '2' },
        Tags: [
          { Key: 'team', Value: 'web' },
          { Key: 'verdigris:release', Value: 'r1' },
        ],
      },
      {
        ImageId: 'ami-2',
        InstanceType: 'm8g.large',
        IamInstanceProfile: { Name: 'shop' },
        SecurityGroupIds: ['sg-2'],
        NetworkInterfaces: [{ Groups: ['sg-1'], AssociatePublicIpAddress: true }],
        BlockDeviceMappings: [
          { DeviceName: '/dev/xvda', Ebs: { VolumeType: 'gp3', VolumeSize: 20 } },
          { DeviceName: '/dev/xvdb' },
        ],
      },
      null,
    );
    expect(facts).toMatchObject({
      ...{ minSize: 1, maxSize: 4, isMixed: false, subnets: ['subnet-a', 'subnet-b'] },
      tags: { team: 'web' },
      launch: {
        ...{ instanceType: 'm8g.large', instanceProfile: 'shop', assignsPublicIp: true },
        securityGroups: ['sg-1', 'sg-2'],
        volumes: ['/dev/xvda gp3 20 GiB', '/dev/xvdb'],
      },
    });
    expect(facts.ownFacts).toContain('launch.image');
  });

  it('are the types of a mixed group, with what they weigh', () => {
    const Overrides = [
      { InstanceType: 'm8g.xlarge', WeightedCapacity: '2' },
      { InstanceType: 'a' },
    ];
    const facts = groupFacts(
      {
        ...{ AutoScalingGroupName: 'shop', MinSize: 0, MaxSize: 0, DesiredCapacity: 0 },
        ...{ DefaultCooldown: 1, AvailabilityZones: [], HealthCheckType: 'EC2' },
        CreatedTime: new Date(0),
        MixedInstancesPolicy: { LaunchTemplate: { Overrides } },
      },
      null,
      null,
    );
    expect(facts).toMatchObject({ mixedInstanceTypes: ['a', 'm8g.xlarge × 2'], launch: null });
  });
});

const record: EnvironmentRecord = {
  ...{ schema: 1, id: 'shop-1', service: 'shop', version: '1', releaseId: 'r1', uri: 'shop' },
  ...{
    state: 'live',
    reason: '',
    pid: null,
    port: 8080,
    startedAtMs: 0,
    logOffset: 0,
    restarts: 0,
  },
  spec: {
    command: ['node', '--max-old-space-size=32', 'server.mjs'],
    ...{ healthPath: '/', readyWithinSeconds: 1, stopWithinSeconds: 2, workingDirectory: 'app' },
    env: { PAYMENTS_KEY: 'swordfish', EMPTY: '' },
  },
};

describe('facts of a process', () => {
  it('are its command, its limits and the names of its variables', () => {
    const facts = processFacts(record, { PATH: '/bin', NOTHING: '', VERDIGRIS_TOKEN: 'token' });
    expect(facts).toMatchObject({
      ...{ maxHeapMb: 32, nodeVersion: process.version, workingDirectory: 'app' },
      ...{ readyWithinSeconds: 1, stopWithinSeconds: 2, emptyVariables: ['EMPTY'], listeners: [] },
      inheritedVariables: ['PATH'],
      variables: expect.arrayContaining(['EMPTY', 'HOST', 'PAYMENTS_KEY']),
    });
    expect(JSON.stringify(facts)).not.toMatch(/swordfish|token/);
  });

  it('are of the Node.js that started it, and of none for another program', () => {
    expect(processFacts({ ...record, nodeVersion: 'v22.0.0' }, {}).nodeVersion).toBe('v22.0.0');
    const spec = { ...record.spec, command: ['python3', 'app.py'] };
    expect(processFacts({ ...record, spec }, {})).toMatchObject({
      ...{ nodeVersion: null, maxHeapMb: null },
    });
  });

  it('know a limit of the heap from NODE_OPTIONS, which does not go first', () => {
    const env = { NODE_OPTIONS: '--max_old_space_size 64' };
    const spec = { ...record.spec, env, command: ['node', 'server.mjs'] };
    expect(processFacts({ ...record, spec }, {}).maxHeapMb).toBe(64);
  });
});

describe('where a process takes connections', () => {
  it.each([
    ['0100007F:1F90', '127.0.0.1:8080'],
    ['00000000:0050', '0.0.0.0:80'],
    ['00000000000000000000000001000000:1F90', '[::1]:8080'],
    ['00000000000000000000000000000000:1F90', '[::]:8080'],
    ['0000000000000000FFFF00000100007F:1F90', '127.0.0.1:8080'],
    ['B80D0120000000000000000001000000:0001', '[2001:db8::1]:1'],
  ])('%s is %s', (field, address) => {
    expect(addressIn(field)).toBe(address);
  });

  it.runIf(process.platform === 'linux')('is known of this one’s own group', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const group = groupOfThisProcess();
    expect(listenersOf(group)).toContain(`127.0.0.1:${port}`);
    server.close();
    await once(server, 'close');
    expect(listenersOf(group)).not.toContain(`127.0.0.1:${port}`);
  });

  it.runIf(process.platform === 'linux')('is unknown of a process that is not there', () => {
    expect(listenersOf(2 ** 22 + 1)).toBeNull();
  });
});

function groupOfThisProcess(): number {
  const line = readFileSync('/proc/self/stat', 'utf8');
  return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[2]);
}
