import type { EnvironmentRef } from '../release/document.ts';
import { fillIn } from './placeholders.ts';
import { addressOf } from './requests.ts';
import type { Through } from './through.ts';

/** What the local proxy says of an answer through its preview door. */
const proofOfProxy = { header: 'x-verdigris-environment', is: '{environment}' };

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
  const proof = answeredBy ?? proofOfProxy;
  const remedy = answeredBy
    ? 'have every answer carry it'
    : `set router.preview.header to ${header.name.toLowerCase()}, or through.answeredBy for another router`;
  return {
    base: url.replace(/\/+$/, ''),
    headers: { [header.name]: text },
    strangerIn: (headers) =>
      strangerIn(headers, { header: proof.header, is: fillIn(proof.is, values), remedy }),
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

interface Proof {
  header: string;
  is: string;
  /** What to set where the header is missing. */
  remedy: string;
}

/** An answer that does not say who gave it proves nothing. */
function strangerIn(headers: Headers, { header, is, remedy }: Proof): string | null {
  const actual = headers.get(header);
  if (actual === is) return null;
  if (actual !== null)
    return `somebody else answered: header ${header} is "${actual}" instead of "${is}"`;
  return `nobody says who answered: header ${header} is missing instead of "${is}"; ${remedy}`;
}
