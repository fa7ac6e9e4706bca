import type { ManifestRecord } from '../../ledger/ledger.ts';
import { messageOf } from '../../release/errors.ts';
import type { WebhookConfig, WebhookEntry } from '../../release/webhook.ts';
import type { Ports } from '../ports.ts';

/** Reads entries of manifests' `webhooks`. */
export type ListWebhooks = (kind: string, service: string | null) => Promise<WebhookEntry[]>;

type Webhooks = readonly WebhookConfig[];

/** See `Operations.listWebhooks`. A revision of a manifest is parsed once: strangers may ask often. */
export function createWebhookList(ports: Ports): ListWebhooks {
  const parsed = new Map<string, { revision: number; webhooks: Promise<Webhooks> }>();

  function webhooksOf({ service, revision, source }: ManifestRecord): Promise<Webhooks> {
    const known = parsed.get(service);
    if (known?.revision === revision) return known.webhooks;
    const webhooks = readWebhooks(service, source, ports);
    parsed.set(service, { revision, webhooks });
    return webhooks;
  }

  return async (kind, service) => {
    const stored = await manifestsOf(service, ports);
    const entries = stored.map(async (manifest) =>
      (await webhooksOf(manifest))
        .filter((config) => config.kind === kind)
        .map((config) => ({ service: manifest.service, config })),
    );
    return (await Promise.all(entries)).flat();
  };
}

async function manifestsOf(service: string | null, { ledger }: Ports): Promise<ManifestRecord[]> {
  if (service === null) return ledger.listManifests();
  const found = await ledger.getManifest(service);
  return found ? [found] : [];
}

/** A manifest that is no longer valid must not keep the others from their webhooks. */
async function readWebhooks(
  service: string,
  source: ManifestRecord['source'],
  { adapters, log }: Ports,
): Promise<Webhooks> {
  try {
    return (await adapters.parseManifest(source)).webhooks;
  } catch (error) {
    const reason = messageOf(error);
    log.error('a manifest is no longer valid; its webhooks start nothing', { service, reason });
    return [];
  }
}
