import type { ManifestRecord } from '../../ledger/ledger.ts';
import { messageOf } from '../../release/errors.ts';
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
  return Promise.all(
    manifests.map(async (manifest) => ({
      service: manifest.service,
      ...(await readLive(manifest, ports)),
      releaseId: await releaseInProgress(manifest.service, ports),
      frozen: frozen(manifest.service),
    })),
  );
}

/** Who owns it and what is live, as far as the router can tell now. */
async function readLive({ service, source }: ManifestRecord, ports: Ports) {
  let owner: string | null = null;
  try {
    const { router, environment, ...manifest } = ports.adapters.parseManifest(source);
    owner = manifest.owner ?? null;
    const { weights } = await ports.adapters.router(router, service).read();
    const live = Object.entries(weights).find(([, percent]) => percent === 100)?.[0];
    const found = live ? await ports.adapters.environment(environment, service).lookup(live) : null;
    return { owner, traffic: weights, liveVersion: found?.version ?? null };
  } catch (error) {
    ports.log.warn('traffic is unknown', { service, reason: messageOf(error) });
    return { owner, traffic: null, liveVersion: null };
  }
}
