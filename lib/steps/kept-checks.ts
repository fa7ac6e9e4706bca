import type { CheckResult } from '../release/document.ts';
import { clip } from './breach.ts';

/** All results together, as JSON, in bytes: with the largest manifest the document stays under 32 KB. */
const mostBytes = 8192;

/** How many characters are kept of each text. */
interface Lengths {
  /** Of the summary of a check that passed. */
  passed: number;
  /** Of any other summary. */
  other: number;
  /** Of why a breach has to hold; 0 keeps the first reason only, since one is enough to hold. */
  hold: number;
}

/** From the one that is meant for people to what is left for the most checks with the longest names. */
const lengths: Lengths[] = [
  { passed: 200, other: 200, hold: 300 },
  { passed: 60, other: 200, hold: 300 },
  { passed: 60, other: 120, hold: 120 },
  { passed: 40, other: 60, hold: 60 },
  { passed: 20, other: 20, hold: 0 },
  { passed: 8, other: 8, hold: 0 },
];

/** Results as the release document keeps them: events have their full texts. */
export function keptChecks(checks: readonly CheckResult[]): CheckResult[] {
  let kept: CheckResult[] = [];
  for (const length of lengths) {
    kept = shortenedAll(checks, length);
    if (new TextEncoder().encode(JSON.stringify(kept)).length <= mostBytes) break;
  }
  return kept;
}

/** What is left of the first reason to hold where the others are left out. */
const shortestReason = 60;

function shortenedAll(checks: readonly CheckResult[], lengths: Lengths): CheckResult[] {
  const { passed, other, hold } = lengths;
  const first = checks.find(({ effects }) => effects?.holdOnBreach !== undefined);
  return checks.map((check) => {
    const { effects, ...rest } = check;
    const summary = clip(check.summary, check.verdict === 'pass' ? passed : other);
    if (effects?.holdOnBreach === undefined) return { ...check, summary };
    const { holdOnBreach, ...others } = effects;
    if (hold === 0 && check !== first)
      return { ...rest, summary, ...(Object.keys(others).length > 0 && { effects: others }) };
    const reason = clip(holdOnBreach, hold || shortestReason);
    return { ...rest, summary, effects: { ...others, holdOnBreach: reason } };
  });
}
