import { messageOf } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Manifest } from '../../release/manifest.ts';
import { sloOf } from '../../release/slo.ts';
import { budgetOf } from '../error-budget.ts';
import { findLive } from '../live.ts';
import type { Ports } from '../ports.ts';
import { releaseInProgress } from '../retire.ts';

/** What every service is doing. See `Operations.listServices` in lib/http/operations.ts. */
export async function listServices(ports: Ports) {
  const [manifests, freezes] = await Promise.all([
    ports.ledger.listManifests(),
    ports.ledger.listFreezes(),
  ]);
  const frozen = (service: string) =>
    freezes.find(({ scope }) => scope === service || scope === '*')?.reason ?? null;
  return inTurns(manifests, async ({ service, source }) => {
    const manifest = await readable(source, service, ports);
    const errorBudget = await budgetOf(service, manifest?.slo && sloOf(manifest.slo), ports);
    return {
      service,
      ...(await readLive(manifest, ports)),
      releaseId: await releaseInProgress(service, ports),
      frozen: frozen(service) ?? errorBudget?.stops ?? null,
      errorBudget,
    };
  });
}

/** A provider's control plane takes few requests a second, and releases need them more. */
const atOnce = 4;

async function inTurns<Item, Found>(
  items: readonly Item[],
  look: (item: Item) => Promise<Found>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let begin = 0; begin < items.length; begin += atOnce) {
    found.push(...(await Promise.all(items.slice(begin, begin + atOnce).map(look))));
  }
  return found;
}

/** Who owns it and what is live, as far as the router can tell now. */
async function readLive(manifest: Manifest | null, ports: Ports) {
  if (!manifest) return { owner: null, traffic: null, liveVersion: null };
  const { service, owner = null, router, environment } = manifest;
  try {
    const { weights } = await (await ports.adapters.router(router, service)).read();
    const live = Object.entries(weights).find(([, percent]) => percent === 100)?.[0];
    const found = live ? await findLive(live, environment, service, ports) : null;
    return { owner, traffic: weights, liveVersion: found?.version ?? null };
  } catch (error) {
    ports.log.warn('traffic is unknown', { service, reason: messageOf(error) });
    return { owner, traffic: null, liveVersion: null };
  }
}

/** A manifest that was taken once need not be valid for a newer version. It hides no other service. */
async function readable(
  source: JsonObject,
  service: string,
  ports: Ports,
): Promise<Manifest | null> {
  try {
    return await ports.adapters.parseManifest(source);
  } catch (error) {
    ports.log.error('the manifest is no longer valid', { service, reason: messageOf(error) });
    return null;
  }
}
