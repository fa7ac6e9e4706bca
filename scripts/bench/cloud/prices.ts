import { dollarsPerTransition } from '../transitions.ts';
import { total, type Usage } from './usage.ts';

/**
 * List prices of us-east-1 in US dollars without free tiers, as of {@link pricesAsOf}. They change, and
 * other regions have others: check yours.
 */
export const prices = {
  /** https://aws.amazon.com/step-functions/pricing/ */
  transition: dollarsPerTransition,
  /** https://aws.amazon.com/lambda/pricing/ : requests, and arm64 by the gigabyte and second. */
  invocation: 0.2e-6,
  gigabyteSecond: 0.0000133334,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  /** https://aws.amazon.com/cloudwatch/pricing/ : GetMetricData by metric, other requests, alarms, logs. */
  metricRequested: 0.01e-3,
  cloudWatchRequest: 0.01e-3,
  alarmMonth: 0.1,
  logGigabyte: 0.5,
  /** https://aws.amazon.com/eventbridge/pricing/ : AWS's own events are free. */
  customEvent: 1e-6,
  /** https://aws.amazon.com/sns/pricing/ : the first million a month is free besides. */
  snsRequest: 0.5e-6,
  /** https://aws.amazon.com/secrets-manager/pricing/ */
  secretMonth: 0.4,
  /** https://aws.amazon.com/kms/pricing/ */
  keyMonth: 1,
} as const;

/** When the prices were looked up. */
export const pricesAsOf = '2026-11-23';

/** What the emulator cannot measure, and is assumed instead. */
export const assumptions = {
  /** Billed for each invocation of the conductor's functions, cold starts spread over all. */
  billedMsPerInvocation: 100,
  /** Of `rollback` and `onAlarm` it is 512, which a plain release does not call. */
  memoryMb: 256,
  logBytesPerInvocation: 1024,
} as const;

/** Dollars by what they are for. */
export type Bill = Record<string, number>;

/** What a release's usage costs. */
export function billOf(usage: Usage): Bill {
  const count = (name: string) => usage[name] ?? 0;
  const invocations = total(usage, 'invocations.');
  const { billedMsPerInvocation, memoryMb, logBytesPerInvocation } = assumptions;
  const gigabyteSeconds = ((invocations * billedMsPerInvocation) / 1000) * (memoryMb / 1024);
  return {
    stepFunctions: total(usage, 'transitions.') * prices.transition,
    lambdaRequests: (invocations + count('targetInvocations')) * prices.invocation,
    lambdaDuration: gigabyteSeconds * prices.gigabyteSecond,
    dynamodb: count('writeUnits') * prices.writeUnit + count('readUnits') * prices.readUnit,
    cloudWatch:
      count('metricsRequested') * prices.metricRequested +
      count('cloudWatchRequests') * prices.cloudWatchRequest,
    logs: ((invocations * logBytesPerInvocation) / 1e9) * prices.logGigabyte,
    eventBridge: count('customEvents') * prices.customEvent,
    sns: count('snsRequests') * prices.snsRequest,
  };
}

interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

/**
 * What a stack costs in a month of 30 days in which nothing is released: resources with a price of their
 * own, and what runs by the clock, each time with this usage.
 */
export function idleBillOf(resources: Record<string, Resource>, run: Usage): Bill {
  const all = Object.values(resources);
  const count = (type: string) => all.filter(({ Type }) => Type === type).length;
  const runs = all.map(({ Properties }) => runsPerMonth(Properties?.ScheduleExpression));
  return {
    alarms: count('AWS::CloudWatch::Alarm') * prices.alarmMonth,
    secrets: count('AWS::SecretsManager::Secret') * prices.secretMonth,
    keys: count('AWS::KMS::Key') * prices.keyMonth,
    schedules: runs.reduce((sum, it) => sum + it, 0) * sumOf(billOf(run)),
  };
}

/** Of a rule of EventBridge; 0 for what has no schedule. */
function runsPerMonth(expression: unknown): number {
  if (expression === undefined) return 0;
  const minutes = /^rate\((\d+) minutes?\)$/.exec(String(expression))?.[1];
  if (minutes === undefined) throw new Error(`no price for the schedule ${expression}`);
  return (30 * 24 * 60) / Number(minutes);
}

/** The whole of a bill. */
export function sumOf(bill: Bill): number {
  return Object.values(bill).reduce((sum, dollars) => sum + dollars, 0);
}
