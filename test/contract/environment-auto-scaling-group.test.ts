import { createEnvironment } from '../../lib/environments/index.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createFakeAutoScaling } from '../support/fakes/auto-scaling.ts';
import { realClock, realTimers } from '../unit/environments/process-harness.ts';
import { environmentContract } from './environment.contract.ts';

const version = '1.0.0';
const [good, broken] = ['ami-0000000a', 'ami-0000000b'];

environmentContract('auto-scaling-group', async () => {
  const fake = createFakeAutoScaling({
    groups: ['shop-a', 'shop-b', 'shop-c'],
    now: realClock.now,
  });
  Object.assign(fake, { hiddenLooks: 1, stopLooks: 1, deleteLooks: 1 });
  fake.targetGroups.drainLooks = 1;
  fake.templates.images.set(good, 'available').set(broken, 'available');
  fake.launchFailures.set(broken, 'The requested configuration is currently not supported.');
  const config = {
    kind: 'auto-scaling-group',
    like: 'shop',
    targetGroups: fake.targetGroups.groups.map(({ arn }) => ({ arn })),
  };
  const { autoScaling, templates, targetGroups } = fake;
  const clients = { autoScaling, ec2: templates.ec2, elb: targetGroups.elb };
  const deps = { clock: realClock, timers: realTimers, log: silentLogger, ...clients };
  return {
    environment: createEnvironment(config, 'shop', deps),
    artifact: { uri: good, version },
    missingArtifact: { uri: 'ami-0000000c', version },
    brokenArtifact: { uri: `ami:${broken}`, version },
    secret: 'c2VjcmV0',
    mayBeBusy: true,
    stop: async () => {},
  };
});
