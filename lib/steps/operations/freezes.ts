import type { Freeze } from '../../ledger/ledger.ts';
import { isoTime } from '../../release/clock.ts';
import { isNamed } from '../../release/errors.ts';
import type { EventType } from '../../release/events.ts';
import { sloOf } from '../../release/slo.ts';
import { pardonBudget } from '../error-budget.ts';
import type { Ports } from '../ports.ts';
import { storedManifestOf } from './manifests.ts';

/** Stops new releases of a service, or of all with `*`. @throws ServiceUnknownError */
export async function freeze(
  scope: string,
  reason: string,
  by: string,
  ports: Ports,
): Promise<Freeze> {
  if (scope !== '*') await storedManifestOf(scope, ports);
  const set = { scope, reason, by, at: isoTime(ports.clock.now()) };
  await ports.ledger.putFreeze(set);
  await tell('Freeze Set', scope, by, reason, ports);
  return set;
}

/**
 * Lets releases start again, whoever or whatever has stopped them. True when somebody or something had.
 */
export async function unfreeze(scope: string, by: string, ports: Ports): Promise<boolean> {
  // First, so that no look at the budget sets its freeze again.
  const isPardoned = scope !== '*' && (await pardon(scope, by, ports));
  const was = (await ports.ledger.deleteFreeze(scope)) || isPardoned;
  if (was) await tell('Freeze Lifted', scope, by, `${by} lifted the freeze`, ports);
  return was;
}

/** A manifest that cannot be read keeps nobody from lifting a freeze. */
async function pardon(service: string, by: string, ports: Ports): Promise<boolean> {
  const source = (await ports.ledger.getManifest(service))?.source;
  if (!source?.slo) return false;
  try {
    const { slo } = await ports.adapters.parseManifest(source);
    return await pardonBudget(service, slo && sloOf(slo), by, ports);
  } catch (error) {
    if (!isNamed(error, 'ManifestInvalidError')) throw error;
    return false;
  }
}

async function tell(type: EventType, scope: string, by: string, summary: string, ports: Ports) {
  await ports.ledger.appendEvent({
    id: `${scope}#freeze-${ports.ids.next()}`,
    type,
    releaseId: null,
    service: scope,
    at: isoTime(ports.clock.now()),
    by,
    summary,
    data: {},
  });
}
