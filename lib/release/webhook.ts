import type { AdapterConfig } from './json.ts';

/** An entry of a manifest's `webhooks`, as it was written. */
export interface WebhookConfig extends AdapterConfig {
  /** The name of the secret that the sender has too. */
  secret: string;
}

/** The same with the service whose manifest has it. */
export interface WebhookEntry {
  service: string;
  config: WebhookConfig;
}
