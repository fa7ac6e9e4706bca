import type { CheckContext } from '../check.ts';
import type { CheckDeps } from '../index.ts';
import { addressOf, ask, causeOf } from '../requests.ts';
import type { TelemetryConfig } from '../telemetry.ts';
import { samplesIn, samplesOf } from './exposition.ts';
import { type Finding, labelsOf } from './findings.ts';
import { awsSourcesOf, findMetrics } from './sources.ts';

/** Metrics that green has to have, with labels that say that they are green's. */
export async function lookAtMetrics(
  check: TelemetryConfig,
  context: CheckContext,
  deps: CheckDeps,
): Promise<Finding[]> {
  const { metrics, namespace } = check;
  if (metrics.length === 0) return [];
  const labels = labelsOf(check, context.green);
  const isLate = namespace !== undefined;
  const problems = isLate
    ? await problemsInCloudWatch({ metrics, namespace, labels }, context, deps)
    : await problemsInExposition({ metrics, path: check.metricsPath, labels }, context);
  return metrics.map((name, at) => ({
    kind: 'metric',
    name,
    problem: problems[at] ?? null,
    isLate,
  }));
}

interface Asked {
  metrics: readonly string[];
  labels: Readonly<Record<string, string>>;
}

async function problemsInExposition(
  { metrics, path, labels }: Asked & { path: string },
  { green, abort }: CheckContext,
): Promise<(string | null)[]> {
  const everyOne = (problem: string) => metrics.map(() => problem);
  const address = addressOf(green);
  if (address === null) return everyOne(`cannot be read: ${green.id} has no address`);
  try {
    const { status, body } = await ask({ url: `${address}${path}`, signal: abort });
    if (status !== 200) return everyOne(`cannot be read: ${path} answers with status ${status}`);
    const samples = samplesIn(body);
    return metrics.map((name) => labelProblem(samplesOf(samples, name), labels));
  } catch (error) {
    return everyOne(`cannot be read: ${causeOf(error)}`);
  }
}

function labelProblem(
  samples: readonly { labels: Record<string, string> }[],
  wanted: Readonly<Record<string, string>>,
): string | null {
  if (samples.length === 0) return 'is not there';
  for (const [label, value] of Object.entries(wanted)) {
    const values = samples.map((sample) => sample.labels[label]);
    if (values.includes(undefined)) return `has no label ${label}`;
    const other = values.find((it) => it !== value);
    if (other !== undefined) return `has the label ${label}="${other}" instead of "${value}"`;
  }
  return null;
}

async function problemsInCloudWatch(
  { metrics, namespace, labels }: Asked & { namespace: string },
  { abort }: CheckContext,
  deps: CheckDeps,
): Promise<(string | null)[]> {
  const aws = awsSourcesOf(deps);
  if (!aws) return metrics.map(() => 'cannot be looked for: CloudWatch is there on AWS only');
  return Promise.all(
    metrics.map(async (name) => {
      const found = await findMetrics(aws, { namespace, name, dimensions: labels }, abort);
      if (found.length > 0) return null;
      const any = await findMetrics(aws, { namespace, name, dimensions: {} }, abort);
      if (any.length === 0) return `is not in ${namespace}`;
      const wanted = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
      return `is in ${namespace}, yet not with ${wanted.join(' and ')}`;
    }),
  );
}
