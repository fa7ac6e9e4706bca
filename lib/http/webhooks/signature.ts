import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** HMAC-SHA256 over bytes, as hex digits. */
export function hmacHex(secret: string, ...parts: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

/** Whether two texts are the same, in a time that says nothing of either, not even its length. */
export function isSameText(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

/** The sha256 of bytes, as hex digits: what a body is the same by. */
export function digestHex(body: Uint8Array | string): string {
  return sha256(body).toString('hex');
}

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}
