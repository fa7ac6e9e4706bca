import type { EnvironmentRef } from '../../release/document.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Check, CheckContext, CheckVerdict } from '../check.ts';
import type { ParityConfig } from '../parity.ts';
import { type Sifted, sift } from '../path-patterns.ts';
import { type Difference, differencesOf, inWords } from './differences.ts';
import { type Facts, flatten } from './facts.ts';

/** So many differences are kept as evidence, and so many stand in the summary. */
const mostKept = 40;
const mostTold = 3;

/** A check that compares what the two environments say of themselves. It asks their provider only. */
export function createParityCheck(config: ParityConfig): Check {
  return {
    async run({ blue, green, describe }) {
      if (blue === null)
        return passed('there is no blue to compare with: this is the first release');
      if (blue.kind !== green.kind) return failed(otherKind(blue, green));
      const [ofBlue, ofGreen] = await Promise.all([describe(blue), describe(green)]);
      for (const [ref, facts] of [
        [green, ofGreen],
        [blue, ofBlue],
      ] as const)
        if (Object.keys(facts).length === 0) return failed(`${ref.id} has no facts: it is gone`);
      return judge(config, { blue, green }, flatten(ofBlue, blue), flatten(ofGreen, green));
    },
  };
}

function otherKind(blue: EnvironmentRef, green: EnvironmentRef): string {
  return `${green.id} is a ${green.kind} and ${blue.id} a ${blue.kind}: they have no facts in common`;
}

function judge(
  { differences, allow }: ParityConfig,
  { blue, green }: Record<'blue' | 'green', Pick<CheckContext['green'], 'id'>>,
  ofBlue: Facts,
  ofGreen: Facts,
): CheckVerdict {
  const count = new Set([...ofBlue.keys(), ...ofGreen.keys()]).size;
  const found = sift(differencesOf(ofBlue, ofGreen), allow);
  return {
    verdict: found.left.length === 0 ? 'pass' : differences,
    summary: summaryOf(found, count),
    evidence: { blue: blue.id, green: green.id, facts: count, ...evidenceOf(found) },
  };
}

function summaryOf({ left, allowed }: Sifted<Difference>, count: number): string {
  const meant = allowed.length > 0 ? `, ${allowed.length} more differ and are allowed to` : '';
  if (left.length === 0) return `${count - allowed.length} facts are as on blue${meant}`;
  const more = left.length > mostTold ? `; ${left.length - mostTold} more in the evidence` : '';
  const told = left.slice(0, mostTold).map(inWords).join('; ');
  return `${left.length} of ${count} facts differ: ${told}${more}`;
}

function evidenceOf({ left, allowed, unused }: Sifted<Difference>): JsonObject {
  return {
    differences: left.slice(0, mostKept),
    allowed: allowed.slice(0, mostKept),
    left: Math.max(0, left.length - mostKept) + Math.max(0, allowed.length - mostKept),
    allowedInVain: unused,
  };
}

function passed(summary: string): CheckVerdict {
  return { verdict: 'pass', summary, evidence: {} };
}

function failed(summary: string): CheckVerdict {
  return { verdict: 'fail', summary, evidence: {} };
}
