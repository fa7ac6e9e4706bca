import { type ComparableMetric, comparisonInWords } from './comparison.ts';
import type { JsonObject } from './json.ts';
import { type Plan, type ShiftStep, usualReadyWithinSeconds } from './plan.ts';
import { formatDuration } from './quantities.ts';
import { sloInWords } from './slo.ts';

/**
 * A plan as its manifest would say it, with every default and with durations in words: what people
 * compare. Checks are named, so that one more does not change the others.
 */
export function planInWords(plan: Plan): JsonObject {
  const { approval, watch, readyWithinSeconds = usualReadyWithinSeconds } = plan;
  const words = {
    owner: plan.owner,
    environment: plan.environment,
    router: plan.router,
    checks: Object.fromEntries(plan.checks.map((check) => [check.name, checkInWords(check)])),
    approval: {
      required: approval.isRequired,
      count: approval.count,
      expiresIn: formatDuration(approval.expiresInSeconds),
      separateDuties: approval.hasSeparateDuties ?? false,
    },
    cutover: {
      steps: plan.steps.map(stepInWords),
      readyWithin: formatDuration(readyWithinSeconds),
    },
    watch: {
      interval: formatDuration(watch.intervalSeconds),
      warmUp: formatDuration(watch.warmUpSeconds ?? 0),
      alarms: watch.alarms,
      informationalAlarms: watch.informationalAlarms ?? [],
      alreadyFiring: watch.alreadyFiring,
      compare: Object.fromEntries(
        Object.entries(watch.compare).map(([metric, asked]) => [
          metric,
          comparisonInWords(metric as ComparableMetric, asked),
        ]),
      ),
      minRequests: watch.minRequests,
      blindFor: watch.blindForSeconds === undefined ? null : formatDuration(watch.blindForSeconds),
      onBlind: watch.onBlind ?? null,
      earlierDays: watch.earlierDays ?? 0,
    },
    signals: plan.signals,
    metrics: plan.metrics,
    onBreach: plan.onBreach,
    retain: formatDuration(plan.retainSeconds),
    notify: plan.notify,
    slo: plan.slo ? sloInWords(plan.slo) : null,
  };
  // Adapters' parts came as JSON, and everything else here is.
  return words as JsonObject;
}

function checkInWords({ config, isCritical, timeoutSeconds }: Plan['checks'][number]) {
  const { name: _, ...own } = config;
  return { ...own, critical: isCritical, timeout: formatDuration(timeoutSeconds) };
}

function stepInWords({ weightPercent, windowSeconds }: ShiftStep): string {
  return `${weightPercent}%, watched for ${formatDuration(windowSeconds)}`;
}
