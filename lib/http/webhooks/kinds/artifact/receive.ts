import { z } from 'zod';
import { type Artifact, artifactSchema } from '../../../../release/artifact.ts';
import {
  signatureHeaders,
  signatureValue,
  signedPrefix,
} from '../../../../release/delivery-signature.ts';
import type { WebhookEntry } from '../../../../release/webhook.ts';
import { serviceNameSchema } from '../../../api.ts';
import type { Wish } from '../../fill-mapping.ts';
import { readPayloadAs } from '../../payload.ts';
import { releaseArtifacts } from '../../releases.ts';
import { hmacHex, isSameText } from '../../signature.ts';
import type { Webhook, WebhookRequest } from '../../webhook.ts';
import { artifactWebhookSchema } from '../artifact.ts';

/** A signature counts this long before and after its time. */
const windowMs = 5 * 60_000;

const bodySchema = z.strictObject({ service: serviceNameSchema, artifact: artifactSchema });

interface Told {
  service: string;
  artifact: Artifact;
}

/** Our own, signed as the notifier `webhook` signs: see delivery-signature.ts. */
export const artifactWebhook: Webhook = {
  isSigned: (request) =>
    isFresh(request) && isDelivery(request) && /^v1=[0-9a-f]{64}$/.test(signatureOf(request)),
  isSignedWith(request, secret) {
    const { timestamp, delivery } = partsOf(request);
    const expected = hmacHex(secret, signedPrefix(timestamp, delivery), request.body);
    return isSameText(signatureOf(request), signatureValue(expected));
  },
  read(request) {
    const { delivery } = partsOf(request);
    const told = readPayloadAs(bodySchema, request);
    return {
      id: delivery,
      signature: signatureOf(request),
      by: 'artifact',
      carryOut: (entries, operations) => {
        const own = entries.filter(({ service }) => service === told.service);
        const by = `artifact:${own[0]?.config.secret ?? ''}`;
        const wishOf = (entry: WebhookEntry) => wish(told, entry);
        const key = `artifact:${delivery}`;
        return releaseArtifacts(
          { key, by, entries: own.length > 0 ? own : entries, wishOf },
          operations,
        );
      },
    };
  },
};

function wish({ service, artifact }: Told, entry: WebhookEntry): Wish {
  if (entry.service !== service) return { ignored: `is not ${service}` };
  const { uriPrefix = '' } = artifactWebhookSchema.parse(entry.config);
  const isThere = artifact.uri.startsWith(uriPrefix) && !leadsElsewhere.test(artifact.uri);
  if (uriPrefix === '' || isThere) return { artifact };
  return { ignored: `is for artifacts in ${uriPrefix}` };
}

/** A step up, as it is or encoded, would leave the folder that the prefix names. */
const leadsElsewhere = /(?:^|\/)(?:\.|%2e){2}(?:\/|%2f|$)|%2f(?:\.|%2e){2}/i;

function partsOf({ header }: WebhookRequest) {
  return {
    timestamp: header(signatureHeaders.timestamp) ?? '',
    delivery: header(signatureHeaders.delivery) ?? '',
  };
}

function signatureOf({ header }: WebhookRequest): string {
  return header(signatureHeaders.signature) ?? '';
}

function isDelivery(request: WebhookRequest): boolean {
  return /^[A-Za-z0-9_:-]{1,128}$/.test(partsOf(request).delivery);
}

function isFresh(request: WebhookRequest): boolean {
  const { timestamp } = partsOf(request);
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(Number(timestamp) * 1000 - request.nowMs) <= windowMs;
}
