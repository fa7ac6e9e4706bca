/** Values that survive the state machine, the ledger and the HTTP API unchanged. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Whether a value that came as JSON is an object, not a list and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A value without what lies more than so many levels down, in whose place `…` stands: whatever goes
 * through a value level by level, as `JSON.stringify` does, ends with "Maximum call stack size exceeded"
 * where somebody else has nested it deeply enough.
 */
export function cutBelow(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return value;
  if (levels === 0) return '…';
  if (Array.isArray(value)) return value.map((part) => cutBelow(part, levels - 1));
  const parts = Object.entries(value).map(([name, part]) => [name, cutBelow(part, levels - 1)]);
  return Object.fromEntries(parts);
}

/** A part of the manifest that belongs to an adapter: its `kind` and, as written, its own keys. */
export interface AdapterConfig {
  kind: string;
  [key: string]: unknown;
}
