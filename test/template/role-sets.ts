import {
  configuredWith,
  type Resource,
  readTemplate,
  type Statement,
  statementsOf,
} from './packaged.ts';
import { optIn, type Parameters, service } from './permissions-page.ts';

/** The statements of a function's role. @throws Error when there is none. */
export type StatementsOf = (name: string) => Statement[];

/** A value for every parameter that lets nothing happen by default; as long as AWS lets most names be. */
export const everything: Parameters = Object.fromEntries(
  optIn.map((name) => [name, `${name}-`.padEnd(31, 'x').concat('*')]),
);

/** The roles as they were packaged, with nothing set. */
export const packagedRoles: StatementsOf = (name) => statementsIn(readTemplate().Resources, name);

/** The roles with these parameters, as packaging makes them. */
export async function rolesWith(parameters: Parameters): Promise<StatementsOf> {
  const { resources } = await configuredWith(parameters);
  const { Resources } = resources as unknown as { Resources: Record<string, Resource> };
  return (name) => statementsIn(Resources, name);
}

/** The statements of a function's role among these resources. @throws Error when there is none. */
export function statementsIn(resources: Record<string, Resource>, name: string): Statement[] {
  const role = resources[service.functions[name]?.role ?? name];
  if (!role) throw new Error(`${name} has no role`);
  const policies = role.Properties.Policies as { PolicyDocument: unknown }[];
  return policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument));
}
