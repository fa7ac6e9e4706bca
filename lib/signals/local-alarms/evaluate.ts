import { formatDuration } from '../../release/quantities.ts';
import type { AlarmDefinition } from './definition.ts';

export type AlarmState = 'ok' | 'alarm';

/** What one second was: its value, null without data, undefined when it was before the alarm's time. */
export type Datapoint = number | null | undefined;

/**
 * The next state of an alarm, from its state and its last `definition.outOf` seconds, oldest first.
 * Pure. With `missing: ignore` the state stays where it is when the seconds with data do not decide.
 */
export function evaluate(
  state: AlarmState,
  datapoints: readonly Datapoint[],
  definition: AlarmDefinition,
): AlarmState {
  const { needed, missing } = definition;
  const breaching = datapoints.filter((value) => isBreaching(value, definition)).length;
  if (breaching >= needed) return 'alarm';
  const unknown = missing === 'ignore' ? datapoints.filter((value) => value === null).length : 0;
  return breaching + unknown >= needed ? state : 'ok';
}

/** Whether this second counts as a breach. */
export function isBreaching(
  value: Datapoint,
  { side, threshold, missing }: AlarmDefinition,
): boolean {
  if (value === undefined) return false;
  if (value === null) return missing === 'breaching';
  return side === 'above' ? value > threshold : value < threshold;
}

/** Why an alarm is in this state, in one sentence with numbers. */
export function describeState(
  state: AlarmState,
  datapoints: readonly Datapoint[],
  definition: AlarmDefinition,
): string {
  const { metric, side, threshold, outOf } = definition;
  const breaching = datapoints.filter((value) => isBreaching(value, definition)).length;
  const values = datapoints.filter((value) => typeof value === 'number');
  const worst = side === 'above' ? Math.max(...values) : Math.min(...values);
  const seen = values.length === 0 ? 'no data' : `${worstWord[side]} ${withUnit(metric, worst)}`;
  const verb = state === 'alarm' ? 'was' : 'is no longer';
  return (
    `${metric} ${verb} ${side} ${withUnit(metric, threshold)}: ${breaching} of the last ` +
    `${formatDuration(outOf)} breached (${seen})`
  );
}

const worstWord = { above: 'highest', below: 'lowest' } as const;

function withUnit(metric: AlarmDefinition['metric'], value: number): string {
  if (metric === 'errorRate') return `${Number((value * 100).toPrecision(3))}%`;
  if (metric === 'requests') return `${value}/s`;
  return `${Number(value.toPrecision(4))}ms`;
}
