import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Environment } from '../../lib/environments/environment.ts';
import { createEnvironment } from '../../lib/environments/index.ts';
import type { Artifact } from '../../lib/release/artifact.ts';
import type { EnvironmentRef } from '../../lib/release/document.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { clientConfig } from '../../scripts/cloud/emulators.ts';
import { realClock, realTimers } from '../unit/environments/process-harness.ts';

/** Stacks of a service of its own on an emulator, and a bucket for its templates. */
export interface EmulatedStacks {
  environment: Environment;
  /** Of the environments, as their tags have it. */
  service: string;
  upload(name: string, template: object): Promise<string>;
  /** Provides for release `r1` until it is ready. */
  ready(artifact: Artifact): Promise<EnvironmentRef>;
  /** As a router reads them. */
  tagsOfGroup(ref: EnvironmentRef): Promise<Record<string, string>>;
  deleteByHand(stackName: string): Promise<void>;
  /** Removes every stack. */
  remove(): Promise<void>;
}

/** A target group; a `broken` one waits for a signal that never comes. */
export function stackTemplate(kind: 'good' | 'broken' = 'good'): object {
  const signal = {
    Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' },
    Signal: {
      Type: 'AWS::CloudFormation::WaitCondition',
      Properties: { Handle: { Ref: 'Handle' }, Timeout: '1' },
    },
  };
  return {
    Parameters: { Password: { Type: 'String', NoEcho: true }, Version: { Type: 'String' } },
    Resources: {
      Group: {
        Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
        Properties: { TargetType: 'lambda' },
      },
      ...(kind === 'broken' && signal),
    },
    Outputs: {
      Host: { Value: { 'Fn::Join': ['.', [{ Ref: 'AWS::StackName' }, 'example.com']] } },
      Group: { Value: { Ref: 'Group' } },
    },
  };
}

let made = 0;

/** `secret` is the value of a parameter without echo. */
export async function createEmulatedStacks(
  endpoint: string,
  secret: string,
): Promise<EmulatedStacks> {
  const cloudFormation = new CloudFormationClient(clientConfig(endpoint));
  const balancers = new ElasticLoadBalancingV2Client(clientConfig(endpoint));
  const s3 = new S3Client({ ...clientConfig(endpoint), forcePathStyle: true });
  made += 1;
  const bucket = `templates-${process.pid}-${made}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const config = {
    kind: 'cloudformation-stack',
    stackPrefix: `stack-${process.pid}-${made}-`,
    parameters: { Password: secret },
    versionParameter: 'Version',
    tags: { team: 'web' },
    outputs: { address: 'Host', targetGroupArn: 'Group' },
  };
  const deps = { clock: realClock, timers: realTimers, log: silentLogger, cloudFormation, s3 };
  const service = `shop-${process.pid}-${made}`;
  const environment = await createEnvironment(config, service, deps);

  async function ready(artifact: Artifact): Promise<EnvironmentRef> {
    for (;;) {
      const ref = await environment.provision(artifact, 'r1');
      const status = ref && (await environment.status(ref));
      if (ref && status?.state === 'ready') return ref;
      if (status && status.state !== 'pending') throw new Error(status.reason);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  return {
    environment,
    service,
    ready,
    async upload(name, template) {
      const Body = JSON.stringify(template);
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body }));
      return `s3://${bucket}/${name}`;
    },
    async tagsOfGroup({ attributes: { targetGroupArn = '' } }) {
      const command = new DescribeTagsCommand({ ResourceArns: [targetGroupArn] });
      const { TagDescriptions } = await balancers.send(command);
      const tags = TagDescriptions?.[0]?.Tags ?? [];
      return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
    },
    async deleteByHand(StackName) {
      await cloudFormation.send(new DeleteStackCommand({ StackName }));
    },
    async remove() {
      for (const { ref } of await environment.list()) {
        while ((await environment.retire(ref)) !== 'retired') {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
  };
}
