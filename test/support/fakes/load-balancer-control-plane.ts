import type { Action, Rule, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { type Operations, sdkError } from './sdk-client.ts';

const prefix = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012';

/** How late and how strict the control plane is. May be changed at any moment. */
export interface LoadBalancerKnobs {
  /** So many reads of rules, listeners and tags after a change show them as they were. */
  staleReads: number;
  /** So many looks at a target's health say `initial` once its group is attached. */
  initialReads: number;
}

/** A target of a group. */
export interface FakeTarget {
  id: string;
  /** Overrides what its health would be: `['unhealthy', 'Target.Timeout']`. */
  health?: [state: string, reason: string];
  /** Looks that are left until it is healthy. */
  looks: number;
}

/** A target group as it is in the fake. */
export interface FakeGroup {
  arn: string;
  targets: FakeTarget[];
  tags: Map<string, string>;
  delaySeconds: number;
  /** Stickiness of the group itself. */
  isSticky: boolean;
}

/** One look at the state of things, without a call. */
export interface LoadBalancerView {
  readonly listenerArn: string;
  /** Actions as they really are, of the default rule or of that one. */
  actions(ruleArn?: string): Action[];
  /** Weights of the forward action, by the target group's name. */
  weights(ruleArn?: string): Record<string, number>;
  /** Makes a target group with so many targets. */
  makeGroup(name: string, options?: GroupOptions): FakeGroup;
  group(name: string): FakeGroup;
  deleteGroup(name: string): void;
  /** Makes a rule. @returns its ARN. */
  makeRule(priority: number, conditions: RuleCondition[], actions: Action[]): string;
  /** Somebody else writes the actions, past any check. */
  setByHand(actions: Action[], ruleArn?: string): void;
  movePriority(ruleArn: string, priority: number): void;
}

/** What a target group is made with. */
export interface GroupOptions {
  targets?: number;
  tags?: Record<string, string>;
  delaySeconds?: number;
  isSticky?: boolean;
}

/** The action of a listener that has nothing to forward to yet. */
export const notThereYet: Action = {
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'soon' },
};

/** A forward to groups with weights. */
export function forwardTo(
  weights: Readonly<Record<string, number>>,
  extras: Partial<Action> = {},
): Action {
  const TargetGroups = Object.entries(weights).map(([name, Weight]) => ({
    TargetGroupArn: groupArn(name),
    Weight,
  }));
  const { ForwardConfig, ...others } = extras;
  return { Type: 'forward', ...others, ForwardConfig: { ...ForwardConfig, TargetGroups } };
}

/** The ARN of the group that is made under this name. */
export function groupArn(name: string): string {
  const id = [...name].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 0xfffffffffff, 7);
  return `${prefix}:targetgroup/${name}/${id.toString(16).padStart(16, '0')}`;
}

/**
 * Elastic Load Balancing in memory: one listener, its rules, target groups. True to API_ModifyRule and
 * API_ModifyListener: actions are replaced as a whole, the secret of authenticate-oidc is never told
 * and lost unless the existing one is asked for, five groups per action.
 */
