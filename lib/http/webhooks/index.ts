import type { WebhookKind } from './webhook.ts';

/** Every kind of webhook. Another one is another line. */
export const webhookKinds: readonly WebhookKind[] = [];
