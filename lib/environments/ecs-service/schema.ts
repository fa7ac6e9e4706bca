import { z } from 'zod';
import { capacitySchema } from '../../aws/green-capacity.ts';
import { targetGroupsSchema } from '../../aws/target-group-choice.ts';
import { atMost } from '../../release/quantities.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,255}$/, 'needs a name in ECS, not an ARN: A-Z a-z 0-9 - _');

/** The manifest's part of kind `ecs-service`. */
export const ecsServiceSchema = z.strictObject({
  kind: z.literal('ecs-service'),
  cluster: name.describe('The cluster, in which blue is too'),
  like: name.describe(
    'The service whose launch settings are copied; once it is gone, those of the newest one that was made',
  ),
  taskDefinition: name.describe('The family whose newest revision is copied'),
  container: name
    .optional()
    .describe('The container that gets the image; the only essential one if absent'),
  containerPort: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Where it takes requests; the only port that it maps if absent'),
  targetGroups: targetGroupsSchema.describe('Between which releases alternate; each on a listener'),
  capacity: capacitySchema('tasks'),
  healthCheckGracePeriod: atMost('24h')
    .optional()
    .describe(
      'For which ECS overlooks failed health checks of a new task; as `like` has it if absent',
    ),
  namePrefix: name
    .max(60)
    .optional()
    .describe("What names of services and families begin with; the service's name if absent"),
  readyWithin: atMost('24h').default(900).describe('A rollout that takes longer has failed'),
});