export function createLoadBalancerControlPlane(
  { kind = 'app' }: { kind?: 'app' | 'net' },
  knobs: LoadBalancerKnobs,
): { operations: Operations; view: LoadBalancerView } {
  const listenerArn = `${prefix}:listener/${kind}/shop/50dc6c495c0c9188/f2f7dc8efc522ab2`;
  const groups = new Map<string, FakeGroup>();
  const secrets = new Set<string>();
  const defaultRule: Rule = {
    RuleArn: `${listenerArn.replace(':listener/', ':listener-rule/')}/default`,
    Priority: 'default',
    IsDefault: true,
    Conditions: [],
    Actions: [notThereYet],
  };
  let rules: Rule[] = [];
  let stale: { rules: Rule[]; tags: Map<string, Map<string, string>>; left: number } | null = null;

  /** Everything that a read after this change may still show. */
  function aboutToChange(): void {
    const tags = new Map([...groups].map(([arn, { tags: those }]) => [arn, new Map(those)]));
    const before = structuredClone([...rules, defaultRule]);
    stale = knobs.staleReads > 0 ? { rules: before, tags, left: knobs.staleReads } : null;
  }

  function staleView() {
    if (!stale || stale.left === 0) return null;
    stale.left -= 1;
    return stale;
  }

  const visibleRules = () => staleView()?.rules ?? [...rules, defaultRule];

  function ruleOf(arn: unknown): Rule {
    const found = [...rules, defaultRule].find(({ RuleArn }) => RuleArn === arn);
    if (found) return found;
    throw sdkError('RuleNotFoundException', `One or more rules not found: ${arn}`);
  }

  function throwIfOther(arn: unknown): void {
    if (arn !== listenerArn)
      throw sdkError('ListenerNotFoundException', `One or more listeners not found: ${arn}`);
  }

  function groupOf(arn: unknown): FakeGroup {
    const found = groups.get(String(arn));
    if (found) return found;
    throw sdkError('TargetGroupNotFoundException', `One or more target groups not found: ${arn}`);
  }

  const tuplesOf = (actions: readonly Action[]) =>
    actions.flatMap(({ ForwardConfig, TargetGroupArn }) =>
      ForwardConfig?.TargetGroups?.length
        ? ForwardConfig.TargetGroups
        : TargetGroupArn
          ? [{ TargetGroupArn, Weight: 1 }]
          : [],
    );

  const isAttached = (arn: string) =>
    [...rules, defaultRule].some(({ Actions = [] }) =>
      tuplesOf(Actions).some((tuple) => tuple.TargetGroupArn === arn),
    );

  function throwIfWrong(actions: readonly Action[]): void {
    const tuples = tuplesOf(actions);
    const named = tuples.map(({ TargetGroupArn }) => groupOf(TargetGroupArn));
    const refuse = (message: string) => sdkError('InvalidLoadBalancerActionException', message);
    if (tuples.length > 5) throw sdkError('TooManyTargetGroupsException', 'five at most');
    if (tuples.some(({ Weight = 1 }) => Weight < 0 || Weight > 999)) throw refuse('bad weight');
    const forward = actions.find(({ Type }) => Type === 'forward');
    const isSticky = forward?.ForwardConfig?.TargetGroupStickinessConfig?.Enabled === true;
    if (tuples.length > 1 && !isSticky && named.some((group) => group.isSticky))
      throw refuse(
        'You must enable group stickiness on a rule if you enabled target stickiness on one of its target groups',
      );
    const routing = actions.filter(({ Type = '' }) =>
      ['forward', 'redirect', 'fixed-response'].includes(Type),
    );
    if (routing.length !== 1 || actions.at(-1) !== routing[0])
      throw refuse('exactly one routing action, and it must be the last');
  }

  /** What is stored: without secrets, which are never told again, and with a stickiness. */
  function accept(actions: readonly Action[]): Action[] {
    throwIfWrong(actions);
    return structuredClone([...actions]).map((action) => {
      const { AuthenticateOidcConfig: oidc } = action;
      if (oidc) {
        const { ClientSecret, UseExistingClientSecret, ...told } = oidc;
        if (ClientSecret) secrets.add(told.ClientId ?? '');
        else if (!UseExistingClientSecret || !secrets.has(told.ClientId ?? ''))
          throw sdkError('InvalidLoadBalancerActionException', 'A client secret must be specified');
        return { ...action, AuthenticateOidcConfig: told };
      }
      if (action.Type !== 'forward') return action;
      const { TargetGroupStickinessConfig = { Enabled: false } } = action.ForwardConfig ?? {};
      const TargetGroups = tuplesOf([action]);
      const [only] = TargetGroups;
      // As AWS does, a single group is told in both ways.
      const single = TargetGroups.length === 1 ? { TargetGroupArn: only?.TargetGroupArn } : {};
      return { ...action, ...single, ForwardConfig: { TargetGroups, TargetGroupStickinessConfig } };
    });
  }

  function healthOf(target: FakeTarget, arn: string): [state: string, reason?: string] {
    if (target.health) return target.health;
    if (!isAttached(arn)) return ['unused', 'Target.NotInUse'];
    if (target.looks === 0) return ['healthy'];
    target.looks -= 1;
    return ['initial', 'Elb.InitialHealthChecking'];
  }

  const pageSize = 2;

  const operations: Operations = {
    DescribeListeners({ ListenerArns }) {
      throwIfOther((ListenerArns as string[])[0]);
      const rule = visibleRules().find(({ IsDefault }) => IsDefault);
      return structuredClone({
        Listeners: [{ ListenerArn: listenerArn, DefaultActions: rule?.Actions }],
      });
    },
    DescribeRules({ ListenerArn, RuleArns, Marker }) {
      const wanted = RuleArns as string[] | undefined;
      if (wanted) for (const arn of wanted) ruleOf(arn);
      else throwIfOther(ListenerArn);
      const all = visibleRules().filter(({ RuleArn = '' }) => !wanted || wanted.includes(RuleArn));
      const start = Number(Marker ?? 0);
      const next = start + pageSize < all.length ? { NextMarker: String(start + pageSize) } : {};
      return structuredClone({ Rules: all.slice(start, start + pageSize), ...next });
    },
    ModifyListener({ ListenerArn, DefaultActions }) {
      throwIfOther(ListenerArn);
      const accepted = accept(DefaultActions as Action[]);
      aboutToChange();
      defaultRule.Actions = accepted;
      return structuredClone({ Listeners: [{ ListenerArn, DefaultActions: accepted }] });
    },
    ModifyRule({ RuleArn, Actions, ...others }) {
      const rule = ruleOf(RuleArn);
      if (rule.IsDefault) throw sdkError('OperationNotPermittedException', 'the default rule');
      if (Object.keys(others).length > 0) throw new Error('more than the actions was changed');
      const accepted = accept(Actions as Action[]);
      aboutToChange();
      rule.Actions = accepted;
      return structuredClone({ Rules: [rule] });
    },
    DescribeTags({ ResourceArns }) {
      const tagsOf = (arn: string) => stale?.left && stale.tags.get(arn);
      const TagDescriptions = (ResourceArns as string[]).map((arn) => ({
        ResourceArn: arn,
        Tags: [...(tagsOf(arn) || groupOf(arn).tags)].map(([Key, Value]) => ({ Key, Value })),
      }));
      return { TagDescriptions };
    },
    AddTags({ ResourceArns, Tags }) {
      const [arn] = ResourceArns as string[];
      for (const { Key, Value } of Tags as { Key: string; Value: string }[])
        groupOf(arn).tags.set(Key, Value);
      return {};
    },
    DescribeTargetGroupAttributes({ TargetGroupArn }) {
      const { delaySeconds } = groupOf(TargetGroupArn);
      const Value = String(delaySeconds);
      return { Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value }] };
    },
    DescribeTargetHealth({ TargetGroupArn }) {
      const { arn, targets } = groupOf(TargetGroupArn);
      const TargetHealthDescriptions = targets.map((target) => {
        const [State, Reason] = healthOf(target, arn);
        return { Target: { Id: target.id, Port: 80 }, TargetHealth: { State, Reason } };
      });
      return { TargetHealthDescriptions };
    },
  };

  const liveRule = (ruleArn?: string) => (ruleArn === undefined ? defaultRule : ruleOf(ruleArn));

  const view: LoadBalancerView = {
    listenerArn,
    actions: (ruleArn) => structuredClone(liveRule(ruleArn).Actions ?? []),
    weights: (ruleArn) =>
      Object.fromEntries(
        tuplesOf(liveRule(ruleArn).Actions ?? []).map(({ TargetGroupArn = '', Weight = 1 }) => [
          TargetGroupArn.split('/')[1],
          Weight,
        ]),
      ),
    makeGroup(name, { targets = 2, tags = {}, delaySeconds = 300, isSticky = false } = {}) {
      const arn = groupArn(name);
      const made: FakeGroup = {
        arn,
        targets: Array.from({ length: targets }, (_, index) => ({
          id: `i-${name}-${index + 1}`,
          looks: knobs.initialReads,
        })),
        tags: new Map(Object.entries(tags)),
        delaySeconds,
        isSticky,
      };
      groups.set(arn, made);
      return made;
    },
    group: (name) => groupOf(groupArn(name)),
    deleteGroup: (name) => void groups.delete(groupArn(name)),
    makeRule(priority, Conditions, Actions) {
      const RuleArn = `${listenerArn.replace(':listener/', ':listener-rule/')}/${String(rules.length + 1).padStart(16, '0')}`;
      const Priority = String(priority);
      rules = [...rules, { RuleArn, Priority, Conditions, Actions: accept(Actions) }];
      return RuleArn;
    },
    setByHand(actions, ruleArn) {
      liveRule(ruleArn).Actions = accept(actions);
    },
    movePriority(ruleArn, priority) {
      ruleOf(ruleArn).Priority = String(priority);
    },
  };
  return { operations, view };
}
