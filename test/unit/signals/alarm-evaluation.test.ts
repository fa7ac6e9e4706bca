import { describe, expect, it } from 'vitest';
import type { AlarmDefinition } from '../../../lib/signals/local-alarms/definition.ts';
import {
  type AlarmState,
  type Datapoint,
  describeState,
  evaluate,
} from '../../../lib/signals/local-alarms/evaluate.ts';

const base: AlarmDefinition = {
  metric: 'errorRate',
  side: 'above',
  threshold: 0.05,
  needed: 2,
  outOf: 3,
  missing: 'ok',
  minRequests: 1,
};
const bad = 0.5;
const good = 0;
const none = null;

describe('evaluation of an alarm', () => {
  it.each<[string, Partial<AlarmDefinition>, AlarmState, Datapoint[], AlarmState]>([
    ['stays ok with too few breaches', {}, 'ok', [good, bad, good], 'ok'],
    ['fires at M of N, in any order', {}, 'ok', [bad, good, bad], 'alarm'],
    ['clears when fewer than M of N breach', {}, 'alarm', [good, bad, good], 'ok'],
    ['does not breach at the threshold itself', {}, 'ok', [0.05, 0.05, 0.05], 'ok'],
    ['fires below', { side: 'below', threshold: 5 }, 'ok', [4, 6, 4], 'alarm'],
    ['takes missing data as fine', { missing: 'ok' }, 'alarm', [bad, none, none], 'ok'],
    ['takes missing data as breach', { missing: 'breaching' }, 'ok', [bad, none, good], 'alarm'],
    ['keeps ok over missing data', { missing: 'ignore' }, 'ok', [bad, none, none], 'ok'],
    ['keeps alarm over missing data', { missing: 'ignore' }, 'alarm', [bad, none, good], 'alarm'],
    ['fires beside missing data', { missing: 'ignore' }, 'ok', [bad, none, bad], 'alarm'],
    ['clears beside missing data', { missing: 'ignore' }, 'alarm', [good, none, good], 'ok'],
    [
      'waits for its first seconds',
      { missing: 'breaching' },
      'ok',
      [undefined, undefined, none],
      'ok',
    ],
  ])('%s', (_, part, state, datapoints, expected) => {
    expect(evaluate(state, datapoints, { ...base, ...part })).toBe(expected);
  });

  it('says why, with numbers', () => {
    expect(describeState('alarm', [0.5, 0.01, 0.123], base)).toBe(
      'errorRate was above 5%: 2 of the last 3s breached (highest 50%)',
    );
    const slow = { ...base, metric: 'latencyP95' as const, threshold: 300 };
    expect(describeState('ok', [none, 120.44, none], slow)).toBe(
      'latencyP95 is no longer above 300ms: 0 of the last 3s breached (highest 120.4ms)',
    );
    const dead = { ...base, side: 'below' as const, missing: 'breaching' as const };
    expect(describeState('alarm', [none, none, none], dead)).toBe(
      'errorRate was below 5%: 3 of the last 3s breached (no data)',
    );
  });
});
