import { z } from 'zod';
import { VerdigrisError } from '../release/errors.ts';

const targetGroupArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/[A-Za-z0-9-]{1,32}\/[A-Za-z0-9-]+$/,
    'needs the ARN of a target group, arn:aws:elasticloadbalancing:…:targetgroup/NAME/ID',
  );

/** The manifest's part: the groups between which releases alternate. */
export const targetGroupsSchema = z
  .array(
    z.strictObject({
      arn: targetGroupArn.describe('The target group'),
      address: z
        .url({ protocol: /^https?$/, error: 'needs a URL, such as https://green.shop.example' })
        .optional()
        .describe('Where checks reach what is in this group, such as a test listener for it alone'),
    }),
  )
  .min(2, 'needs at least two target groups: one that is live, and one for green')
  .max(5)
  .refine((groups) => new Set(groups.map(({ arn }) => arn)).size === groups.length, {
    error: 'names a target group twice',
  });

/** The groups of a manifest. */
export type TargetGroups = z.output<typeof targetGroupsSchema>;

/** One target, as its group's health checks see it. */
export interface Target {
  /** `10.0.0.7:8080`, `i-0abc:80`. */
  id: string;
  /** API_TargetHealth: initial, healthy, unhealthy, unused, draining, unavailable. */
  state: string;
  reason: string;
  description: string;
}

/** A target group as it is now. */
export interface TargetGroup {
  arn: string;
  name: string;
  /** A listener or rule of a load balancer names it. */
  isAttached: boolean;
  /** The environment whose name it bears; null where it bears none. */
  environmentId: string | null;
  targets: Target[];
}

/** A group's name, which is in its ARN; the name of a side whose group has no tag. */
export function targetGroupName(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

/**
 * The group for an environment: the one that it has already, else the first that is free: no targets,
 * none of `users` is attached to it. Pure, so that two calls at once choose the same one.
 * @param users Who is attached to a group, by its ARN.
 * @throws ProvisionFailedError that says who has which, and what to do.
 */
export function chooseTargetGroup(
  groups: readonly TargetGroup[],
  environmentId: string,
  users: ReadonlyMap<string, readonly string[]>,
): TargetGroup {
  const own = groups.find((group) => group.environmentId === environmentId);
  const free = groups.find((group) => useOf(group, users) === null);
  const chosen = own ?? free;
  if (chosen) return chosen;
  const uses = groups.map((group) => `${group.name} (${useOf(group, users)})`);
  throw new VerdigrisError(
    'ProvisionFailedError',
    `no target group is free for ${environmentId}: ${uses.join(', ')}. Wait until the old environment is retired or retire it now, shorten \`retain\`, or add a target group to environment.targetGroups`,
  );
}

function useOf(
  { arn, targets }: TargetGroup,
  users: ReadonlyMap<string, readonly string[]>,
): string | null {
  const names = users.get(arn) ?? [];
  if (names.length > 0) return `used by ${names.join(', ')}`;
  return targets.length > 0 ? `has ${targets.length} targets that something else registered` : null;
}

/**
 * The one user of a target group, as what was live before Verdigris came is named by its group; null when
 * there is none.
 * @param names Of everything that is attached to it.
 * @throws ConfigInvalidError when several share it.
 */
export function onlyUser<T>(
  group: string,
  users: readonly T[],
  nameOf: (user: T) => string,
): T | null {
  const [only = null, ...others] = users;
  if (others.length === 0) return only;
  throw new VerdigrisError(
    'ConfigInvalidError',
    `target group ${group} is shared by ${users.map(nameOf).join(', ')}; a side of a release has it to itself, so take the others out of it`,
  );
}

/**
 * What keeps a group from having so many healthy targets, in one line; null when nothing does. A
 * group on no load balancer is never checked: its targets are `unused`, and count.
 */
export function unhealthiness(group: TargetGroup, wanted: number): string | null {
  const present = group.targets.filter(({ state }) => state !== 'draining');
  const healthy = present.filter((target) => isFine(target, group));
  if (healthy.length >= wanted) return null;
  const others = present.filter((target) => !isFine(target, group)).slice(0, 3);
  const details = others.map(
    ({ id, state, reason, description }) =>
      `${id} is ${[state, reason, description && `(${description})`].filter(Boolean).join(' ')}`,
  );
  return [`${healthy.length} of ${wanted} targets in ${group.name} are healthy`, ...details].join(
    '; ',
  );
}

function isFine({ state, reason }: Target, { isAttached }: TargetGroup): boolean {
  if (state === 'healthy') return true;
  if (state === 'unavailable') return reason === 'Target.HealthCheckDisabled';
  return state === 'unused' && reason === 'Target.NotInUse' && !isAttached;
}
