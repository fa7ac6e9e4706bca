/**
 * How Verdigris signs what it posts, and what others sign for it: `X-Verdigris-Signature` is `v1=` and
 * HMAC-SHA256, in hex, over timestamp, delivery and body with dots between them. Neither of the first
 * two has a dot, so that the three parts can't be divided in another way.
 */

/** The headers of a signed delivery, in lower case, as they are looked for. */
export const signatureHeaders = {
  /** Seconds since the epoch. */
  timestamp: 'x-verdigris-timestamp',
  /** The same for every repetition: 1 to 128 of `A-Z a-z 0-9 _ : -`. */
  delivery: 'x-verdigris-delivery',
  signature: 'x-verdigris-signature',
} as const;

/** What stands before the body in what is signed. */
export function signedPrefix(timestamp: string, delivery: string): string {
  return `${timestamp}.${delivery}.`;
}

/** The signature as its header has it. */
export function signatureValue(hmacHex: string): string {
  return `v1=${hmacHex}`;
}

/** A name for a delivery, of something whose id may have other characters. */
export function deliveryName(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9_-]/g, ':').slice(0, 128);
}
