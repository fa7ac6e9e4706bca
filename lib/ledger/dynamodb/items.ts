import { epochMs } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';

/** An item as the document client gives it. Documents are JSON text in one of its attributes. */
export type Item = Record<string, unknown>;

/**
 * The layout of items that this code writes. A later one puts its number into the attribute `v` of
 * the items that it writes; layout 1 saves itself the bytes.
 */
const layout = 1;

/** DynamoDB takes 400 KB per item, names and keys included. */
const longestTextBytes = 390 * 1024;

/**
 * How long after its last use an item stays that nobody needs any more, in seconds: 400 days. A
 * release that waits for two weeks, is watched for two and then held for a year finds its approval.
 */
const keepSeconds = 400 * 86_400;

/**
 * A value as JSON text: DynamoDB's own types drop what is undefined and know no empty names.
 * @throws RequestTooLargeError naming `what` when it does not fit into an item.
 */
export function toText(what: string, value: unknown): string {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= longestTextBytes) return text;
  throw new VerdigrisError(
    'RequestTooLargeError',
    `${what} has ${bytes} bytes; the ledger stores at most ${longestTextBytes} in one piece`,
    { details: { bytes, limit: longestTextBytes } },
  );
}

/** The inverse of {@link toText}; null for an attribute that is not there. */
export function fromText<T>(text: unknown): T | null {
  return typeof text === 'string' ? (JSON.parse(text) as T) : null;
}

/** Seconds since the epoch after which an item may go that is needed until this ISO time. */
export function ttlAfter(iso: string): number {
  return Math.floor(epochMs(iso) / 1000) + keepSeconds;
}

/**
 * The item, if this code can read it.
 * @throws LedgerVersionError when a newer Verdigris wrote it.
 */
export function readable(item: Item, tableName: string): Item {
  if (typeof item.v !== 'number' || item.v <= layout) return item;
  throw new VerdigrisError(
    'LedgerVersionError',
    `ledger ${tableName} has an item of layout ${item.v} (${item.pk}, ${item.sk}); this Verdigris reads up to ${layout}: deploy the newer one again`,
    { details: { tableName, found: item.v, supported: layout } },
  );
}

/** What 0.1.0 stored has no turn, and nobody knows which it was. */
export function withTurn<Stored extends { turn: string | null }>(stored: Stored): Stored {
  return { ...stored, turn: stored.turn ?? null };
}
