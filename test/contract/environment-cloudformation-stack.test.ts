import { createEnvironment } from '../../lib/environments/index.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createFakeCloudFormation } from '../support/fakes/cloudformation.ts';
import { realClock, realTimers } from '../unit/environments/process-harness.ts';
import { environmentContract } from './environment.contract.ts';

const version = '1.0.0';
const secret = 'swordfish-4711';

environmentContract('cloudformation-stack', async () => {
  const fake = createFakeCloudFormation(realClock.now);
  fake.changeSetReads = 1;
  fake.stackReads = 2;
  const parameters = { Password: { noEcho: true }, Size: {}, Version: {} };
  fake.templates.set('s3://templates/good.yml', {
    parameters,
    resources: { Service: { type: 'AWS::ECS::Service' } },
    outputs: { Url: '{name}.example.com', Group: 'arn:{name}' },
  });
  fake.templates.set('s3://templates/broken.yml', {
    parameters,
    resources: { Service: { type: 'AWS::ECS::Service', failsWith: 'no such image' } },
  });
  const config = {
    kind: 'cloudformation-stack',
    parameters: { Password: secret, Size: 3 },
    versionParameter: 'Version',
    outputs: { address: 'Url', targetGroupArn: 'Group' },
  };
  const { cloudFormation, s3 } = fake;
  const deps = { clock: realClock, timers: realTimers, log: silentLogger, cloudFormation, s3 };
  return {
    environment: createEnvironment(config, 'shop', deps),
    artifact: { uri: 's3://templates/good.yml', version },
    missingArtifact: { uri: 's3://templates/missing.yml', version },
    brokenArtifact: { uri: 's3://templates/broken.yml', version },
    secret,
    mayBeBusy: true,
    stop: async () => {},
  };
});
