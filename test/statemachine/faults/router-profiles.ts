import type { RouterSetup } from './schedule.ts';

const plain: RouterSetup = {
  isConditional: true,
  isAtomic: true,
  supportsWeights: true,
  verifyCalls: 0,
  propagationSeconds: 0,
  healthyAfterCalls: null,
};

/**
 * Every kind of router as the harness plays it: with the facts that the adapter states of itself (a test
 * compares them), and with calls that wait as often as its provider makes one wait.
 */
export const routerProfiles: Record<string, RouterSetup> = {
  'local-proxy': plain,
  'lambda-alias': { ...plain, propagationSeconds: 10 },
};
