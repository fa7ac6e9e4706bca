import { credentialOf } from '../../proof.ts';
import { isSameText } from '../../signature.ts';
import type { Webhook } from '../../webhook.ts';
import { readAlerts } from '../alerts.ts';

/** Alertmanager signs nothing: it sends the secret, as a bearer token or as a password (`http_config`). */
export const alertmanagerWebhook: Webhook = {
  isSigned: (request) => credentialOf(request) !== null,
  isSignedWith: (request, secret) => isSameText(credentialOf(request) ?? '', secret),
  read: (request) => readAlerts('alertmanager', request),
};
