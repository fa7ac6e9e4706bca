import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  createControlPlane,
  type FakeCode,
  type LambdaKnobs,
  type LambdaView,
  lambdaError,
} from './lambda-control-plane.ts';
import { createFakeCalls, type FakeCalls } from './sdk-client.ts';

/** The one call of the SDK's client. */
export type LambdaApi = Pick<LambdaClient, 'send'>;

/** A Lambda service in memory, with one function, and faults to inject. */
export interface FakeLambda extends LambdaKnobs, LambdaView, FakeCalls {
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
  const { createSend, ...calls } = createFakeCalls('Lambda', lambdaError);
  const lambda = { send: createSend(operations) } as unknown as LambdaApi;
  return Object.assign(knobs, view, calls, { lambda });
}
