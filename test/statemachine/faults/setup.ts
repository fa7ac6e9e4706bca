import type { JsonObject } from '../../../lib/release/json.ts';
import { fakeManifest } from '../../support/conductor.ts';
import type { Setup } from './schedule.ts';

/** The alarms that every manifest of the harness watches. */
export const alarms = ['storefront-5xx', 'storefront-p95'] as const;

/** The manifest of a setup. */
export function manifestOf(setup: Setup): JsonObject {
  const seconds = (value: number) => `${value}s`;
  return fakeManifest({
    checks: [{ kind: 'fake', name: 'smoke' }],
    cutover: { steps: setup.router.supportsWeights ? setup.steps : [100] },
    ...(setup.approval && {
      approval: {
        required: true,
        count: setup.approval.count,
        expiresIn: seconds(setup.approval.expiresInSeconds),
        separateDuties: setup.approval.hasSeparateDuties ?? false,
      },
    }),
    watch: {
      window: seconds(setup.windowSeconds),
      interval: seconds(setup.intervalSeconds),
      alarms: [...alarms],
      alreadyFiring: setup.alreadyFiring,
      ...(setup.hasCompare && { compare: { errorRate: { max: '2x' } } }),
    },
    onBreach: setup.onBreach,
    retain: seconds(setup.retainSeconds),
  });
}
