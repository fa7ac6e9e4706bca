import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeImagesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type DescribeLaunchTemplateVersionsResult,
  EC2Client,
  type LaunchTemplateVersion,
} from '@aws-sdk/client-ec2';
import { describe, it } from 'vitest';
import { createAutoScalingGroupEnvironment } from '../../lib/environments/auto-scaling-group/environment.ts';
import type { Ec2Api } from '../../lib/environments/auto-scaling-group/machine-image.ts';
import { environmentContract } from '../contract/environment.contract.ts';
import { emulators } from '../support/emulators.ts';
import { realClock } from '../unit/environments/process-harness.ts';
import { createEmulatedLoadBalancer, emulatedOptions } from './balanced-groups.ts';

const version = '1.0.0';
const secret = Buffer.from('swordfish-4711').toString('base64');

/**
 * The same client, which hides the template versions that were deleted: moto answers 500 to a deletion,
 * MiniStack does not know it.
 */
function withDeletions(ec2: EC2Client): Ec2Api {
  const deleted = new Set<string>();
  const send = async (command: { input: object }) => {
    if (command instanceof DeleteLaunchTemplateVersionsCommand) {
      for (const version of command.input.Versions ?? []) deleted.add(version);
      return {};
    }
    const answer = await (ec2.send as (given: unknown) => Promise<object>)(command);
    if (!(command instanceof DescribeLaunchTemplateVersionsCommand)) return answer;
    const { LaunchTemplateVersions = [] } = answer as DescribeLaunchTemplateVersionsResult;
    const isThere = ({ VersionNumber }: LaunchTemplateVersion) => !deleted.has(`${VersionNumber}`);
    return { ...answer, LaunchTemplateVersions: LaunchTemplateVersions.filter(isThere) };
  };
  return { send } as unknown as Ec2Api;
}

let fleets = 0;

/** A group without instances, to copy from, and its launch template. */
async function createEmulatedFleet(endpoint: string) {
  fleets += 1;
  const name = `fleet-${process.pid}-${fleets}`;
  const options = emulatedOptions(endpoint);
  const groups = { count: 3, targetType: 'instance' as const };
  const balancer = await createEmulatedLoadBalancer(endpoint, name, groups);
  const autoScaling = new AutoScalingClient(options);
  const ec2 = new EC2Client(options);
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({}));
  const uri = image?.ImageId ?? '';
  const LaunchTemplateData = { ImageId: uri, InstanceType: 't3.micro' as const, UserData: secret };
  const template = new CreateLaunchTemplateCommand({
    LaunchTemplateName: name,
    LaunchTemplateData,
  });
  const { LaunchTemplate } = await ec2.send(template);
  await autoScaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: name,
      LaunchTemplate: { LaunchTemplateId: LaunchTemplate?.LaunchTemplateId, Version: '1' },
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: 0,
      VPCZoneIdentifier: balancer.subnetId,
    }),
  );
  const config = {
    kind: 'auto-scaling-group',
    like: name,
    namePrefix: name,
    targetGroups: balancer.targetGroupArns.map((arn) => ({ arn })),
  };
  const clients = { autoScaling, ec2: withDeletions(ec2), elb: balancer.elb };
  return {
    uri,
    environment: createAutoScalingGroupEnvironment(config, name, { ...clients, clock: realClock }),
    async stop() {
      const { AutoScalingGroups = [] } = await autoScaling.send(
        new DescribeAutoScalingGroupsCommand({}),
      );
      for (const { AutoScalingGroupName } of AutoScalingGroups) {
        if (!AutoScalingGroupName?.startsWith(name)) continue;
        const gone = { AutoScalingGroupName, ForceDelete: true };
        await autoScaling.send(new DeleteAutoScalingGroupCommand(gone));
      }
      autoScaling.destroy();
      ec2.destroy();
      await balancer.remove();
    },
  };
}

environmentContract('auto-scaling-group on moto', async () => {
  const { uri, ...fleet } = await createEmulatedFleet(emulators.moto);
  return {
    ...fleet,
    artifact: { uri, version },
    missingArtifact: { uri: 'ami-0000000c', version },
    brokenArtifact: { skip: 'moto has no image whose launch fails' },
    secret,
    mayBeBusy: true,
  };
});

describe('auto-scaling-group on MiniStack', () => {
  it('keeps the contract', ({ skip }) => {
    skip('MiniStack ignores the target groups of an Auto Scaling group');
  });
});
