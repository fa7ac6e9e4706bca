import { broadened, grantInWords } from '../../aws/policy-statements.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { isJsonObject, type Json, type JsonObject } from '../../release/json.ts';
import type { Finding } from '../findings.ts';
import { nameless } from '../own-name.ts';
import type { IamApi } from '../security.ts';
import { type RoleFacts, readRole, roleOfProfile } from './roles.ts';

/** An environment and what its adapter says of it. */
export interface Described {
  ref: EnvironmentRef;
  facts: JsonObject;
}

/** What is found, and how many pairs of roles were compared. */
export interface RolesLook {
  findings: Finding[];
  compared: number;
}

/**
 * Compares the roles of green with blue's, each with the one in the same place, or with all of blue's where
 * blue has none there. The same role on both sides has the same rights.
 * @throws ConfigInvalidError, ProvisionFailedError, ThrottledError
 */
export async function comparePermissions(
  blue: Described,
  green: Described,
  iam: IamApi,
  abortSignal: AbortSignal,
): Promise<RolesLook> {
  const readers = {
    blue: { iam, abortSignal, edit: withoutNames(blue.ref) },
    green: { iam, abortSignal, edit: withoutNames(green.ref) },
  };
  const [before, after] = await Promise.all([
    rolesIn(blue.facts, (profile) => roleOfProfile(readers.blue, profile)),
    rolesIn(green.facts, (profile) => roleOfProfile(readers.green, profile)),
  ]);
  const found = await Promise.all(
    [...after].map(async ([place, role]) => {
      const own = before.get(place);
      const models = [...new Set(own === undefined ? before.values() : [own])];
      if (models.includes(role)) return [];
      const read = await Promise.all(models.map((name) => readRole(readers.blue, name)));
      return broaderThan(read, await readRole(readers.green, role));
    }),
  );
  return { findings: found.flat(), compared: after.size };
}

/** What CloudFormation adds to the names of what it makes. */
const suffixed = /(\{environment\}-[A-Za-z0-9]+)-[A-Za-z0-9]{11,13}(?![A-Za-z0-9])/g;

/** Names that follow from the environment's make no right another one. */
function withoutNames(ref: EnvironmentRef): (text: string) => string {
  const edit = nameless(ref);
  return (text) => edit(text).replaceAll(suffixed, '$1-{suffix}');
}

function broaderThan(blue: readonly RoleFacts[], green: RoleFacts): Finding[] {
  const had = blue.flatMap(({ statements }) => statements);
  const { allowed, undenied } = broadened(had, green.statements);
  const path = `permissions.${green.name}`;
  const told = (says: string): Finding => ({
    path,
    verdict: 'fail',
    says: `role ${green.name} ${says}`,
  });
  const trusted = new Set(blue.flatMap((role) => role.trusted));
  const boundaries = blue.map(({ boundary }) => boundary);
  return [
    ...allowed.map((grant) => told(`may ${grantInWords(grant)}, unlike blue's`)),
    ...undenied.map((grant) => told(`is no longer denied ${grantInWords(grant)}`)),
    ...green.trusted
      .filter((who) => !trusted.has(who))
      .map((who) => told(`may be taken on by ${who}`)),
    ...(boundaries.some((it) => it !== null && it !== green.boundary)
      ? [told(`is bounded by ${green.boundary ?? 'nothing'}, unlike blue's`)]
      : []),
  ];
}

/** Roles by where the facts have them, so that each has its counterpart. */
async function rolesIn(
  facts: JsonObject,
  roleOf: (profile: string) => Promise<string | null>,
): Promise<Map<string, string>> {
  const { role, taskRole, executionRole, roles, launch } = facts;
  const named = Object.entries(isJsonObject(roles) ? roles : {});
  const profile = isJsonObject(launch) ? launch.instanceProfile : null;
  const instance = typeof profile === 'string' ? await roleOf(profile) : null;
  // A stack's own role makes it, and does nothing for what runs in it.
  const own = isJsonObject(roles) ? null : (role ?? null);
  const all: [string, Json | undefined][] = [
    ['role', own],
    ['taskRole', taskRole],
    ['executionRole', executionRole],
    ['instance', instance],
    ...named,
  ];
  return new Map(all.flatMap(([place, it]) => (typeof it === 'string' ? [[place, it]] : [])));
}

/** Whether facts name any role. */
export function hasRoles({ role, taskRole, executionRole, roles, launch }: JsonObject): boolean {
  const hasNamed = isJsonObject(roles) && Object.keys(roles).length > 0;
  const hasProfile = isJsonObject(launch) && Boolean(launch.instanceProfile);
  const hasOwn = !isJsonObject(roles) && Boolean(role);
  return Boolean(taskRole ?? executionRole) || hasOwn || hasNamed || hasProfile;
}
