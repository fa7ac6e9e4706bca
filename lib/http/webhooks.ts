import { bodyLimit } from 'hono/body-limit';
import type { Ledger } from '../ledger/ledger.ts';
import type { Grant } from '../release/access.ts';
import type { Clock } from '../release/clock.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { Logger } from '../release/logger.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { bodyLimitBytes } from './api.ts';
import type { App } from './app.ts';
import type { Operations } from './operations.ts';

/** What the intake of webhooks needs besides the application's own. */
export interface WebhookDeps {
  secrets: Secrets;
  ledger: Pick<Ledger, 'claimReceipt' | 'answerReceipt' | 'getReceipt'>;
  clock: Clock;
  /** Who may do what, by the access rules. Nobody may do anything by chat if absent. */
  access?: { grantsOf(subject: { chat: string }): readonly Grant[] };
  /** Answers those who wait for one elsewhere. */
  fetch: typeof fetch;
}

/** {@link WebhookDeps} with what the application has anyway. */
export interface IntakeDeps extends WebhookDeps {
  operations: Operations;
  log: Logger;
}

/**
 * `POST /webhooks/<kind>` and `POST /webhooks/<kind>/<service>`: no principal, since who signed with a
 * secret of a manifest may do what that manifest's entry says, and nothing else. The intake is loaded
 * with the first webhook.
 */
export function addWebhooks(app: App, deps: IntakeDeps): void {
  app.use('/webhooks/*', bodyLimit({ maxSize: bodyLimitBytes, onError: tooLarge }));
  app.post('/webhooks/:kind/:service?', async (c) => {
    const { receiveWebhook } = await import('./webhooks/receive.ts');
    const body = new Uint8Array(await c.req.arrayBuffer());
    if (body.length > bodyLimitBytes) tooLarge();
    const to = { kind: c.req.param('kind'), service: c.req.param('service') ?? null };
    const request = {
      header: (name: string) => c.req.header(name),
      query: (name: string) => c.req.query(name),
      body,
      nowMs: deps.clock.now(),
    };
    const answer = await receiveWebhook(to, request, deps);
    return c.json(answer.body, answer.status);
  });
}

function tooLarge(): never {
  throw new VerdigrisError(
    'RequestTooLargeError',
    `body: is larger than ${bodyLimitBytes} bytes, which is all that fits`,
  );
}
