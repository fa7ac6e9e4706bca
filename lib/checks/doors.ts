import type { EnvironmentRef } from '../release/document.ts';
import { fillIn } from './placeholders.ts';
import { addressOf } from './requests.ts';
import type { Through } from './through.ts';

/** With this header the local proxy says which environment has answered through its preview door. */
const answeredByHeader = 'x-verdigris-environment';

/** The way to one side. */
export interface Door {
  /** Base URL without a slash at its end. */
  base: string;
  /** To be sent with every request. */
  headers: Record<string, string>;
  /** Why an answer is not from the side that was meant, or null. */
  strangerIn(headers: Headers): string | null;
}

/**
 * The way to a side, or why there is none. A secret that is named is read anew.
 * @throws whatever `readSecret` throws.
 */
export async function openDoor(
  through: Through,
  side: EnvironmentRef,
  readSecret: (name: string) => Promise<string>,
): Promise<Door | { problem: string }> {
  if (through === 'green') return ownDoor(side);
  const { url, header, answeredBy } = through;
  const values = valuesOf(side);
  const { value } = header;
  const text = typeof value === 'string' ? fillIn(value, values) : await readSecret(value.secret);
  const wanted = answeredBy ?? { header: answeredByHeader, is: '{environment}' };
  return {
    base: url.replace(/\/+$/, ''),
    headers: { [header.name]: text },
    strangerIn: (headers) =>
      strangerIn(headers, { ...wanted, is: fillIn(wanted.is, values) }, answeredBy !== undefined),
  };
}

/** What placeholders stand for on one side. */
export function valuesOf({ id, version }: EnvironmentRef): {
  environment: string;
  version: string;
} {
  return { environment: id, version };
}

function ownDoor(side: EnvironmentRef): Door | { problem: string } {
  const base = addressOf(side);
  if (base === null)
    return { problem: `${side.id} has no address to ask; use another kind of check` };
  return { base, headers: {}, strangerIn: () => null };
}

/** Without `answeredBy` an answer proves nothing, unless it comes through a door that says who it was. */
function strangerIn(
  headers: Headers,
  { header, is }: { header: string; is: string },
  isNeeded: boolean,
): string | null {
  const actual = headers.get(header);
  if (actual === is || (actual === null && !isNeeded)) return null;
  const instead = actual === null ? 'is missing' : `is "${actual}"`;
  return `somebody else answered: header ${header} ${instead} instead of "${is}"`;
}
