import { VerdigrisError } from './errors.ts';
import type { AdapterConfig } from './json.ts';
import { nearestName } from './nearest.ts';

/**
 * The entry of a registry that a part of the manifest names. `part` is what the manifest calls it.
 * @throws KindUnavailableError naming the nearest kind, or those that there are.
 */
export function findKind<Entry extends { kind: string }>(
  part: string,
  { kind }: AdapterConfig,
  entries: readonly Entry[],
): Entry {
  const found = entries.find((entry) => entry.kind === kind);
  if (found) return found;
  const known = entries.map((entry) => entry.kind);
  const nearest = nearestName(kind, known);
  throw new VerdigrisError(
    'KindUnavailableError',
    `there is no ${part} kind "${kind}"; ` +
      (nearest ? `did you mean "${nearest}"?` : `known kinds are ${known.join(', ')}`),
  );
}

/** What an adapter is refused with on a platform that lacks what it needs. */
export function localOnly(part: string, kind: string, service?: string): VerdigrisError {
  const whose = service ? ` of ${service}` : '';
  return new VerdigrisError(
    'KindUnavailableError',
    `${part} kind "${kind}"${whose} is there on the local platform only: ` +
      `run \`verdigris up\`, or choose another ${part} kind for this platform`,
  );
}

/**
 * What an adapter is refused with on a platform without AWS.
 * @param part What the manifest calls the part. @param service Whose part it is, where that is known.
 */
export function awsOnly(part: string, kind: string, service?: string): VerdigrisError {
  const whose = service ? ` of ${service}` : '';
  return new VerdigrisError(
    'KindUnavailableError',
    `${part} kind "${kind}"${whose} is there on AWS only: ` +
      `deploy with \`npm run deploy\`, or choose another ${part} kind for this machine`,
  );
}
