import type { AdapterConfig, JsonObject } from '../../release/json.ts';
import type { Check, CheckAnswer, CheckContext, CheckVerdict } from '../check.ts';
import type { CheckDeps } from '../index.ts';
import { pause } from '../requests.ts';
import { type TelemetryConfig, telemetrySchema } from '../telemetry.ts';
import { coverageOf, type Finding } from './findings.ts';
import { lookAtAlarms, lookAtDashboards } from './look-at-alarms.ts';
import { lookAtLogAndTraces } from './look-at-logs.ts';
import { lookAtMetrics } from './look-at-metrics.ts';
import { sendTraffic, type Traffic } from './traffic.ts';

/** What green itself shows is there within moments. */
const momentSeconds = 0.25;
const mostMoments = 10;
/** What is told to somebody else takes longer. */
const retryAfterSeconds = 15;
/** So many problems are in a summary, which is a line in a chat. */
const mostNamed = 3;

const nothingYet: CheckVerdict = {
  verdict: 'pass',
  summary: 'nothing of what is asked for can be told before there is a green',
  evidence: {},
};

/**
 * A check of what green tells whoever runs it. Sends green some requests first, looks again for a moment
 * where something is missing, and is pending while it may still arrive.
 */
export function createTelemetryCheck(config: AdapterConfig, deps: CheckDeps): Check {
  const check = telemetrySchema.parse(config);
  const header = check.traces?.header ?? 'traceparent';
  return {
    async run(context) {
      const wanted = { paths: check.traffic, header };
      const traffic = await sendTraffic(wanted, context, deps.timers);
      const findings = await lookAtAll(check, context, traffic, deps);
      return judge(check, context, traffic, findings);
    },
    async preflight(context) {
      const findings = [
        ...(await lookAtAlarms(check, context)),
        ...(await lookAtDashboards(check, context, null, deps)),
      ];
      if (findings.length === 0) return nothingYet;
      // Less than all that counts as coverage.
      const { effects, ...verdict } = verdictOf(check, findings, {});
      return verdict;
    },
  };
}

/** Findings that come together. */
interface Part {
  /** Whether what is missing may still arrive, in minutes. */
  isLate: boolean;
  look(): Promise<Finding[]>;
}

async function lookAtAll(
  check: TelemetryConfig,
  context: CheckContext,
  traffic: Traffic,
  deps: CheckDeps,
): Promise<Finding[]> {
  const parts: Part[] = [
    {
      isLate: check.namespace !== undefined,
      look: () => lookAtMetrics(check, context, deps),
    },
    {
      isLate: !deps.recentOutput || check.logs?.group !== undefined,
      look: () => lookAtLogAndTraces(check, context, traffic, deps),
    },
    { isLate: true, look: () => lookAtAlarms(check, context) },
    { isLate: true, look: () => lookAtDashboards(check, context, context.green, deps) },
  ];
  const looks = parts.map((part) => lookPatiently(part, context, deps));
  return (await Promise.all(looks)).flat();
}

/** Looks again for a moment where green itself has to show something. */
async function lookPatiently(
  { isLate, look }: Part,
  { abort }: CheckContext,
  { timers }: CheckDeps,
): Promise<Finding[]> {
  for (let moment = 1; ; moment += 1) {
    const findings = await look();
    const isAllThere = findings.every(({ problem }) => problem === null);
    if (isLate || isAllThere || moment >= mostMoments || abort.aborted) return findings;
    await pause(timers, momentSeconds, abort);
  }
}

function judge(
  check: TelemetryConfig,
  { waitedSeconds, abort }: CheckContext,
  traffic: Traffic,
  findings: readonly Finding[],
): CheckAnswer {
  const { sent, answered, problems } = traffic;
  if (sent > 0 && answered === 0) {
    const summary = `green answered none of ${sent} requests: ${problems.join(', ')}`;
    return { verdict: 'fail', summary, evidence: {} };
  }
  const verdict = verdictOf(check, findings, { traffic: { ...traffic } });
  const mayCome = findings.some(({ problem, isLate }) => problem !== null && isLate);
  const isPatient = mayCome && waitedSeconds < check.within && !abort.aborted;
  if (verdict.verdict === 'pass' || !isPatient) return verdict;
  return { verdict: 'pending', summary: `${verdict.summary}; waits for more`, retryAfterSeconds };
}

function verdictOf(
  { require }: TelemetryConfig,
  findings: readonly Finding[],
  more: JsonObject,
): CheckVerdict {
  const coverage = coverageOf(findings);
  if (coverage === null) {
    const summary = 'nothing is asked for; name metrics, logs, traces, alarms or dashboards';
    return { verdict: 'fail', summary, evidence: {} };
  }
  const wanted = Math.round(require * 1000) / 10;
  const evidence = { ...more, coverage, required: wanted, asked: findings.map(shown) };
  return {
    verdict: coverage >= wanted ? 'pass' : 'fail',
    summary: summarize(coverage, wanted, findings),
    evidence,
    effects: { observabilityCoverage: coverage },
  };
}

function shown({ kind, name, problem }: Finding): JsonObject {
  return { kind, name, problem };
}

function summarize(coverage: number, wanted: number, findings: readonly Finding[]): string {
  const problems = findings.filter(({ problem }) => problem !== null);
  const there = `${findings.length - problems.length} of ${findings.length}`;
  const sum = `${coverage}% of the telemetry is there (${there})`;
  if (problems.length === 0) return sum;
  const named = problems
    .slice(0, mostNamed)
    .map(({ kind, name, problem }) => `${kind} ${name} ${problem}`);
  const rest = problems.length - named.length;
  const short = coverage < wanted && wanted < 100 ? `, ${wanted}% are required` : '';
  return `${sum}${short}: ${named.join('; ')}${rest > 0 ? `; ${rest} more` : ''}`;
}
