import {
  type Action,
  DescribeListenersCommand,
  DescribeRulesCommand,
  ModifyListenerCommand,
  ModifyRuleCommand,
  type Rule,
  type RuleCondition,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { VerdigrisError } from '../../release/errors.ts';
import type { AlbListenerConfig, RuleChoice } from './config.ts';
import { toOurs } from './errors.ts';
import type { LoadBalancersApi } from './target-group.ts';

/** The actions of the one rule that is the route. */
export interface LiveRule {
  /** Null is the listener's default action. */
  ruleArn: string | null;
  actions: readonly Action[];
}

/**
 * The rule that the manifest chooses, as it is now. Which one that is is found out anew each time:
 * priorities are moved and rules are made again.
 * @throws ConfigInvalidError when there is none, or more than one.
 */
export async function readRule(
  api: LoadBalancersApi,
  { listenerArn, rule: choice }: AlbListenerConfig,
): Promise<LiveRule> {
  if (!choice) return { ruleArn: null, actions: await readDefault(api, listenerArn) };
  const rules = choice.arn
    ? await listRules(api, { RuleArns: [choice.arn] }, choice.arn)
    : await listRules(api, { ListenerArn: listenerArn }, listenerArn);
  const { RuleArn = '', IsDefault, Actions = [] } = pick(rules, choice, listenerArn);
  return { ruleArn: IsDefault ? null : RuleArn, actions: Actions };
}

/** Replaces the actions, and returns them as they then are. Conditions and priority are left alone. */
export async function writeRule(
  api: LoadBalancersApi,
  listenerArn: string,
  { ruleArn, actions }: LiveRule,
  abortSignal: AbortSignal,
): Promise<LiveRule> {
  const Actions = [...actions];
  const operation = ruleArn === null ? 'ModifyListener' : 'ModifyRule';
  try {
    const saved =
      ruleArn === null
        ? await modifyListener(
            api,
            { ListenerArn: listenerArn, DefaultActions: Actions },
            abortSignal,
          )
        : await modifyRule(api, { RuleArn: ruleArn, Actions }, abortSignal);
    return { ruleArn, actions: saved ?? Actions };
  } catch (error) {
    throw toOurs(error, operation, ruleArn ?? listenerArn);
  }
}

async function modifyListener(
  api: LoadBalancersApi,
  input: { ListenerArn: string; DefaultActions: Action[] },
  abortSignal: AbortSignal,
): Promise<Action[] | undefined> {
  const { Listeners } = await api.send(new ModifyListenerCommand(input), { abortSignal });
  return Listeners?.[0]?.DefaultActions;
}

async function modifyRule(
  api: LoadBalancersApi,
  input: { RuleArn: string; Actions: Action[] },
  abortSignal: AbortSignal,
): Promise<Action[] | undefined> {
  const { Rules } = await api.send(new ModifyRuleCommand(input), { abortSignal });
  return Rules?.[0]?.Actions;
}

async function readDefault(api: LoadBalancersApi, listenerArn: string): Promise<readonly Action[]> {
  try {
    const command = new DescribeListenersCommand({ ListenerArns: [listenerArn] });
    const { Listeners = [] } = await api.send(command);
    return Listeners[0]?.DefaultActions ?? [];
  } catch (error) {
    throw toOurs(error, 'DescribeListeners', listenerArn);
  }
}

async function listRules(
  api: LoadBalancersApi,
  asked: { RuleArns: string[] } | { ListenerArn: string },
  subject: string,
): Promise<Rule[]> {
  const rules: Rule[] = [];
  let marker: string | undefined;
  try {
    do {
      const page = marker === undefined ? {} : { Marker: marker };
      const { Rules = [], NextMarker } = await api.send(
        new DescribeRulesCommand({ ...asked, ...page }),
      );
      rules.push(...Rules);
      marker = NextMarker || undefined;
    } while (marker !== undefined);
    return rules;
  } catch (error) {
    throw toOurs(error, 'DescribeRules', subject);
  }
}

function pick(rules: readonly Rule[], choice: RuleChoice, listenerArn: string): Rule {
  const found = rules.filter((rule) => isChosen(rule, choice));
  if (found.length === 1 && found[0]) return found[0];
  const which = Object.entries(choice).map(([key, value]) => `${key} ${value}`);
  const said = `of ${listenerArn} for ${which.join(' and ')}`;
  const known = (found.length > 1 ? found : rules).map(describeRule).join('; ') || 'none';
  throw new VerdigrisError(
    'ConfigInvalidError',
    found.length > 1
      ? `there is more than one rule ${said}: ${known}; name it by arn or priority`
      : `there is no rule ${said}; its rules are: ${known}`,
  );
}

/** By conditions only a rule that has these and no others: a header or a method would be another route. */
function isChosen({ RuleArn, Priority, Conditions = [] }: Rule, choice: RuleChoice): boolean {
  if (choice.arn !== undefined) return RuleArn === choice.arn;
  if (choice.priority !== undefined) return Priority === String(choice.priority);
  const wanted = { 'host-header': choice.host, 'path-pattern': choice.path };
  const asked = Object.entries(wanted).filter(([, value]) => value !== undefined);
  if (Conditions.length !== asked.length) return false;
  return asked.every(([field, value]) =>
    Conditions.some((it) => it.Field === field && valuesOf(it).includes(value ?? '')),
  );
}

function valuesOf({ Values, HostHeaderConfig, PathPatternConfig }: RuleCondition): string[] {
  return HostHeaderConfig?.Values ?? PathPatternConfig?.Values ?? Values ?? [];
}

function describeRule({ Priority, Conditions = [] }: Rule): string {
  const said = Conditions.map((it) => `${it.Field} ${valuesOf(it).join(' or ')}`.trim());
  return `priority ${Priority} (${said.join(', ') || 'no conditions'})`;
}
