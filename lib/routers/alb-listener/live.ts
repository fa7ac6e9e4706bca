import type { Route } from '../router.ts';
import { type Group, groupsOf, isForward, revisionOf, weightsOf } from './actions.ts';
import type { AlbListenerConfig } from './config.ts';
import { type LiveRule, readRule } from './listener-rule.ts';
import { type LoadBalancersApi, readTags, toGroup } from './target-group.ts';

/** The rule as it is now, with what its target groups are. */
export interface Live extends LiveRule {
  groups: Group[];
  route: Route;
}

/** The rule, and the tags of its target groups. @throws as `readRule` and `readTags`. */
export async function readLive(api: LoadBalancersApi, config: AlbListenerConfig): Promise<Live> {
  const rule = await readRule(api, config);
  const bare = groupsOf(rule.actions);
  const tags = await readTags(
    api,
    bare.map(({ arn }) => arn),
  );
  const groups = bare.map((group) => toGroup(group, tags.get(group.arn)));
  return { ...rule, groups, route: toRoute(rule, groups) };
}

/** @param known At least the groups that the actions name. */
export function toRoute({ actions }: LiveRule, known: readonly Group[]): Route {
  const byArn = new Map(known.map((group) => [group.arn, group]));
  const groups = groupsOf(actions).map((bare) => ({
    ...(byArn.get(bare.arn) ?? toGroup(bare)),
    ...bare,
  }));
  return { weights: weightsOf(actions, groups), revision: revisionOf(actions) };
}

/** Those of the sides that are not in the action, where there is one to be in. */
export function missingFrom({ actions, groups }: Live, sides: readonly Group[]): Group[] {
  if (!isForward(actions)) return [];
  return sides.filter(({ arn }) => groups.every((group) => group.arn !== arn));
}
