import { z } from 'zod';
import { capacitySchema } from '../../aws/green-capacity.ts';
import { targetGroupsSchema } from '../../aws/target-group-choice.ts';
import { atMost } from '../../release/quantities.ts';

const groupName = z
  .string()
  .regex(/^[^:\s]{1,255}$/, 'needs the name of an Auto Scaling group, not an ARN');

/** The manifest's part of kind `auto-scaling-group`. */
export const autoScalingGroupSchema = z.strictObject({
  kind: z.literal('auto-scaling-group'),
  like: groupName.describe(
    'The group whose settings are copied; once it is gone, those of the newest one that was made',
  ),
  launchTemplate: z
    .string()
    .regex(/^[A-Za-z0-9().\-/_]{3,128}$/, 'needs the id or name of a launch template')
    .optional()
    .describe('Whose default version is copied with the new image; that of `like` if absent'),
  targetGroups: targetGroupsSchema.describe('Between which releases alternate'),
  capacity: capacitySchema('instances'),
  healthCheckGracePeriod: atMost('24h')
    .optional()
    .describe(
      'For which failed health checks of a new instance are overlooked; as `like` if absent',
    ),
  namePrefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,60}$/, 'needs 1 to 60 of A-Z a-z 0-9 - _')
    .optional()
    .describe("What names of groups begin with; the service's name if absent"),
  readyWithin: atMost('24h').default(1800).describe('A group that takes longer has failed'),
});
