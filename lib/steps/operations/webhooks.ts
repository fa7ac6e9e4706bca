import type { ManifestRecord } from '../../ledger/ledger.ts';
import { messageOf } from '../../release/errors.ts';
import type { WebhookConfig, WebhookEntry } from '../../release/webhook.ts';
import type { Ports } from '../ports.ts';

/** Reads entries of manifests' `webhooks`. */
export type ListWebhooks = (kind: string, service: string | null) => Promise<WebhookEntry[]>;

/** See `Operations.listWebhooks`. A revision of a manifest is parsed once: strangers may ask often. */
export function createWebhookList(ports: Ports): ListWebhooks {
  const parsed = new Map<string, { revision: number; webhooks: readonly WebhookConfig[] }>();

  function webhooksOf({ service, revision, source }: ManifestRecord): readonly WebhookConfig[] {
    const known = parsed.get(service);
    if (known?.revision === revision) return known.webhooks;
    const webhooks = readWebhooks(service, source, ports);
    parsed.set(service, { revision, webhooks });
    return webhooks;
  }

  return async (kind, service) => {
    const stored = await manifestsOf(service, ports);
    return stored.flatMap((manifest) =>
      webhooksOf(manifest)
        .filter((config) => config.kind === kind)
        .map((config) => ({ service: manifest.service, config })),
    );
  };
}

async function manifestsOf(service: string | null, { ledger }: Ports): Promise<ManifestRecord[]> {
  if (service === null) return ledger.listManifests();
  const found = await ledger.getManifest(service);
  return found ? [found] : [];
}

/** A manifest that is no longer valid must not keep the others from their webhooks. */
function readWebhooks(
  service: string,
  source: ManifestRecord['source'],
  { adapters, log }: Ports,
): readonly WebhookConfig[] {
  try {
    return adapters.parseManifest(source).webhooks;
  } catch (error) {
    const reason = messageOf(error);
    log.error('a manifest is no longer valid; its webhooks start nothing', { service, reason });
    return [];
  }
}
