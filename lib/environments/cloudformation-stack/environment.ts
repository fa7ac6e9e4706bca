import type { Clock } from '../../release/clock.ts';
import type { AdapterConfig } from '../../release/json.ts';
import type { Logger } from '../../release/logger.ts';
import type { Environment } from '../environment.ts';
import { advanceStack, type StackPart } from './change-set.ts';
import { factsOf } from './facts.ts';
import { protectStack, removeStack } from './remove.ts';
import { cloudFormationStackSchema } from './schema.ts';
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
} from './stack.ts';
import { statusOf } from './status.ts';
import type { TemplateStore } from './template.ts';

/** What the adapter needs besides its part of the manifest. */
export interface CloudFormationStackDeps {
  cloudFormation: CloudFormationApi;
  /** Reads templates whose digest is given. */
  s3: TemplateStore;
  clock: Clock;
  log: Logger;
}

/**
 * The stacks of one service; `config` is the manifest's part as it was written. An environment's id is
 * the stack's name.
 */
export function createCloudFormationStackEnvironment(
  config: AdapterConfig,
  service: string,
  { cloudFormation, s3, clock, log }: CloudFormationStackDeps,
): Environment {
  const part: StackPart = { ...cloudFormationStackSchema.parse(config), service };
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
    describe: ({ id }) => factsOf(api, id, part.versionParameter),
    async warm() {},
    async scale() {},
    goLive: ({ id }) => protectStack(api, id),
    retire: (ref) => removeStack({ api, clock, log }, ref),
  };
}
