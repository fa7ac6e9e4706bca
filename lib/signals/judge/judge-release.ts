import { withIncrements } from './counters.ts';
import { isBlueKnown } from './opponents.ts';
import type {
  JudgeVerdict,
  MetricJudgement,
  MetricQuestion,
  ReleaseJudgement,
  ReleaseQuestion,
} from './question.ts';
import { judgeRate, type RateFinding } from './rate-metric.ts';
import { fewestPoints, judgeValue, type ValueFinding } from './value-metric.ts';
import { describeRate, describeRelease, describeValue } from './words.ts';

/**
 * How often a window in which nothing is wrong may be called a breach. For counts that is proven; for
 * values it holds if their points are exchangeable, which neighbours in time are not: the tolerance
 * takes up what they are not, see docs/judge.md.
 */
export const defaultLevels = { values: 0.08, rates: 0.01 };
const defaultMinRequests = 100;
/** What metrics that are not critical need to be a breach together: so many, with so much of all weight. */
const fewestTogether = 2;
const weightTogether = 0.5;

/**
 * Compares green with blue after every look, in the order of time. Pure: the same samples give the same
 * verdict, and later ones do not change a breach. The allowed false alarms are for the whole window and
 * all metrics: values share theirs by weight, and rates theirs.
 */
export function judgeRelease(question: ReleaseQuestion): ReleaseJudgement {
  const metrics = question.metrics.map((metric) => judgeMetric(metric, question));
  const at = breachOf(question.metrics, metrics);
  const verdict = at !== null ? 'breach' : whileHealthy(metrics);
  return { verdict, at, reason: describeRelease(verdict, at, metrics), metrics };
}

function judgeMetric(given: MetricQuestion, question: ReleaseQuestion): MetricJudgement {
  const metric = withIncrements(given);
  const {
    plannedLooks,
    metrics,
    levels = defaultLevels,
    minRequests = defaultMinRequests,
  } = question;
  const rivals = metrics.filter(({ kind }) => kind === metric.kind);
  const share = weightOf(metric) / rivals.reduce((sum, it) => sum + weightOf(it), 0);
  if (metric.kind === 'value') {
    const finding = firstBreach(judgeValue(metric, plannedLooks, levels.values * share));
    const isKnown = hasEnoughPoints(finding) && (metric.requests ?? minRequests) >= minRequests;
    return judgement(metric, finding, isKnown, describeValue(metric, finding, minRequests));
  }
  const finding = firstBreach(judgeRate(metric, plannedLooks, levels.rates * share));
  const isKnown =
    finding.evidence.requests >= minRequests && isBlueKnown(metric, metric.candidate.length - 1);
  return judgement(metric, finding, isKnown, describeRate(metric, finding, minRequests));
}

function judgement(
  { name, critical = true }: MetricQuestion,
  { at, way, evidence }: ValueFinding | RateFinding,
  isKnown: boolean,
  reason: string,
): MetricJudgement {
  const without: JudgeVerdict = isKnown ? 'healthy-so-far' : 'not-enough-data';
  return {
    name,
    verdict: at === null ? without : 'breach',
    at,
    direction: at === null ? null : way,
    isCritical: critical,
    evidence,
    reason,
  };
}

export function hasEnoughPoints({ evidence }: ValueFinding): boolean {
  return evidence.baselinePoints >= fewestPoints && evidence.points >= fewestPoints;
}

/** Of two ways of being worse the one that was found first; without a breach the first one. */
function firstBreach<Finding extends { at: number | null }>(findings: readonly Finding[]): Finding {
  const [first, second] = findings as [Finding, Finding?];
  if (second === undefined || second.at === null) return first;
  return first.at !== null && first.at <= second.at ? first : second;
}

/** The look at which the metrics are a breach of the release, or null. */
function breachOf(
  questions: readonly MetricQuestion[],
  metrics: readonly MetricJudgement[],
): number | null {
  const critical = metrics.filter((it) => it.isCritical).map(({ at }) => at);
  const looks = [...critical, breachTogether(questions, metrics)].filter((at) => at !== null);
  return looks.length > 0 ? Math.min(...looks) : null;
}

/** Metrics that are not critical only warn, unless several of them with half of all weight agree. */
function breachTogether(
  questions: readonly MetricQuestion[],
  metrics: readonly MetricJudgement[],
): number | null {
  const needed = weightTogether * questions.reduce((sum, it) => sum + weightOf(it), 0);
  const breaches = metrics
    .flatMap(({ at, isCritical }, i) => {
      const question = questions[i];
      return at === null || isCritical || !question ? [] : [{ at, weight: weightOf(question) }];
    })
    .sort((a, b) => a.at - b.at);
  const weightUntil = (last: number) =>
    breaches.slice(0, last + 1).reduce((sum, { weight }) => sum + weight, 0);
  const found = breaches.find((_, i) => i + 1 >= fewestTogether && weightUntil(i) >= needed);
  return found?.at ?? null;
}

function whileHealthy(metrics: readonly MetricJudgement[]): JudgeVerdict {
  const isUnknown = metrics.some((it) => it.isCritical && it.verdict === 'not-enough-data');
  return isUnknown ? 'not-enough-data' : 'healthy-so-far';
}

function weightOf({ weight = 1 }: MetricQuestion): number {
  return weight;
}
