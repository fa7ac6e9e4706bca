import type { Freeze } from '../../ledger/ledger.ts';
import { isoTime } from '../../release/clock.ts';
import type { EventType } from '../../release/events.ts';
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

/** Lets releases start again. True when there was a freeze. */
export async function unfreeze(scope: string, by: string, ports: Ports): Promise<boolean> {
  const was = await ports.ledger.deleteFreeze(scope);
  if (was) await tell('Freeze Lifted', scope, by, `${by} lifted the freeze`, ports);
  return was;
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
