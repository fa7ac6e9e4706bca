import { isNamed, messageOf, VerdigrisError } from '../../release/errors.ts';
import type { WebhookEntry } from '../../release/webhook.ts';
import type { IntakeDeps } from '../webhooks.ts';
import type { Destination } from './receive.ts';
import type { Webhook, WebhookRequest } from './webhook.ts';

/** Entries of manifests whose secret a webhook was signed with. */
export interface Trusted {
  entries: readonly WebhookEntry[];
  secretNames: readonly string[];
}

/**
 * Finds the entries that a webhook may be about: those whose secret it is signed with. Everybody else
 * gets one answer, whether there is no such service, no such entry or no such secret.
 * @throws UnauthorizedError
 * @throws SecretUnavailableError when no secret fitted and one could not be read.
 */
export async function trustedEntries(
  webhook: Webhook,
  to: Destination,
  request: WebhookRequest,
  deps: IntakeDeps,
): Promise<Trusted> {
  const refused = (reason: string) => {
    deps.log.warn('a webhook was refused', { ...to, reason });
    return new VerdigrisError('UnauthorizedError', 'this webhook is not signed as it needs to be');
  };
  if (!webhook.isSigned(request)) throw refused('it is not signed, or its time is over');
  const entries = await deps.operations.listWebhooks(to.kind, to.service);
  if (entries.length === 0) throw refused('no manifest has such a webhook');
  const names = [...new Set(entries.map(({ config }) => config.secret))];
  const secretNames = await fittingNames(names, webhook, request, deps);
  if (secretNames.length === 0) throw refused(`no secret fits: ${names.join(', ')}`);
  return {
    entries: entries.filter(({ config }) => secretNames.includes(config.secret)),
    secretNames,
  };
}

/** All secrets as they are known first: only when none fits is any of them read anew. */
async function fittingNames(
  names: readonly string[],
  webhook: Webhook,
  request: WebhookRequest,
  { secrets, log }: IntakeDeps,
): Promise<string[]> {
  let unavailable: unknown;
  const fitting: string[] = [];
  for (const isMismatched of [false, true]) {
    for (const name of names) {
      try {
        const values = await secrets.read(name, { isMismatched });
        if (values.some((value) => webhook.isSignedWith(request, value))) fitting.push(name);
      } catch (error) {
        if (isNamed(error, 'SecretUnavailableError')) unavailable = error;
        else if (!isNamed(error, 'ConfigInvalidError')) throw error;
        if (!isMismatched)
          log.error('a secret of webhooks is missing', { reason: messageOf(error) });
      }
    }
    if (fitting.length > 0) return fitting;
  }
  if (unavailable) throw unavailable;
  return fitting;
}
