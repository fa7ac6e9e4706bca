import type { WebhookRequest } from './webhook.ts';

/** A signature's time may be off by so much, in either direction, in seconds. */
const windowSeconds = 300;

/** Whether these seconds since the epoch are within five minutes of when the request came. */
export function isFresh(
  seconds: string | undefined,
  { nowMs }: Pick<WebhookRequest, 'nowMs'>,
): boolean {
  if (!/^\d{1,12}$/.test(seconds ?? '')) return false;
  return Math.abs(nowMs / 1000 - Number(seconds)) <= windowSeconds;
}

/** What an Authorization header proves: a bearer token, or the password of a basic login. */
export function credentialOf({ header }: Pick<WebhookRequest, 'header'>): string | null {
  const [, scheme = '', given = ''] =
    /^(bearer|basic) +([\w+/=.~-]{1,2000}) *$/i.exec(header('authorization') ?? '') ?? [];
  if (scheme === '') return null;
  if (scheme.toLowerCase() === 'bearer') return given;
  const login = Buffer.from(given, 'base64').toString('utf8');
  return login.includes(':') ? login.slice(login.indexOf(':') + 1) : null;
}
