import { z } from 'zod';
import type { Grant } from '../../release/access.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Logger } from '../../release/logger.ts';
import type { KindSchema } from '../../release/manifest.ts';
import type { WebhookEntry } from '../../release/webhook.ts';
import { isForOthers, notForOthers, secretNamePattern } from '../../secrets/secrets.ts';
import type { Operations } from '../operations.ts';

/** A webhook as it came. */
export interface WebhookRequest {
  /** By its name in lower case; undefined when absent. */
  header(name: string): string | undefined;
  query(name: string): string | undefined;
  /** Byte for byte what was sent, since that is what was signed. */
  body: Uint8Array;
  /** When it came, in milliseconds since the epoch. */
  nowMs: number;
}

/** What is understood of a webhook whose sender is trusted. */
export interface Delivery {
  /** What the sender calls it: the same again gets the first answer. Null where telling twice does no harm. */
  id: string | null;
  /** Of a scheme that refuses what was signed once and comes again. */
  signature?: string;
  /** Who did it there, such as `github:octocat`, for the log. */
  by: string;
  /** Does what it asks for, by those entries of manifests whose secret it was signed with. */
  carryOut(
    entries: readonly WebhookEntry[],
    operations: Operations,
    means: WebhookMeans,
  ): Promise<WebhookAnswer>;
}

/** What kinds need besides whose webhooks people cause, and who are answered elsewhere. */
export interface WebhookMeans {
  /** What the rules let somebody do whom a chat or a pager knows as this, such as `slack:U024BE7LH`. */
  grantsOfChat(id: string): readonly Grant[];
  fetch: typeof fetch;
  log: Logger;
  nowMs: number;
}

/** What the sender is told. */
export interface WebhookAnswer {
  status: 200 | 202 | 400 | 409;
  body: JsonObject;
  /** Whether the same delivery gets the same answer for good; else it is looked at anew. */
  isFinal: boolean;
}

/** How webhooks of one kind are checked and understood. */
export interface Webhook {
  /** Whether it brings, in the right form, what shows where it comes from: a look that asks nobody. */
  isSigned(request: WebhookRequest): boolean;
  /** Whether it comes from somebody who has this secret. Compares in constant time. */
  isSignedWith(request: WebhookRequest, secret: string): boolean;
  /**
   * Looks into a body whose sender is trusted.
   * @throws RequestInvalidError
   */
  read(request: WebhookRequest): Delivery;
}

/** A kind of webhook: its name, its part of the manifest, and the rest when the first one comes. */
export interface WebhookKind extends KindSchema {
  load(): Promise<Webhook>;
}

/** What every entry of a manifest's `webhooks` has. */
export const webhookBase = {
  secret: z
    .string()
    .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -')
    .refine(isForOthers, notForOthers)
    .describe('The name of the secret that the sender has too'),
};
