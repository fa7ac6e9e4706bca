import type { ListedCheck } from '../../release/check-run.ts';
import type { Ports } from '../ports.ts';
import { manifestOf } from './manifests.ts';

/** The checks of a service's manifest, in its order. @throws ServiceUnknownError */
export async function listChecks(service: string, ports: Ports): Promise<ListedCheck[]> {
  const { checks } = await manifestOf(service, ports);
  return checks.map(({ name, isCritical, timeoutSeconds, config }) => ({
    name,
    kind: config.kind,
    isCritical,
    timeoutSeconds,
  }));
}
