import { createEnvironment } from '../../lib/environments/index.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createFakeEcs } from '../support/fakes/ecs.ts';
import { realClock, realTimers } from '../unit/environments/process-harness.ts';
import { environmentContract } from './environment.contract.ts';

const version = '1.0.0';
const secret = 'swordfish-4711';
const image = (tag: string) => `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:${tag}`;

environmentContract('ecs-service', async () => {
  const fake = createFakeEcs({
    secret,
    groups: ['shop-a', 'shop-b', 'shop-c'],
    now: realClock.now,
  });
  Object.assign(fake, { hiddenLooks: 1, stopLooks: 1, inactiveLooks: 1 });
  Object.assign(fake.targetGroups, { healthLooks: 0, drainLooks: 1 });
  fake.images.set(image('broken'), {
    stoppedReason: 'Essential container in task exited',
    exitCode: 1,
  });
  const config = {
    kind: 'ecs-service',
    cluster: fake.cluster,
    like: 'shop',
    taskDefinition: 'shop',
    targetGroups: fake.targetGroups.groups.map(({ arn }) => ({ arn })),
  };
  const { ecs } = fake;
  const { elb } = fake.targetGroups;
  const deps = { clock: realClock, timers: realTimers, log: silentLogger, ecs, elb };
  return {
    environment: createEnvironment(config, 'shop', deps),
    artifact: { uri: image('good'), version },
    missingArtifact: { uri: 's3://artifacts/shop.zip', version },
    brokenArtifact: { uri: image('broken'), version },
    secret,
    mayBeBusy: true,
    stop: async () => {},
  };
});
