import { z } from 'zod';
import type { Clock } from '../release/clock.ts';
import type { AdapterConfig } from '../release/json.ts';
import { awsOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import { advanceStack, type StackPart } from './cloudformation-stack/change-set.ts';
import { factsOf } from './cloudformation-stack/facts.ts';
import { protectStack, removeStack } from './cloudformation-stack/remove.ts';
import {
  type CloudFormationApi,
  findStack,
  isGoing,
  isStackName,
  listStacks,
  releaseOf,
  type StackApi,
  stackNameOf,
  toRef,
} from './cloudformation-stack/stack.ts';
import { statusOf } from './cloudformation-stack/status.ts';
import type { TemplateStore } from './cloudformation-stack/template.ts';
import type { Environment } from './environment.ts';
import type { EnvironmentKind } from './index.ts';

export type { CloudFormationApi } from './cloudformation-stack/stack.ts';
export type { TemplateStore } from './cloudformation-stack/template.ts';

const parameterName = z.string().regex(/^[A-Za-z0-9]{1,255}$/, 'needs 1 to 255 of A-Z a-z 0-9');

const schema = z.strictObject({
  kind: z.literal('cloudformation-stack'),
  stackPrefix: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, 'needs 1 to 40 of A-Z a-z 0-9 -, starting with a letter')
    .default('release-')
    .describe('What the names of stacks begin with; the rest is the release'),
  parameters: z
    .record(parameterName, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe("Values of the template's parameters, the same for every release; no secrets"),
  versionParameter: parameterName
    .optional()
    .describe("The parameter that gets the artifact's version"),
  tags: z
    .record(
      z
        .string()
        .regex(/^(?!aws:|verdigris:).{1,128}$/i, 'begins with aws: or verdigris:, or is too long'),
      z.string().max(256),
    )
    .refine((tags) => Object.keys(tags).length <= 40, 'has more than 40 entries')
    .default({})
    .describe('Tags of the stack, which CloudFormation hands on to what it makes'),
  capabilities: z
    .array(z.enum(['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND']))
    .default([])
    .describe('What the template may do besides: make roles, use macros'),
  roleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, "needs a role's ARN")
    .optional()
    .describe(
      "The role as which CloudFormation makes and removes resources; the conductor's if absent",
    ),
  outputs: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, 'needs 1 to 64 of A-Z a-z 0-9'),
      parameterName,
    )
    .default({})
    .describe(
      'What the router and checks need, by the outputs that have it: `address`, `targetGroupArn`, …',
    ),
});

/** What the adapter needs besides its part of the manifest. */
export interface CloudFormationStackDeps {
  cloudFormation: CloudFormationApi;
  /** Reads templates whose digest is given. */
  s3: TemplateStore;
  clock: Clock;
  log: Logger;
}

/** Environments that are CloudFormation stacks, one for each release. */
export const cloudFormationStackKind: EnvironmentKind = {
  kind: 'cloudformation-stack',
  schema,
  create(config, service, { cloudFormation, s3, clock, log }) {
    if (!cloudFormation || !s3) throw awsOnly('environment', 'cloudformation-stack', service);
    return createCloudFormationStackEnvironment(config, service, {
      cloudFormation,
      s3,
      clock,
      log,
    });
  },
};

/**
 * The stacks of one service; `config` is the manifest's part as it was written. An environment's id is
 * the stack's name.
 */
export function createCloudFormationStackEnvironment(
  config: AdapterConfig,
  service: string,
  { cloudFormation, s3, clock, log }: CloudFormationStackDeps,
): Environment {
  const part: StackPart = { ...schema.parse(config), service };
  const { outputs, stackPrefix } = part;
  const api: StackApi = { cloudFormation };
  return {
    provision: (artifact, releaseId) => advanceStack({ api, s3, part }, artifact, releaseId),
    status: (ref) => statusOf(api, ref, outputs),
    async ofRelease(releaseId) {
      const found = await findStack(api, stackNameOf(stackPrefix, releaseId));
      return found && toRef(found, outputs);
    },
    async lookup(id) {
      const found = isStackName(id) ? await findStack(api, id) : null;
      return found && !isGoing(found) ? toRef(found, outputs) : null;
    },
    async list() {
      const stacks = await listStacks(api, service);
      return stacks.map((stack) => ({
        ref: toRef(stack, outputs),
        releaseId: releaseOf(stack) ?? '',
      }));
    },
    describe: ({ id }) => factsOf(api, id),
    async warm() {},
    async scale() {},
    goLive: ({ id }) => protectStack(api, id),
    retire: (ref) => removeStack({ api, clock, log }, ref),
  };
}
