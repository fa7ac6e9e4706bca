import type { LambdaClient } from '@aws-sdk/client-lambda';
import { createFakeClient, type FakeClient } from './aws-client.ts';
import {
  createControlPlane,
  type FakeCode,
  type LambdaKnobs,
  type LambdaView,
  lambdaError,
} from './lambda-control-plane.ts';

/** The one call of the SDK's client. */
export type LambdaApi = Pick<LambdaClient, 'send'>;

/** A Lambda service in memory, with one function, and faults to inject. */
export interface FakeLambda extends LambdaKnobs, LambdaView, FakeClient {
  readonly lambda: LambdaApi;
}

/**
 * A fake of the Lambda client for tests.
 * @example
 * const fake = createFakeLambda({ code: { content: 'v1' } });
 * fake.loseAnswer('PublishVersion');
 */
export function createFakeLambda(options: { code?: FakeCode; secret?: string } = {}): FakeLambda {
  const knobs: LambdaKnobs = {
    busyReads: 0,
    pendingReads: 0,
    concurrencyReads: 0,
    concurrencyFailsWith: null,
    concurrencyKeepsVersions: false,
    dryRunsTellNothing: false,
    answersAs: null,
  };
  const { operations, view } = createControlPlane(options, knobs);
  const { send, faults } = createFakeClient('Lambda', operations, lambdaError);
  return Object.assign(knobs, view, faults, { lambda: { send } as unknown as LambdaApi });
}
