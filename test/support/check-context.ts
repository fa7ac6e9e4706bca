import type { CheckContext } from '../../lib/checks/check.ts';
import { manifestKinds } from '../../lib/platform/kinds.ts';
import { parseManifest } from '../../lib/release/manifest.ts';
import { planRelease } from '../../lib/release/plan.ts';

/** The plan of a service on this machine, with what differs in its manifest. */
export function checkPlan(differs: Record<string, unknown> = {}) {
  const source = {
    service: 'shop',
    environment: { kind: 'process', command: 'node server.mjs' },
    router: { kind: 'local-proxy', port: 8080 },
    ...differs,
  };
  return planRelease(parseManifest(source, manifestKinds));
}

/**
 * What a check is asked about: a release `r1` of `shop` over nothing, whose green `shop-2` has no address,
 * no facts, no figures, no alarms and no secrets, and that has 30 seconds; with what differs.
 */
export function checkContext(differs: Partial<CheckContext> = {}): CheckContext {
  return {
    service: 'shop',
    releaseId: 'r1',
    artifact: { uri: 'shop-2', version: '2' },
    plan: checkPlan(),
    blue: null,
    green: { id: 'shop-2', kind: 'fake', version: '2', address: null, attributes: {} },
    isLive: false,
    waitedSeconds: 0,
    timeoutSeconds: 30,
    describe: async () => ({}),
    figures: async () => [],
    alarms: async (names) => names.map((name) => ({ name, exists: false, hasAction: null })),
    secret: async (name) => {
      throw new Error(`there is no secret ${name}`);
    },
    abort: new AbortController().signal,
    ...differs,
  };
}
