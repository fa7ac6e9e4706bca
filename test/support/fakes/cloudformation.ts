import type {
  CloudFormationApi,
  TemplateStore,
} from '../../../lib/environments/cloudformation-stack.ts';
import {
  type CloudFormationKnobs,
  type CloudFormationView,
  cloudFormationError,
  createCloudFormation,
} from './cloudformation-control-plane.ts';
import { createFakeCalls, type FakeCalls } from './sdk-client.ts';

/** CloudFormation and S3 in memory, with faults to inject. Commands of S3 are known as `s3:…`. */
export interface FakeCloudFormation extends CloudFormationKnobs, CloudFormationView, FakeCalls {
  readonly cloudFormation: CloudFormationApi;
  readonly s3: TemplateStore;
}

/**
 * A fake of both clients for tests.
 * @example
 * const fake = createFakeCloudFormation(() => clock.now());
 * fake.templates.set('s3://templates/shop.yml', { outputs: { Url: 'http://{name}.example.com' } });
 */
export function createFakeCloudFormation(now: () => number): FakeCloudFormation {
  const knobs: CloudFormationKnobs = { changeSetReads: 0, stackReads: 0 };
  const { operations, storeOperations, view } = createCloudFormation(knobs, now);
  const { createSend, ...calls } = createFakeCalls('CloudFormation', cloudFormationError);
  return Object.assign(knobs, view, calls, {
    cloudFormation: {
      send: createSend(operations),
      config: { region: async () => 'eu-west-1' },
    } as unknown as CloudFormationApi,
    s3: { send: createSend(storeOperations, 's3:') } as unknown as TemplateStore,
  });
}
