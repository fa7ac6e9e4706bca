import { createHmac } from 'node:crypto';
import { createApp } from '../../lib/http/app.ts';
import { createSharedToken } from '../../lib/http/auth/shared-token.ts';
import type { Grant } from '../../lib/release/access.ts';
import type { Logger } from '../../lib/release/logger.ts';
import type { WebhookConfig } from '../../lib/release/webhook.ts';
import { createMemoryLedger } from './fakes/ledger.ts';
import { createFakeOperations } from './fakes/operations.ts';
import { createFakeSecrets } from './fakes/secrets.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** A secret by its name in every test. */
export const webhookSecret = '0123456789abcdef0123456789abcdef';

/** A line that was logged. */
export interface LogLine {
  level: keyof Logger;
  message: string;
  facts: Record<string, unknown>;
}

/** An answer with its body read. */
export interface Answered {
  status: number;
  body: Record<string, unknown>;
}

/** Who else there is. */
export interface WebhookSurroundings {
  /** What somebody in a chat may do, by `slack:U024BE7LH`; nothing if absent. */
  grants?: Record<string, readonly Grant[]>;
  /** Who is called; nobody is to be if absent. */
  fetch?: typeof globalThis.fetch;
}

/**
 * The whole application in front of fakes, with entries of manifests by service.
 * @param entries Every secret that they name is {@link webhookSecret}.
 */
export function createWebhookApp(
  entries: Record<string, WebhookConfig[]>,
  { grants = {}, fetch = callNobody }: WebhookSurroundings = {},
) {
  const clock = createVirtualClock('2026-03-01T12:00:00.000Z');
  const operations = createFakeOperations();
  operations.webhooks.push(
    ...Object.entries(entries).flatMap(([service, configs]) =>
      configs.map((config) => ({ service, config })),
    ),
  );
  const secrets = createFakeSecrets();
  for (const { config } of operations.webhooks) secrets.set(config.secret, webhookSecret);
  const ledger = createMemoryLedger();
  const { log, lines } = createRecordingLogger();
  const app = createApp({
    operations,
    authenticate: createSharedToken('the-token-of-the-api').authenticate,
    log,
    version: '0.0.0',
    manifestSchema: () => ({}),
    webhooks: {
      secrets,
      ledger,
      clock,
      fetch,
      access: { grantsOf: ({ chat }) => grants[chat] ?? [] },
    },
  });
  return {
    app,
    clock,
    operations,
    secrets,
    ledger,
    lines,
    /** Releases that were started, each once, by their keys. */
    started: () => [...operations.startedOnce.values()],
    /** What `startReleaseOnce` was asked for, in order. */
    asked: () =>
      operations.calls.flatMap(([method, , request]) =>
        method === 'startReleaseOnce' ? [request as { service: string; by: string }] : [],
      ),
    async post(
      path: string,
      body: string | Uint8Array,
      headers: Record<string, string> = {},
    ): Promise<Answered> {
      const init = { method: 'POST', body: body as string, headers };
      const response = await app.request(path, init);
      return { status: response.status, body: (await response.json()) as Answered['body'] };
    },
  };
}

async function callNobody(): Promise<Response> {
  throw new Error('nobody is to be called');
}

/** A logger that keeps its lines. */
export function createRecordingLogger() {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Logger) =>
    (message: string, facts: Record<string, unknown> = {}) =>
      void lines.push({ level, message, facts });
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } };
}

/** HMAC-SHA256 as hex digits. */
export function sign(secret: string, text: string | Uint8Array): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** Headers of a delivery of GitHub. */
export function githubHeaders(
  event: string,
  body: string | Uint8Array,
  { secret = webhookSecret, delivery = '72d3162e-cc78-11e3-81ab-4c9367dc0958' } = {},
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${sign(secret, body)}`,
  };
}

/** Headers of a delivery that its sender signs for us. */
export function artifactHeaders(
  body: string,
  { secret = webhookSecret, delivery = 'run-1', at = '2026-03-01T12:00:00.000Z' } = {},
): Record<string, string> {
  const timestamp = String(Math.trunc(Date.parse(at) / 1000));
  return {
    'content-type': 'application/json',
    'x-verdigris-timestamp': timestamp,
    'x-verdigris-delivery': delivery,
    'x-verdigris-signature': `v1=${sign(secret, `${timestamp}.${delivery}.${body}`)}`,
  };
}
