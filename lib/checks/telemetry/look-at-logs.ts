import { isoTime } from '../../release/clock.ts';
import type { JsonObject } from '../../release/json.ts';
import type { CheckContext } from '../check.ts';
import type { CheckDeps } from '../index.ts';
import type { TelemetryConfig } from '../telemetry.ts';
import { type Finding, labelsOf } from './findings.ts';
import { fieldProblems, hasTrace, type LogLines } from './log-lines.ts';
import { awsSourcesOf, countTraces, lookBackMs, readLog } from './sources.ts';
import type { Traffic } from './traffic.ts';

/** So much of a process's output is looked at. */
const outputBytes = 256 * 1024;

/** Green's log as it is now; a text says why it can't be read. */
type Log = LogLines | string;

/** What green's log lines say, and whether traces go on. */
export async function lookAtLogAndTraces(
  check: TelemetryConfig,
  context: CheckContext,
  traffic: Traffic,
  deps: CheckDeps,
): Promise<Finding[]> {
  const { logs, traces } = check;
  const needsLog = logs !== undefined || traces?.where === 'logs' || traces?.where === 'any';
  const log = needsLog ? await readLogOf(check, context, deps) : null;
  const isLate = !deps.recentOutput || logs?.group !== undefined;
  return [
    ...(log === null ? [] : lookAtFields(check, context, log, traffic, isLate)),
    ...(await lookAtTraces(check, context, { log, traffic, isLate }, deps)),
  ];
}

/** Reads what green has written: its process's output, or its log group. */
async function readLogOf(
  { logs }: TelemetryConfig,
  context: CheckContext,
  deps: CheckDeps,
): Promise<Log> {
  const { green, abort } = context;
  const output = logs?.group === undefined ? deps.recentOutput?.(green.id, outputBytes) : undefined;
  if (typeof output === 'string') {
    const lines = output.split('\n').filter((line) => line.trim() !== '');
    return { lines, isOwn: true, name: `the output of ${green.id}` };
  }
  const aws = awsSourcesOf(deps);
  if (!aws) return `the output of ${green.id} is not known here`;
  const group = logs?.group ?? groupOf(context, await context.describe(green));
  if (group === null) return `no log group is known of ${green.id}; name it in logs.group`;
  const own = logs?.streamPrefix;
  const streamPrefixes =
    own === undefined ? streamsOfVersion(context, group, aws.clock.now()) : [own];
  return readLog(aws, { group, streamPrefixes }, abort);
}

function groupOf({ plan }: CheckContext, { logGroup }: JsonObject): string | null {
  if (typeof logGroup === 'string') return logGroup;
  const { kind, functionName } = plan.environment;
  return kind === 'lambda-version' ? `/aws/lambda/${functionName}` : null;
}

/**
 * A version writes into streams of its own: `2025/01/31/[7]…`, in a group that is not its function's
 * `2025/01/31/storefront[7]…` (lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html). The day is that
 * on which the stream began.
 */
function streamsOfVersion({ plan, green }: CheckContext, group: string, nowMs: number): string[] {
  const { kind, functionName } = plan.environment;
  if (kind !== 'lambda-version') return [];
  const name = group === `/aws/lambda/${functionName}` ? '' : functionName;
  const days = [nowMs - lookBackMs, nowMs].map((ms) => isoTime(ms).slice(0, 10));
  return [...new Set(days)].map((day) => `${day.replaceAll('-', '/')}/${name}[${green.id}]`);
}

/** Fields that log lines have to have. */
function lookAtFields(
  check: TelemetryConfig,
  { green }: CheckContext,
  log: Log,
  { traceId }: Traffic,
  isLate: boolean,
): Finding[] {
  const fields = check.logs?.fields ?? [];
  const problems =
    typeof log === 'string'
      ? fields.map(() => `cannot be read: ${log}`)
      : fieldProblems(log, fields, labelsOf(check, green), traceId);
  return fields.map((name, at) => ({
    kind: 'log field',
    name,
    problem: problems[at] ?? null,
    isLate,
  }));
}

/** Whether the trace of our own requests goes on in green, or X-Ray has traces of it. */
async function lookAtTraces(
  { traces }: TelemetryConfig,
  { green, abort }: CheckContext,
  { log, traffic, isLate }: { log: Log | null; traffic: Traffic; isLate: boolean },
  deps: CheckDeps,
): Promise<Finding[]> {
  if (!traces) return [];
  const { header, where, filter } = traces;
  const finding = (problem: string | null, late: boolean): Finding[] => [
    { kind: 'trace', name: header, problem, isLate: late },
  ];
  if (where === 'x-ray') {
    const aws = awsSourcesOf(deps);
    if (!aws) return finding('cannot be looked for: X-Ray is there on AWS only', false);
    const filled = filter
      .replaceAll('{environment}', green.id)
      .replaceAll('{version}', green.version);
    const found = await countTraces(aws, filled, abort);
    return finding(found > 0 ? null : `is in no trace of X-Ray that fits ${filled}`, true);
  }
  const inAnswer = where !== 'logs' && traffic.answered > 0 && traffic.traced === traffic.answered;
  const inLog = where !== 'answer' && log !== null && typeof log !== 'string';
  if (inAnswer || (inLog && hasTrace(log, traffic.traceId))) return finding(null, isLate);
  return finding(lostTrace(where, traffic), isLate && where !== 'answer');
}

function lostTrace(where: 'answer' | 'logs' | 'any', { answered, traced }: Traffic): string {
  if (answered === 0) return 'cannot be told: green answered no request';
  const answers = `in the header of ${traced} of ${answered} answers`;
  if (where === 'answer') return `comes back ${answers}`;
  return where === 'logs' ? 'is in no log line' : `is in no log line, and ${answers}`;
}
