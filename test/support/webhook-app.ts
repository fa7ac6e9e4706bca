import { createApp } from '../../lib/http/app.ts';
import { createTokenAuth } from '../../lib/http/token-auth.ts';
import type { Grant } from '../../lib/release/access.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import type { Logger } from '../../lib/release/logger.ts';
import { type LogLine, testToken } from './api-server.ts';
import { createMemoryLedger } from './fakes/ledger.ts';
import { createFakeOperations, fixtureStart } from './fakes/operations.ts';
import { createFakeSecrets } from './outbound.ts';

/** What a test of a webhook may say. */
export interface WebhookAppOptions {
  /** Entries of the manifest of `storefront`, or of another service. */
  webhooks: { service?: string; config: { kind: string; secret: string } & JsonObject }[];
  secrets: Record<string, string | [string, string]>;
  /** What somebody in a chat may do, by `slack:U024BE7LH`. */
  grants?: Record<string, Grant[]>;
  fetch?: typeof globalThis.fetch;
}

/** The real application with the real intake of webhooks, over fake operations. */
export function createWebhookApp({ webhooks, secrets, grants = {}, fetch }: WebhookAppOptions) {
  const operations = createFakeOperations();
  for (const { service = 'storefront', config } of webhooks) {
    operations.webhooks.push({ service, config });
  }
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (message: string, facts?: Record<string, unknown>) =>
    void lines.push({ level, message, facts: facts ?? {} });
  const log: Logger = { info: at('info'), warn: at('warn'), error: at('error') };
  const time = { nowMs: Date.parse(fixtureStart) };
  const app = createApp({
    operations,
    authenticate: createTokenAuth(testToken),
    log,
    version: '0.0.0-test',
    manifestSchema: {},
    webhooks: {
      secrets: createFakeSecrets(secrets),
      ledger: createMemoryLedger(),
      clock: { now: () => time.nowMs },
      access: { grantsOf: ({ chat }) => grants[chat] ?? [] },
      fetch:
        fetch ??
        (async () => {
          throw new Error('nobody is to be called');
        }),
    },
  });
  const post = (kind: string, body: string, headers: Record<string, string> = {}) =>
    app.request(`/webhooks/${kind}`, { method: 'POST', body, headers });
  return { post, operations, lines, time };
}
