import { routerProfiles } from './router-profiles.ts';
import type { RouterSetup, Setup } from './schedule.ts';

/** A release without anything special, which named and aimed schedules change. */
export const plainSetup: Setup = {
  platform: 'aws',
  steps: [100],
  windowSeconds: 60,
  intervalSeconds: 20,
  approval: null,
  onBreach: 'rollback',
  retainSeconds: 60,
  alreadyFiring: 'refuse',
  hasCompare: false,
  checkAnswers: ['pass'],
  hasBlue: true,
  router: routerProfiles['local-proxy'] as RouterSetup,
  readyAfterCalls: 0,
  liveAfterCalls: 0,
  retireAfterCalls: 0,
};
