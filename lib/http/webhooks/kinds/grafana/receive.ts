import { credentialOf, isFresh } from '../../proof.ts';
import { hmacHex, isSameText } from '../../signature.ts';
import type { Webhook, WebhookRequest } from '../../webhook.ts';
import { readAlerts } from '../alerts.ts';

/** The default of today's documentation, and that of the first versions that had it. */
const signatureHeaders = ['x-grafana-alerting-signature', 'x-grafana-alert-signature'];
/** Grafana sends no time unless it is told in which header: docs/webhooks-chat-and-alerts.md says this. */
const timeHeader = 'x-grafana-alerting-timestamp';

/**
 * Grafana signs the body, or `time:body` where it sends the time, in hex (grafana/alerting,
 * http/hmac.go); or it sends the secret in the Authorization header, as Alertmanager does.
 */
export const grafanaWebhook: Webhook = {
  isSigned(request) {
    if (signatureOf(request) === null) return credentialOf(request) !== null;
    const time = request.header(timeHeader);
    return time === undefined || isFresh(time, request);
  },
  isSignedWith(request, secret) {
    const signature = signatureOf(request);
    if (signature === null) return isSameText(credentialOf(request) ?? '', secret);
    const time = request.header(timeHeader);
    const parts = time === undefined ? [request.body] : [`${time}:`, request.body];
    return isSameText(signature, hmacHex(secret, ...parts));
  },
  read: (request) => readAlerts('grafana', request),
};

function signatureOf({ header }: WebhookRequest): string | null {
  const given = signatureHeaders.map(header).find((it) => it !== undefined);
  return given !== undefined && /^[0-9a-f]{64}$/.test(given) ? given : null;
}
