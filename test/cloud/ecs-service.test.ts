import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { describe, it } from 'vitest';
import { createEcsServiceEnvironment } from '../../lib/environments/ecs-service/environment.ts';
import { environmentContract } from '../contract/environment.contract.ts';
import { emulators } from '../support/emulators.ts';
import { realClock } from '../unit/environments/process-harness.ts';
import { createEmulatedLoadBalancer, emulatedOptions } from './balanced-groups.ts';
import { withTargets } from './registered-targets.ts';

const version = '1.0.0';
const secret = 'swordfish-4711';
const image = (tag: string) => `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:${tag}`;

/** How many tasks the services of a cluster run in each target group, by its ARN. */
async function runningTasks(ecs: ECSClient, cluster: string): Promise<Map<string, number>> {
  const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster }));
  const command = new DescribeServicesCommand({ cluster, services: serviceArns });
  const { services = [] } = await ecs.send(command);
  const running = new Map<string, number>();
  for (const { loadBalancers = [], runningCount = 0 } of services)
    for (const { targetGroupArn = '' } of loadBalancers) running.set(targetGroupArn, runningCount);
  return running;
}

let clusters = 0;

/** A cluster of its own with a family and a service without tasks, to copy from. */
async function createEmulatedCluster(endpoint: string) {
  clusters += 1;
  const name = `shop-${process.pid}-${clusters}`;
  const balancer = await createEmulatedLoadBalancer(endpoint, name, { count: 3, targetType: 'ip' });
  const ecs = new ECSClient(emulatedOptions(endpoint));
  await ecs.send(new CreateClusterCommand({ clusterName: name }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: name,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [
        {
          name: 'web',
          image: image('0'),
          essential: true,
          portMappings: [{ containerPort: 8080 }],
          environment: [{ name: 'API_KEY', value: secret }],
        },
      ],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({
      cluster: name,
      serviceName: 'template',
      taskDefinition: name,
      desiredCount: 0,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: [balancer.subnetId] } },
    }),
  );
  const config = {
    kind: 'ecs-service',
    cluster: name,
    like: 'template',
    taskDefinition: name,
    namePrefix: name,
    targetGroups: balancer.targetGroupArns.map((arn) => ({ arn })),
  };
  return {
    environment: createEcsServiceEnvironment(config, 'shop', {
      ecs,
      elb: withTargets(balancer.elb, () => runningTasks(ecs, name)),
      clock: realClock,
    }),
    async stop() {
      await ecs.send(new DeleteServiceCommand({ cluster: name, service: 'template', force: true }));
      ecs.destroy();
      await balancer.remove();
    },
  };
}

environmentContract('ecs-service on MiniStack', async () => ({
  ...(await createEmulatedCluster(emulators.ministack)),
  artifact: { uri: image('good'), version },
  missingArtifact: { uri: 's3://artifacts/shop.zip', version },
  brokenArtifact: { skip: 'MiniStack has no image that makes a task fail' },
  secret,
  mayBeBusy: true,
}));

describe('ecs-service on moto', () => {
  it('keeps the contract', ({ skip }) => {
    skip(
      'moto 5.2.5 has no tasks of a service until somebody updates it, and answers 500 to one without',
    );
  });
});
