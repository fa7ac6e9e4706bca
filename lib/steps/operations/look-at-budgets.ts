import type { ManifestRecord } from '../../ledger/ledger.ts';
import { budgetKeeper } from '../../release/error-budget.ts';
import { messageOf } from '../../release/errors.ts';
import { sloOf } from '../../release/slo.ts';
import { liftBudgetFreeze, lookAtService } from '../error-budget.ts';
import type { Ports } from '../ports.ts';

/**
 * The regular look at the error budget of every service that has one: sources remember only for so long.
 * What cannot be looked at now does not keep the others waiting.
 */
export async function lookAtBudgets(ports: Ports): Promise<void> {
  const manifests = await ports.ledger.listManifests();
  for (const manifest of manifests.filter(hasSlo)) {
    try {
      await lookAt(manifest, ports);
    } catch (error) {
      const { service } = manifest;
      const reason = messageOf(error);
      ports.log.warn('the error budget could not be looked at', { service, reason });
    }
  }
  await freeOthers(manifests, ports);
}

/** Told without reading the manifest: as a rule there is none to look at. */
function hasSlo({ source }: ManifestRecord): boolean {
  return source.slo !== undefined && source.slo !== null;
}

async function lookAt({ service, source }: ManifestRecord, ports: Ports): Promise<void> {
  const { slo, metrics = null, router } = await ports.adapters.parseManifest(source);
  if (!slo) return;
  await lookAtService({ service, slo: sloOf(slo), metrics, router }, ports);
}

/** A service that promises nothing any more has no budget to be frozen by. */
async function freeOthers(manifests: readonly ManifestRecord[], ports: Ports): Promise<void> {
  const kept = new Set(manifests.filter(hasSlo).map(({ service }) => service));
  for (const { scope, by } of await ports.ledger.listFreezes()) {
    if (by !== budgetKeeper || kept.has(scope)) continue;
    await liftBudgetFreeze(scope, 'is not in the manifest any more', ports);
  }
}
