/** Values that survive the state machine, the ledger and the HTTP API unchanged. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Whether a value that came as JSON is an object, not a list and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A part of the manifest that belongs to an adapter: its `kind` and, as written, its own keys. */
export interface AdapterConfig {
  kind: string;
  [key: string]: unknown;
}
