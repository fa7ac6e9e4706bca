import { readFileSync } from 'node:fs';

/** An event as AWS sends it, from `events/`. Made anew with every call. */
export function readEvent(name: string): { detail: Record<string, unknown> } & object {
  return JSON.parse(readFileSync(new URL(`./events/${name}.json`, import.meta.url), 'utf8'));
}
