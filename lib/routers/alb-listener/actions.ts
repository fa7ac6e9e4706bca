import { createHash } from 'node:crypto';
import type { Action, TargetGroupTuple } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Weights } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { toPercents } from './percents.ts';

/** A target group of a forward action. */
export interface Group {
  arn: string;
  /** Of the environment that it belongs to: its tag, else its own name. */
  id: string;
  /** 0 to 999, relative to the other groups of the action. */
  weight: number;
  /** The release that it was made for, by its tag. */
  releaseId?: string | undefined;
  /** For whom it was green, where clients are sticky: see stickiness.ts. */
  candidate?: string | undefined;
  /** Whether environments use it in turn: it belongs to one, and was not made for its release. */
  isReused: boolean;
}

/** A group of an action without what its tags say. */
export type BareGroup = Pick<Group, 'arn' | 'weight'>;

/** A redirect sends traffic somewhere, and no environment is there. */
const redirect = 'redirect';

/** The last action: "Each rule must include exactly one of forward, redirect, or fixed-response". */
export function routingAction(actions: readonly Action[]): Action | undefined {
  return actions.find(({ Type }) => routingTypes.has(Type ?? ''));
}

const routingTypes = new Set(['forward', 'redirect', 'fixed-response']);

/** Whether the route forwards at all. */
export function isForward(actions: readonly Action[]): boolean {
  return routingAction(actions)?.Type === 'forward';
}

/**
 * The target groups of a rule's actions. A single one may be there without `ForwardConfig`, and without
 * a weight: it has all the traffic.
 */
export function groupsOf(actions: readonly Action[]): BareGroup[] {
  const action = routingAction(actions);
  if (action?.Type !== 'forward') return [];
  const { TargetGroupArn, ForwardConfig } = action;
  const tuples = ForwardConfig?.TargetGroups ?? [];
  if (tuples.length === 0) return TargetGroupArn ? [{ arn: TargetGroupArn, weight: 1 }] : [];
  return tuples.map(({ TargetGroupArn: arn = '', Weight }) => ({ arn, weight: Weight ?? 1 }));
}

/** Actions as weights: whole percent per environment. A fixed response is no route yet. */
export function weightsOf(actions: readonly Action[], groups: readonly Group[]): Weights {
  if (routingAction(actions)?.Type === 'redirect') return { [redirect]: 100 };
  return toPercents(groups.map(({ id, weight }) => [id, weight]));
}

/** Changes with every change of the actions, in whatever order Elastic Load Balancing gives them. */
export function revisionOf(actions: readonly Action[]): string {
  const groups = groupsOf(actions).map(({ arn, weight }) => `${arn}=${weight}`);
  const others = actions.map((action) =>
    action.Type === 'forward'
      ? { Order: action.Order, Stickiness: stickinessOf(actions) ?? null }
      : withoutSecret(action),
  );
  const text = JSON.stringify([groups.sort(), others], sortKeys);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Whether clients stay with the target group that they have a cookie of. */
export function isSticky(actions: readonly Action[]): boolean {
  return stickinessOf(actions)?.Enabled === true;
}

/**
 * The same actions with other target groups. What else is there is kept, and so are the stickiness and
 * the order. The secret of authenticate-oidc is never told, so that the existing one is asked for
 * (API_AuthenticateOidcActionConfig).
 * @throws ConfigInvalidError where traffic is redirected: that is nobody's environment to take over.
 */
export function withGroups(actions: readonly Action[], groups: readonly BareGroup[]): Action[] {
  const routing = routingAction(actions);
  if (routing?.Type === 'redirect') throw redirects();
  const stickiness = stickinessOf(actions);
  const forward: Action = {
    Type: 'forward',
    ...(routing?.Order === undefined ? {} : { Order: routing.Order }),
    ForwardConfig: {
      TargetGroups: groups.map(toTuple),
      ...(stickiness ? { TargetGroupStickinessConfig: stickiness } : {}),
    },
  };
  const others = actions.filter((action) => action !== routing).map(withExistingSecret);
  return [...others, forward];
}

function toTuple({ arn, weight }: BareGroup): TargetGroupTuple {
  return { TargetGroupArn: arn, Weight: weight };
}

function stickinessOf(actions: readonly Action[]) {
  return routingAction(actions)?.ForwardConfig?.TargetGroupStickinessConfig;
}

function withExistingSecret(action: Action): Action {
  const { AuthenticateOidcConfig: oidc } = action;
  if (!oidc) return action;
  const { ClientSecret: _, ...known } = oidc;
  return { ...action, AuthenticateOidcConfig: { ...known, UseExistingClientSecret: true } };
}

function withoutSecret(action: Action): Action {
  const { AuthenticateOidcConfig: oidc } = action;
  if (!oidc) return action;
  const { ClientSecret: _, UseExistingClientSecret: __, ...known } = oidc;
  return { ...action, AuthenticateOidcConfig: known };
}

function sortKeys(_: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function redirects(): VerdigrisError {
  return new VerdigrisError(
    'ConfigInvalidError',
    'the rule redirects, and a redirect is not overwritten: name the listener or the rule that forwards',
  );
}
