import type { Permission } from '../release/access.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { Call } from './route.ts';

const rolesThatMay: Record<Permission, string> = {
  read: 'viewer',
  release: 'releaser or operator',
  approve: 'approver or operator',
  operate: 'operator',
};

/** Why somebody may not do something; names what they would need. `service` is null for all of them. */
export function forbidden(
  { principal }: Pick<Call<unknown, unknown>, 'principal'>,
  permission: Permission,
  service: string | null,
): VerdigrisError {
  const what = service ?? 'all services';
  return new VerdigrisError(
    'ForbiddenError',
    `${principal.actor} may not do this: it needs the role ${rolesThatMay[permission]} for ${what}`,
    { details: { permission, service } },
  );
}
