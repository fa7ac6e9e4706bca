import type { PreflightContext } from '../check.ts';
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
 * @param greenId Of the environment with whose artifact dashboards come; null while there is none.
 */
export async function lookAtDashboards(
  { dashboards, labels }: TelemetryConfig,
  { abort }: PreflightContext,
  greenId: string | null,
  deps: CheckDeps,
): Promise<Finding[]> {
  const words = Object.keys(labels);
  const known = dashboards.filter((it) => 'name' in it || greenId !== null);
  return Promise.all(
    known.map(async (it): Promise<Finding> => {
      const isNamed = 'name' in it;
      const problem = isNamed
        ? await problemInCloudWatch(it.name, words, abort, deps)
        : await problemInArtifact(it.file, words, greenId ?? '', deps);
      return { kind: 'dashboard', name: isNamed ? it.name : it.file, problem, isLate: false };
    }),
  );
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

async function problemInArtifact(
  file: string,
  words: readonly string[],
  greenId: string,
  { artifactFile }: CheckDeps,
): Promise<string | null> {
  if (!artifactFile)
    return 'cannot be read: files of artifacts are there on the local platform only';
  const body = await artifactFile(greenId, file);
  return body === null ? 'is not in the artifact' : grafanaProblem(body, words);
}
