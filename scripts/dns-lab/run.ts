import { setTimeout as delay } from 'node:timers/promises';
import { round } from '../bench/numbers.ts';
import { type AudienceFigures, curveOf, figuresOf, type Point } from './figures.ts';
import type { Laboratory } from './laboratory.ts';
import { openRoute, type Route } from './route.ts';
import {
  type AudiencePlan,
  type CutoverPlan,
  cutoversOf,
  type Scale,
  splitOf,
} from './scenarios.ts';
import type { Side } from './sides.ts';
import { type Answer, type Audience, startAudience } from './stub-clients.ts';

/** One change of a scenario, and what everybody saw of it. */
export interface ChangeResult {
  change: 'cutover' | 'rollback';
  /** From asking to `INSYNC`. */
  insyncMs: number;
  /** From asking to the router's word that everybody follows; null if it did not come in time. */
  convergedMs: number | null;
  audiences: AudienceFigures[];
}

/** What a cutover and its rollback looked like. */
export interface CutoverResult {
  name: string;
  what: string;
  /** Seconds: the TTL of the answers when the cutover was asked for, old ones that were waited for aside. */
  ttl: number;
  lowerTo: number | null;
  changes: ChangeResult[];
}

/** How a weighted split reached each audience. */
export interface SplitResult {
  /** Seconds. */
  ttl: number;
  /** Percent. */
  greenWeight: number;
  audiences: {
    audience: string;
    answers: number;
    empty: number;
    failed: number;
    /** Over the whole time: 0 to 1. */
    greenShare: number;
    /** The share of clients whose last answer was green, over time. */
    curve: Point[];
  }[];
}

/** Everything that was measured. */
export interface Measured {
  cutovers: CutoverResult[];
  split: SplitResult;
}

/** Plays all scenarios at the same time: they mostly wait. */
export async function measure(lab: Laboratory, scale: Scale): Promise<Measured> {
  const [split, ...cutovers] = await Promise.all([
    playSplit(lab, scale),
    ...cutoversOf(scale).map((plan) => playCutover(lab, plan, scale)),
  ]);
  return { split, cutovers };
}

/** Domains that a laboratory needs for `measure`. */
export function domainsOf(scale: Scale): string[] {
  return [...cutoversOf(scale), splitOf(scale)].map(({ domain }) => domain);
}

function serversFor(lab: Laboratory, through: AudiencePlan['through']): string[] {
  if (through === 'name-servers') return lab.nameServers.map(({ address }) => address);
  if (through === 'one-obedient') return lab.resolvers('obedient').slice(0, 1);
  return lab.resolvers(through);
}

function invite(lab: Laboratory, name: string, plans: readonly AudiencePlan[]) {
  return plans.map((plan) => ({
    plan,
    audience: startAudience(name, {
      ...plan,
      servers: serversFor(lab, plan.through),
      roams: plan.through === 'name-servers',
    }),
  }));
}

type Invited = { plan: AudiencePlan; audience: Audience };

async function dismiss(invited: readonly Invited[]): Promise<void> {
  await Promise.all(invited.map(({ audience }) => audience.stop()));
}

async function playCutover(
  lab: Laboratory,
  plan: CutoverPlan,
  scale: Scale,
): Promise<CutoverResult> {
  const { name, what, domain, ttl, lowerTo, isPatient, watch } = plan;
  const route = await openRoute(lab, { domain, label: 'www', ttl, lowerTo });
  const invited = invite(lab, route.name, plan.audiences);
  try {
    const spread = Math.max(...plan.audiences.map(({ spreadMs }) => spreadMs));
    await delay(spread + scale.every * 1000);
    await route.prepare(isPatient);
    const cutover = await change(route, invited, 'cutover', watch.cutover);
    const rollback = await change(route, invited, 'rollback', watch.rollback);
    return { name, what, ttl, lowerTo, changes: [cutover, rollback] };
  } finally {
    await dismiss(invited);
  }
}

async function change(
  route: Route,
  invited: readonly Invited[],
  name: ChangeResult['change'],
  watchSeconds: number,
): Promise<ChangeResult> {
  const to: Side = name === 'cutover' ? 'green' : 'blue';
  const weights = { blue: to === 'blue' ? 100 : 0, green: to === 'green' ? 100 : 0 };
  const { askedAt, insyncAt } = await route.shift(weights);
  const untilMs = watchSeconds * 1000;
  const convergedAt = await route.converged(weights, askedAt + untilMs);
  await delay(Math.max(0, askedAt + untilMs - Date.now()));
  const look = { changedAt: askedAt, convergedAt, to, fromMs: 3000, untilMs, intervalMs: 500 };
  return {
    change: name,
    insyncMs: insyncAt - askedAt,
    convergedMs: convergedAt === null ? null : convergedAt - askedAt,
    audiences: invited.map(({ plan, audience }) => figuresOf(plan.name, audience.answers, look)),
  };
}

/** Nobody asks before the split is everywhere: no cache has anything older. */
async function playSplit(lab: Laboratory, scale: Scale): Promise<SplitResult> {
  const { domain, ttl, weights, seconds, audiences } = splitOf(scale);
  const route = await openRoute(lab, { domain, label: 'www', ttl });
  await route.shift(weights);
  const invited = invite(lab, route.name, audiences);
  const startedAt = Date.now();
  try {
    await delay(seconds * 1000);
  } finally {
    await dismiss(invited);
  }
  const look = { changedAt: startedAt, fromMs: 0, untilMs: seconds * 1000, intervalMs: 1000 };
  return {
    ttl,
    greenWeight: weights.green,
    audiences: invited.map(({ plan, audience }) => {
      const curve = curveOf(audience.answers, look, (side) => side === 'green');
      return { audience: plan.name, ...countsOf(audience.answers), curve };
    }),
  };
}

function countsOf(answers: readonly Answer[]) {
  const count = (result: Answer['result']) => answers.filter((it) => it.result === result).length;
  return {
    answers: answers.length,
    empty: count('empty'),
    failed: count('failed'),
    greenShare: round(count('green') / Math.max(1, answers.length)),
  };
}
