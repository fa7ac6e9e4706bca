import type { Grant, Permission, Role } from '../types.ts';

/** What each role may do, as the API has it (held together by a test). */
const permissionsOf: Record<Role, readonly Permission[]> = {
  viewer: ['read'],
  releaser: ['read', 'release'],
  approver: ['read', 'approve'],
  operator: ['read', 'release', 'approve', 'operate'],
};

/** Whether these grants allow it. `service` is null for what concerns all services. */
export function mayDo(
  grants: readonly Grant[],
  permission: Permission,
  service: string | null,
): boolean {
  return grants.some(
    (grant) => permissionsOf[grant.role].includes(permission) && covers(grant, service),
  );
}

/** The roles that somebody has for a service, or for all of them with null; each once. */
export function rolesFor(grants: readonly Grant[], service: string | null): Role[] {
  return [...new Set(grants.filter((grant) => covers(grant, service)).map(({ role }) => role))];
}

/** All that somebody may be, for their badge: `operator` or `viewer, releaser of storefront`. */
export function describeGrants(grants: readonly Grant[]): string {
  const parts = grants.map(({ role, services }) =>
    services === '*' ? role : `${role} of ${services.join(', ')}`,
  );
  return [...new Set(parts)].join('; ') || 'no role';
}

const verbs: Record<Permission, string> = {
  read: 'look at',
  release: 'release or roll back',
  approve: 'approve or reject releases of',
  operate: 'freeze, resume or change',
};

/** Why a button is not for this person; null when it is. */
export function whyNot(
  grants: readonly Grant[],
  permission: Permission,
  service: string | null,
): string | null {
  if (mayDo(grants, permission, service)) return null;
  const roles = rolesFor(grants, service);
  const mine = roles.length > 0 ? `You are ${roles.join(' and ')}` : 'You have no role';
  const where = service === null ? 'all services' : service;
  return `${mine} for ${where}. To ${verbs[permission]} ${service === null ? 'everything' : 'it'} takes ${needed(permission)}.`;
}

function needed(permission: Permission): string {
  const roles = (Object.keys(permissionsOf) as Role[]).filter((role) =>
    permissionsOf[role].includes(permission),
  );
  return `the role ${roles.join(' or ')}`;
}

function covers({ services }: Grant, service: string | null): boolean {
  if (services === '*') return true;
  return service !== null && services.includes(service);
}
