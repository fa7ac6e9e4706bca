import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { AutoScalingApi } from '../../../lib/environments/auto-scaling-group/groups.ts';
import {
  type AutoScalingKnobs,
  type AutoScalingView,
  createAutoScalingControlPlane,
} from './auto-scaling-control-plane.ts';
import { createFakeClient, type FakeClient } from './aws-client.ts';
import { createFakeLaunchTemplates, type FakeLaunchTemplates } from './launch-templates.ts';
import { createFakeTargetGroups, type FakeTargetGroups } from './target-groups.ts';

/** Auto Scaling in memory, and faults to inject. */
export interface FakeAutoScaling extends AutoScalingKnobs, AutoScalingView, FakeClient {
  readonly autoScaling: AutoScalingApi;
  readonly targetGroups: FakeTargetGroups;
  readonly templates: FakeLaunchTemplates;
}

/** The image of what was there first. */
export const firstImage = 'ami-00000001';

/**
 * A group `shop` without instances and target group, whose settings are copied, and its launch template.
 * @param options.groups Names of target groups. @param options.now Milliseconds since the Unix epoch.
 */
export function createFakeAutoScaling(
  options: { groups?: readonly string[]; now?: () => number } = {},
): FakeAutoScaling {
  const { groups = ['shop-a', 'shop-b'], now = () => 0 } = options;
  const knobs: AutoScalingKnobs = {
    startLooks: 0,
    stopLooks: 0,
    deleteLooks: 0,
    hiddenLooks: 0,
    launchFailures: new Map(),
  };
  const targetGroups = createFakeTargetGroups(groups);
  const templates = createFakeLaunchTemplates(firstImage);
  const imageOf = ({ LaunchTemplate }: AutoScalingGroup) =>
    templates.versions.find(
      ({ VersionNumber }) => String(VersionNumber) === LaunchTemplate?.Version,
    )?.LaunchTemplateData?.ImageId ?? '';
  const { operations, view } = createAutoScalingControlPlane(knobs, targetGroups, imageOf, now);
  const { send, faults } = createFakeClient('Auto Scaling', operations);
  view.createByHand({
    AutoScalingGroupName: 'shop',
    LaunchTemplate: { LaunchTemplateId: templates.templateId, Version: '$Default' },
    MinSize: 0,
    MaxSize: 4,
    DesiredCapacity: 0,
    VPCZoneIdentifier: 'subnet-1,subnet-2',
    HealthCheckGracePeriod: 120,
    NewInstancesProtectedFromScaleIn: true,
    Tags: [
      { Key: 'team', Value: 'web', PropagateAtLaunch: true },
      { Key: 'aws:cloudformation:stack-name', Value: 'shop', PropagateAtLaunch: true },
    ],
  });
  const autoScaling = { send } as unknown as AutoScalingApi;
  return Object.assign(knobs, view, faults, { autoScaling, targetGroups, templates });
}
