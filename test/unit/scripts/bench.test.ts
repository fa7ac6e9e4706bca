import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../../scripts/bench/arguments.ts';
import { percentile, spreadOf } from '../../../scripts/bench/numbers.ts';
import { cellsOf, exitCodeOf } from '../../../scripts/bench/report.ts';
import { type Row, rowNames } from '../../../scripts/bench/row.ts';

function measured(change: Partial<Extract<Row, { status: 'measured' }>> = {}): Row {
  return {
    row: 'flips',
    status: 'measured',
    what: 'failed requests',
    measured: '0 of 10',
    budget: '0',
    isMet: true,
    figures: {},
    ...change,
  };
}

const failed: Row = { row: 'memory', status: 'failed', reason: 'no /proc here' };

describe('the arguments of the benchmark', () => {
  it('measures every row of this machine for a table unless told otherwise', () => {
    const only = rowNames.filter((name) => !name.startsWith('cloud-'));
    expect(parseArguments([])).toEqual({ isJson: false, isQuick: false, only });
  });

  it('measures the emulated cloud when it is asked for', () => {
    expect(parseArguments(['--cloud']).only).toEqual(['cloud-rollback', 'cloud-cost']);
    expect(parseArguments(['--only', 'cloud-cost,flips']).only).toEqual(['flips', 'cloud-cost']);
  });

  it.each([[['--only', 'rollback,flips']], [['--only=flips,rollback']]])(
    'takes rows in the order in which they run: %j',
    (args) => {
      expect(parseArguments([...args, '--json', '--quick'])).toEqual({
        isJson: true,
        isQuick: true,
        only: ['flips', 'rollback'],
      });
    },
  );

  it.each([
    [['--fast'], '--fast is no option'],
    [['--only', 'flips,rolback'], 'rolback is no row; there are transitions, bundle'],
    [['--only'], 'nothing is no row'],
  ])('refuses %j and says what there is', (args, why) => {
    expect(() => parseArguments(args)).toThrow(why);
  });
});

describe('the result of the benchmark', () => {
  it('is a failure when a row could not be measured or requests failed', () => {
    expect(exitCodeOf([measured(), failed])).toBe(1);
    expect(exitCodeOf([measured({ hasFailures: true })])).toBe(1);
  });

  it('is none for a missed budget', () => {
    const missed = measured({ isMet: false });

    expect(exitCodeOf([missed])).toBe(0);
    expect(cellsOf(missed)).toEqual(['failed requests', '0 of 10', '0', 'no']);
  });

  it('tells why a row was not measured', () => {
    expect(cellsOf(failed)).toEqual(['memory', 'not measured', '', 'failed: no /proc here']);
  });
});

describe('percentiles', () => {
  it('are values that were measured, by nearest rank', () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i);

    expect(spreadOf(values)).toEqual({ count: 200, p50: 100, p95: 190, p99: 198, max: 200 });
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
