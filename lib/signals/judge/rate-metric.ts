import { type ComparedLook, confirmedAt, mostAloneOf } from './confirmation.ts';
import {
  addLook,
  type CountEvidence,
  logEvidenceOf,
  multipliers,
  noEvidence,
} from './count-evidence.ts';
import { isCount, rateOf, sumOf } from './counts.ts';
import { dispersionOf } from './dispersion.ts';
import { allowedRateAt, blueAt, type Opponent, opponentsOf } from './opponents.ts';
import { type Way, waysOf } from './orientation.ts';
import type { Count, RateEvidence, RateMetric } from './question.ts';

/** What one way of looking at a rate found. */
export interface RateFinding {
  way: Way;
  /** The look of the breach, or null. */
  at: number | null;
  evidence: RateEvidence;
}

/**
 * Looks through green's counts one by one, until a breach or to the end: what comes later does not
 * change a breach.
 *
 * @param plannedLooks of the whole window
 * @param level how often a window in which nothing is wrong may be called a breach
 */
export function judgeRate(metric: RateMetric, plannedLooks: number, level: number): RateFinding[] {
  const ways = waysOf(metric.direction);
  return ways.map((way) => judgeOneWay(metric, way, plannedLooks, level / ways.length));
}

/** Green against one opponent, as one hypothesis has it. */
interface Contest {
  opponent: Opponent;
  hypothesis: Opponent['hypotheses'][number];
  evidence: CountEvidence;
  /** Without the last look, which the next one may confirm. */
  beforeLast: CountEvidence;
  /** The looks at which they could be compared; grows. */
  looks: ComparedLook[];
}

interface Rules {
  metric: RateMetric;
  way: Way;
  plannedLooks: number;
  dispersion: number;
  logThreshold: number;
  mostAlone(green: Count): number;
}

function judgeOneWay(
  metric: RateMetric,
  way: Way,
  plannedLooks: number,
  level: number,
): RateFinding {
  const dispersion = dispersionOf(metric.baseline.before);
  const logThreshold = -Math.log(level);
  const mostAlone = mostAloneOf(metric, plannedLooks, logThreshold);
  const rules = { metric, way, plannedLooks, dispersion, logThreshold, mostAlone };
  let contests: Contest[] = opponentsOf(rules).flatMap((opponent) =>
    opponent.hypotheses.map((hypothesis) => ({
      opponent,
      hypothesis,
      evidence: noEvidence,
      beforeLast: noEvidence,
      looks: [],
    })),
  );
  for (const [look, green] of metric.candidate.entries()) {
    if (!isCount(green)) continue;
    contests = contests.map((contest) => meet(contest, look, green, rules));
    const { log } = weakestOf(contests, plannedLooks);
    if (log >= logThreshold) return { way, at: look, evidence: evidenceOf(contests, look, rules) };
  }
  return { way, at: null, evidence: evidenceOf(contests, metric.candidate.length - 1, rules) };
}

function meet(contest: Contest, look: number, green: Count, rules: Rules): Contest {
  const says = contest.opponent.evidenceOf(look, green, contest.hypothesis);
  if (!says) return contest;
  const { looks } = contest;
  looks.push({ look, says, mostAlone: rules.mostAlone(green) });
  const last = looks.length - 1;
  const beforeLast = last > 0 ? withLook(contest.beforeLast, looks, last - 1, rules) : noEvidence;
  return { ...contest, beforeLast, evidence: withLook(beforeLast, looks, last, rules) };
}

function withLook(
  evidence: CountEvidence,
  looks: readonly ComparedLook[],
  index: number,
  { plannedLooks, way }: Rules,
): CountEvidence {
  return addLook(evidence, confirmedAt(looks, index), plannedLooks, way === 'decrease');
}

/** The contest in which green looks least bad, of those in which there was a look. */
function weakestOf(
  contests: readonly Contest[],
  plannedLooks: number,
): { contest: Contest | null; log: number } {
  const scored = contests
    .filter(({ looks }) => looks.length > 0)
    .map((contest) => ({
      contest,
      log: contest.hypothesis.logEvidence + logEvidenceOf(contest.evidence, plannedLooks),
    }));
  const [first] = scored;
  if (!first) return { contest: null, log: 0 };
  return scored.reduce((weakest, it) => (it.log < weakest.log ? it : weakest), first);
}

function evidenceOf(contests: readonly Contest[], look: number, rules: Rules): RateEvidence {
  const { metric, way, plannedLooks, dispersion, logThreshold } = rules;
  const { contest, log } = weakestOf(contests, plannedLooks);
  const since = contest ? likeliestOnset(contest, way) : null;
  const green = metric.candidate.slice(0, look + 1);
  const all = sumOf(green);
  const late = sumOf(since === null ? green : green.slice(since));
  const blue = blueAt(metric, look);
  return {
    baselineErrors: blue.errors,
    baselineRequests: blue.requests,
    errors: all.errors,
    requests: all.requests,
    since,
    errorsSince: late.errors,
    requestsSince: late.requests,
    baselineRate: rateOf(blue),
    rate: rateOf(all),
    allowedRate: allowedRateAt(metric, way, look),
    logEvidence: log,
    logThreshold,
    dispersion,
  };
}

/** The look since which green looks worst, for the multiplier that fits best; null where it never does. */
function likeliestOnset({ looks }: Contest, way: Way): number | null {
  const counted = looks.map(({ look }, index) => ({ look, says: confirmedAt(looks, index) }));
  let best = { sum: 0, since: null as number | null };
  for (const multiplier of multipliers) {
    let sum = 0;
    for (const { look, says } of counted.toReversed()) {
      sum += says(way === 'decrease' ? 1 / multiplier : multiplier);
      if (sum > best.sum) best = { sum, since: look };
    }
  }
  return best.since;
}
