import { expect } from 'vitest';
import type { EnvironmentRef, Weights } from '../../../lib/release/document.ts';
import { createCloudFrontOriginRouter } from '../../../lib/routers/cloudfront-origin/router.ts';
import type { DesiredRoute, Route } from '../../../lib/routers/router.ts';
import { createFakeCloudFront, type FakeCloudFront } from '../../support/fakes/cloudfront.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

/** An environment that says where it answers. */
export function side(id: string, attributes?: Record<string, string>): EnvironmentRef {
  const given = attributes ?? { originDomainName: `${id}.example.com` };
  return { id, kind: 'fake', version: id, address: null, attributes: given };
}

/** A route to sides that say where they answer. */
export function desire(weights: Weights): DesiredRoute {
  return { weights, environments: Object.keys(weights).map((id) => side(id)) };
}

/** An error of ours. */
export const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

/** A router on a fake of CloudFront, on virtual time. */
export function prepareRouter(configure: (fake: FakeCloudFront) => object) {
  const fake = createFakeCloudFront();
  const virtual = createVirtualClock();
  let slept = 0;
  const clock = {
    ...virtual,
    now: () => virtual.now() + slept,
    /** Time that passes without a timer being called, as in a process that was stopped. */
    sleep: (ms: number) => {
      slept += ms;
    },
  };
  const router = createCloudFrontOriginRouter(
    { kind: 'cloudfront-origin', ...configure(fake) },
    'shop',
    {
      ...{ clock, timers: clock },
      cloudFront: () => fake.cloudFront,
      keyValueStore: () => fake.keyValueStore,
    },
  );
  const lease = (forMs = 30_000) => ({
    releaseId: 'r1',
    epoch: 4,
    deadlineMs: clock.now() + forMs,
  });
  const change = (from: Route, to: DesiredRoute, forMs?: number) =>
    router.apply(router.plan(from, to), lease(forMs));
  const shift = async (weights: Weights) => change(await router.read(), desire(weights));
  return { fake, clock, router, lease, change, shift };
}
