import { createHmac } from 'node:crypto';
import type { Clock, Timers } from '../../release/clock.ts';
import {
  deliveryName,
  signatureHeaders,
  signatureValue,
  signedPrefix,
} from '../../release/delivery-signature.ts';
import { parseJson } from '../body-expectation.ts';
import { askSteadily, type CheckResponse, causeOf } from '../requests.ts';
import type { Reply } from './reply.ts';

/** A longer answer is none. */
const mostBytes = 64 * 1024;
/** After a 429 that does not say. */
const defaultRetrySeconds = 5;

/** A question, and who is asked. */
export interface WebhookQuestion {
  url: string;
  /** What the request is signed with. */
  secret: string;
  body: string;
  /** What makes the delivery's name, together with the time. */
  subject: string;
  abort: AbortSignal;
}

/** Posts a question, signed as every delivery of ours. */
export async function askWebhook(
  { url, secret, body, subject, abort }: WebhookQuestion,
  { timers, clock }: { timers: Timers; clock: Clock },
): Promise<Reply> {
  const headers = signed(body, secret, subject, clock.now());
  const request = { url, method: 'POST', headers, body, signal: abort, mostBytes };
  const { host } = new URL(url);
  try {
    // Whoever gets a delivery twice knows it by its name.
    return readAnswer(host, await askSteadily(request, { timers, isRepeatable: true }));
  } catch (error) {
    return { problem: `${host} gives no answer: ${causeOf(error)}` };
  }
}

function signed(
  body: string,
  secret: string,
  subject: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = `${Math.floor(nowMs / 1000)}`;
  const delivery = deliveryName(`${nowMs}-${subject}`);
  const hmac = createHmac('sha256', secret).update(signedPrefix(timestamp, delivery)).update(body);
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'User-Agent': 'Verdigris',
    [signatureHeaders.timestamp]: timestamp,
    [signatureHeaders.delivery]: delivery,
    [signatureHeaders.signature]: signatureValue(hmac.digest('hex')),
  };
}

function readAnswer(host: string, answer: CheckResponse): Reply {
  const { status, headers, body, isCut } = answer;
  const evidence = { status, durationMs: answer.latencyMs };
  if (status === 429) {
    const asked = headers.get('retry-after') ?? '';
    const retryAfterSeconds = /^[1-9]\d{0,3}$/.test(asked) ? Number(asked) : defaultRetrySeconds;
    return { later: `${host} asks for patience`, retryAfterSeconds };
  }
  if (status < 200 || status > 299) return { problem: `${host} answers ${status}`, evidence };
  if (isCut) return { problem: `${host} answers with more than ${mostBytes} bytes`, evidence };
  const value = parseJson(body);
  return value === undefined
    ? { problem: `${host} answers no JSON`, evidence }
    : { value, evidence };
}
