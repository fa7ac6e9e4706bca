import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Measurement } from './row.ts';

/** A rule of a Choice state, as far as the walk reads it. */
export interface WalkRule {
  And?: WalkRule[];
  Variable?: string;
  StringEquals?: string;
  BooleanEquals?: boolean;
  IsPresent?: boolean;
  IsNull?: boolean;
  Next?: string;
}

/** A state machine, as far as the walk reads it. */
export interface WalkDefinition {
  StartAt: string;
  States: Record<
    string,
    { Type: string; Next?: string; Default?: string; Choices?: WalkRule[] } | undefined
  >;
}

/**
 * Step Functions Standard, us-east-1: 0.025 dollars for 1,000 state transitions.
 * https://aws.amazon.com/step-functions/pricing/
 */
export const dollarsPerTransition = 0.000025;

const looks = 30;
const budget = 120;

type Data = Record<string, unknown>;

/**
 * The states that a release passes that needs no approval, is asked to wait once while green is made
 * and once while it is checked, and whose window is looked at `lookCount` times.
 */
export function walkRelease({ StartAt, States }: WalkDefinition, lookCount: number): string[] {
  const visits: string[] = [];
  let data: Data = {};
  for (let name: string | undefined = StartAt; name !== undefined; ) {
    visits.push(name);
    const state: WalkDefinition['States'][string] = States[name];
    if (!state || visits.length > 1000) throw new Error(`lost at ${name} after ${visits.length}`);
    if (state.Type === 'Task') data = perform(name, visits, lookCount);
    name = state.Type === 'Choice' ? choose(state, data) : state.Next;
  }
  return visits;
}

/** What the document says after this Task has run, as far as Choice states ask. */
function perform(name: string, visits: string[], lookCount: number): Data {
  const times = visits.filter((visited) => visited === name).length;
  const isFirst = (name === 'Provision' || name === 'Validate') && times === 1;
  return {
    schema: 1,
    step: { status: isFirst ? 'pending' : 'done' },
    plan: { approval: { isRequired: false } },
    hasMoreSteps: false,
    watch: { isClosed: visits.filter((visited) => visited === 'Judge').length >= lookCount },
  };
}

function choose(
  { Choices = [], Default }: { Choices?: WalkRule[]; Default?: string },
  data: Data,
): string | undefined {
  return Choices.find((rule) => holds(rule, data))?.Next ?? Default;
}

function holds(rule: WalkRule, data: Data): boolean {
  if (rule.And) return rule.And.every((part) => holds(part, data));
  const keys = (rule.Variable ?? '').replace(/^\$\./, '').split('.');
  const value = keys.reduce<unknown>((part, key) => (part as Data | undefined)?.[key], data);
  if (rule.IsPresent !== undefined) return (value !== undefined) === rule.IsPresent;
  if (rule.IsNull !== undefined) return (value === null) === rule.IsNull;
  if (rule.BooleanEquals !== undefined) return value === rule.BooleanEquals;
  return value === rule.StringEquals;
}

/** What a release of the shipped machine costs on AWS. Nothing runs: the file is walked. */
export async function measureTransitions(): Promise<Measurement> {
  const file = new URL('../../statemachines/release.asl.yml', import.meta.url);
  const definition: WalkDefinition = parse(readFileSync(file, 'utf8'), { merge: true });
  const transitions = walkRelease(definition, looks).length;
  const dollars = Number((transitions * dollarsPerTransition).toFixed(6));
  return {
    what: 'state transitions of a plain release (30 min window, 60 s interval)',
    measured: `${transitions} ($${dollars})`,
    budget: `≤ ${budget}`,
    isMet: transitions <= budget,
    figures: { transitions, looks, dollarsPerTransition, dollars },
  };
}
