import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../release/clock.ts';
import type { AdapterConfig } from '../../release/json.ts';
import type { CloudWatchApi } from '../connections.ts';

/** Load balancers measure once a minute, and their figures come late. */
const lookBackMs = 10 * 60_000;
const periodSeconds = 60;

/** What CloudWatch knows a load balancer's connections by, for each type of one. */
const metrics: Record<string, { namespace: string; name: string; statistic: string }> = {
  app: { namespace: 'AWS/ApplicationELB', name: 'ActiveConnectionCount', statistic: 'Sum' },
  net: { namespace: 'AWS/NetworkELB', name: 'ActiveFlowCount', statistic: 'Average' },
};

/** A load balancer as CloudWatch calls it, such as `app/shop/50dc6c495c0c9188`. */
export function loadBalancerOf({ kind, listenerArn }: AdapterConfig): string | null {
  if (kind !== 'alb-listener' || typeof listenerArn !== 'string') return null;
  return /:listener\/((?:app|net)\/[^/]+\/[^/]+)\//.exec(listenerArn)?.[1] ?? null;
}

/**
 * Its newest figure of connections that are open, those of clients and those to targets of every listener
 * together: CloudWatch has none by target group. Null when there is none of the last ten minutes.
 * @throws whatever the SDK throws.
 */
export async function connectionsOf(
  loadBalancer: string,
  { cloudWatch, clock }: { cloudWatch: CloudWatchApi; clock: Clock },
  abort: AbortSignal,
): Promise<number | null> {
  const metric = metrics[loadBalancer.slice(0, 3)];
  if (!metric) return null;
  const now = clock.now();
  const command = new GetMetricDataCommand({
    StartTime: new Date(now - lookBackMs),
    EndTime: new Date(now),
    ScanBy: 'TimestampDescending',
    MetricDataQueries: [
      {
        Id: 'connections',
        MetricStat: {
          Metric: {
            Namespace: metric.namespace,
            MetricName: metric.name,
            Dimensions: [{ Name: 'LoadBalancer', Value: loadBalancer }],
          },
          Period: periodSeconds,
          Stat: metric.statistic,
        },
      },
    ],
  });
  const { MetricDataResults = [] } = await cloudWatch.send(command, { abortSignal: abort });
  return MetricDataResults[0]?.Values?.[0] ?? null;
}
