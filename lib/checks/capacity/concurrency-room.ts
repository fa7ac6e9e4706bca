import {
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { GetAccountSettingsCommand, GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { orOurs } from '../../aws/provider-errors.ts';
import type { CheckDeps } from '../index.ts';

/** Whom to ask. */
export type ConcurrencyDeps = Required<Pick<CheckDeps, 'lambda' | 'cloudWatch' | 'clock'>>;

/** How many executions of a function can run at the same time, besides those that do. */
export interface ConcurrencyRoom {
  /** The function's reserved concurrency, or what is not reserved in the account. */
  limit: number;
  isReserved: boolean;
  /** Most executions at once in the last quarter of an hour: of the function, and of all that share the limit. */
  used: number;
  usedByAll: number;
  left: number;
}

const periodSeconds = 60;
const lookBackPeriods = 15;

/**
 * What Lambda has left for a function.
 * @throws ThrottledError, ConfigInvalidError where a permission is missing.
 */
export async function roomFor(
  functionName: string,
  { lambda, cloudWatch, clock }: ConcurrencyDeps,
  abortSignal: AbortSignal,
): Promise<ConcurrencyRoom> {
  const options = { abortSignal };
  const call = (action: string) => ({ provider: 'AWS', action, of: functionName });
  const [reserved, account, measured] = await Promise.all([
    orOurs(
      lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: functionName }), options),
      call('lambda:GetFunctionConcurrency'),
    ),
    orOurs(
      lambda.send(new GetAccountSettingsCommand({}), options),
      call('lambda:GetAccountSettings'),
    ),
    orOurs(
      cloudWatch.send(usageQuery(functionName, clock.now()), options),
      call('cloudwatch:GetMetricData'),
    ),
  ]);
  const own = reserved.ReservedConcurrentExecutions;
  const limit = own ?? account.AccountLimit?.UnreservedConcurrentExecutions ?? 0;
  const used = mostOf(measured.MetricDataResults, 'used');
  const usedByAll = own === undefined ? mostOf(measured.MetricDataResults, 'all') : used;
  return {
    limit,
    isReserved: own !== undefined,
    used,
    usedByAll,
    left: Math.max(0, limit - usedByAll),
  };
}

function usageQuery(functionName: string, nowMs: number): GetMetricDataCommand {
  const end = Math.ceil(nowMs / 1000 / periodSeconds) * periodSeconds;
  return new GetMetricDataCommand({
    StartTime: new Date((end - lookBackPeriods * periodSeconds) * 1000),
    EndTime: new Date(end * 1000),
    MetricDataQueries: [
      mostAtOnce('used', 'ConcurrentExecutions', functionName),
      mostAtOnce('all', 'UnreservedConcurrentExecutions'),
    ],
  });
}

/** Lambda measures both once a minute (lambda/latest/dg/monitoring-metrics-types.html). */
function mostAtOnce(Id: string, MetricName: string, functionName?: string): MetricDataQuery {
  const Dimensions = functionName ? [{ Name: 'FunctionName', Value: functionName }] : [];
  const Metric = { Namespace: 'AWS/Lambda', MetricName, Dimensions };
  return { Id, MetricStat: { Metric, Period: periodSeconds, Stat: 'Maximum' } };
}

function mostOf(results: readonly MetricDataResult[] = [], id: string): number {
  return Math.max(0, ...results.flatMap(({ Id, Values = [] }) => (Id === id ? Values : [])));
}
