import type { EnvironmentRef } from '../../release/document.ts';
import { isNamed, messageOf } from '../../release/errors.ts';
import type { PreflightContext } from '../check.ts';
import { findText, missing } from '../check-files.ts';
import type { CheckDeps } from '../index.ts';
import type { TelemetryConfig } from '../telemetry.ts';
import { cloudWatchProblem, grafanaProblem } from './dashboards.ts';
import type { Finding } from './findings.ts';
import { awsSourcesOf, readDashboard } from './sources.ts';

/** Alarms that have to exist and to tell the conductor. */
export async function lookAtAlarms(
  { alarms }: TelemetryConfig,
  { plan, ...context }: PreflightContext,
): Promise<Finding[]> {
  const names = alarms ?? plan.watch.alarms;
  if (names.length === 0) return [];
  const facts = await context.alarms(names);
  return facts.map(({ name, exists, hasAction }) => ({
    kind: 'alarm',
    name,
    problem: alarmProblem(exists, hasAction),
    isLate: false,
  }));
}

function alarmProblem(exists: boolean, hasAction: boolean | null): string | null {
  if (!exists) return 'does not exist';
  return hasAction === false ? 'has no action that tells the conductor' : null;
}

/**
 * Dashboards that have to tell environments apart.
 * @param green With whose artifact dashboards come; null while there is none.
 */
export async function lookAtDashboards(
  { dashboards, labels }: TelemetryConfig,
  { abort }: PreflightContext,
  green: EnvironmentRef | null,
  deps: CheckDeps,
): Promise<Finding[]> {
  const words = Object.keys(labels);
  const findings = dashboards.map(async (it): Promise<Finding[]> => {
    const facts = { kind: 'dashboard', isLate: false } as const;
    if ('name' in it) {
      const problem = await problemInCloudWatch(it.name, words, abort, deps);
      return [{ ...facts, name: it.name, problem }];
    }
    if (green === null) return [];
    const body = await textOrProblem(it.file, green, abort, deps);
    const problem = typeof body === 'string' ? grafanaProblem(body, words) : body.problem;
    return [{ ...facts, name: it.file, problem }];
  });
  return (await Promise.all(findings)).flat();
}

async function problemInCloudWatch(
  name: string,
  words: readonly string[],
  abort: AbortSignal,
  deps: CheckDeps,
): Promise<string | null> {
  const aws = awsSourcesOf(deps);
  if (!aws) return 'cannot be read: CloudWatch is there on AWS only';
  const body = await readDashboard(aws, name, abort);
  return body === null ? 'does not exist' : cloudWatchProblem(body, words);
}

async function textOrProblem(
  file: string,
  green: EnvironmentRef,
  abort: AbortSignal,
  { files }: CheckDeps,
): Promise<string | { problem: string }> {
  try {
    return (await findText(files, file, green, abort)) ?? { problem: missing(file) };
  } catch (error) {
    if (isNamed(error, 'ThrottledError')) throw error;
    return { problem: `cannot be read: ${messageOf(error)}` };
  }
}
