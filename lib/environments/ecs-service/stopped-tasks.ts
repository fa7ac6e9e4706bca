import { DescribeTasksCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { askEcs, type Cluster } from './cluster.ts';

/** Of the tasks that stopped last. */
const lookedAt = 10;
/** Different reasons that are told. */
const told = 3;

/**
 * Why tasks of a service stopped lately, the most frequent reason first; each with what its containers
 * say. ECS remembers stopped tasks for an hour (API_DescribeTasks). Empty when none stopped.
 */
export async function stoppedReasons(at: Cluster, serviceName: string): Promise<string[]> {
  const { ecs, cluster } = at;
  const of = `service ${serviceName}`;
  const list = new ListTasksCommand({
    cluster,
    serviceName,
    desiredStatus: 'STOPPED',
    maxResults: lookedAt,
  });
  const { taskArns = [] } = await askEcs(ecs.send(list), 'ListTasks', of);
  if (taskArns.length === 0) return [];
  const describe = new DescribeTasksCommand({ cluster, tasks: taskArns });
  const { tasks = [] } = await askEcs(ecs.send(describe), 'DescribeTasks', of);
  return byFrequency(tasks.map(reasonOf).filter((reason) => reason !== '')).slice(0, told);
}

function reasonOf({ stoppedReason = '', containers = [] }: Task): string {
  const details = containers.flatMap(({ name, reason, exitCode }) => {
    const code = exitCode === undefined || exitCode === 0 ? '' : `exit code ${exitCode}`;
    const said = [code, reason].filter(Boolean).join(', ');
    return said ? [`${name}: ${said}`] : [];
  });
  return [stoppedReason, ...details].filter(Boolean).join('; ');
}

function byFrequency(reasons: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, count]) => (count > 1 ? `${reason} (${count} tasks)` : reason));
}

/**
 * Whether a task could not start because its image is not there, which no repetition mends: "
 * CannotPullContainerError: … not found", "CannotPullContainerManifestError: … manifest unknown" (dg/
 * task_cannot_pull_image).
 */
export function isMissingImage(reason: string): boolean {
  return (
    /CannotPull\w*Error/.test(reason) && /not found|manifest unknown|does not exist/i.test(reason)
  );
}
