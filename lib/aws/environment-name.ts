import { VerdigrisError } from '../release/errors.ts';

/** Longest name of an ECS service, a task definition's family and an Auto Scaling group. */
const longest = 255;

/**
 * The one name of everything that is made for a release. It follows from the release's id, so that calls
 * in a row, at once or after a lost answer find the same. An id begins with its service's name as a rule.
 * @throws ProvisionFailedError when it is too long.
 */
export function environmentName(prefix: string, releaseId: string): string {
  const safe = releaseId.replace(/[^A-Za-z0-9_-]/g, '-');
  const name = safe.startsWith(`${prefix}-`) ? safe : `${prefix}-${safe}`;
  if (name.length <= longest) return name;
  const message = `${name} is too long for a name in AWS (${longest}); choose a shorter release id`;
  throw new VerdigrisError('ProvisionFailedError', message);
}

/**
 * @param what Is there already. @param owner The release for which it was made, or null.
 * @throws ProvisionFailedError when that is another one.
 */
export function throwIfTaken(what: string, owner: string | null, releaseId: string): void {
  if (owner === releaseId) return;
  const maker = owner ? `for release ${owner}` : 'by something else';
  throw new VerdigrisError(
    'ProvisionFailedError',
    `${what} is there already and was made ${maker}; delete it, or choose another environment.namePrefix`,
  );
}
