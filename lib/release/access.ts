import { z } from 'zod';

/** What somebody may be for a service. */
export const roles = ['viewer', 'releaser', 'approver', 'operator'] as const;
export type Role = (typeof roles)[number];

/** What a route of the API does, as far as rights are concerned. */
export const permissions = ['read', 'release', 'approve', 'operate'] as const;
export type Permission = (typeof permissions)[number];

/**
 * What each role may do. Undoing is a part of releasing: who may put a version live may put the old one
 * back. Manifests, freezes, holds and repairs belong to operators, since a manifest says who approves.
 */
const permissionsOf: Record<Role, readonly Permission[]> = {
  viewer: ['read'],
  releaser: ['read', 'release'],
  approver: ['read', 'approve'],
  operator: ['read', 'release', 'approve', 'operate'],
};

/** A role, for some services or for all of them. */
export interface Grant {
  role: Role;
  /** `*` stands for every service, also for what belongs to none, such as a freeze of everything. */
  services: '*' | readonly string[];
}

const serviceName = z.string().regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, {
  error: 'needs the name of a service: 2 to 40 of a-z 0-9 -, starting with a letter',
});

/** {@link Grant} as configuration and requests write it. */
export const grantSchema = z.strictObject({
  role: z.enum(roles).describe('viewer, releaser, approver or operator'),
  services: z
    .union([z.literal('*'), z.array(serviceName).min(1).max(100)], {
      error: 'needs "*", or a list of services',
    })
    .default('*')
    .describe('The services for which it counts'),
});

/** Whether these grants allow it. `service` is null for what concerns all services or none. */
export function isAllowed(
  grants: readonly Grant[],
  permission: Permission,
  service: string | null,
): boolean {
  return grants.some(
    (grant) => permissionsOf[grant.role].includes(permission) && covers(grant, service),
  );
}

/** Whether they allow it for any service: what a list can show something of. */
export function isAllowedSomewhere(grants: readonly Grant[], permission: Permission): boolean {
  return grants.some(({ role }) => permissionsOf[role].includes(permission));
}

/** The services for which they allow it, each once; `*` where it is all of them. */
export function servicesAllowed(
  grants: readonly Grant[],
  permission: Permission,
): '*' | readonly string[] {
  const services = grants
    .filter(({ role }) => permissionsOf[role].includes(permission))
    .map((grant) => grant.services);
  return services.includes('*') ? '*' : [...new Set(services.flat())];
}

function covers({ services }: Grant, service: string | null): boolean {
  if (services === '*') return true;
  return service !== null && services.includes(service);
}
