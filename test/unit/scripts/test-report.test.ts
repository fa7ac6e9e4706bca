import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTiers, sum } from '../../../scripts/test-report.ts';

const testRoot = path.resolve('/project/test');

function file(name: string, statuses: string[], status = 'passed') {
  return {
    name: path.join(testRoot, name),
    status,
    assertionResults: statuses.map((word) => ({ status: word })),
  };
}

describe('the sum of a test run', () => {
  it('counts per tier, the folder below test', () => {
    const testResults = [
      file('unit/a.test.ts', ['passed', 'passed']),
      file('contract/ledger/b.test.ts', ['passed', 'skipped', 'todo']),
      file('unit/c.test.ts', ['passed', 'failed'], 'failed'),
    ];

    const tiers = readTiers({ testResults }, testRoot, 1);

    expect(tiers).toEqual([
      { name: 'unit', passed: 3, failed: 1, skipped: 0 },
      { name: 'contract', passed: 1, failed: 0, skipped: 2 },
    ]);
    expect(sum(tiers)).toEqual({ passed: 4, failed: 1, skipped: 2 });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const testResults = [file('unit/a.test.ts', [], 'failed')];

    expect(sum(readTiers({ testResults }, testRoot, 1)).failed).toBe(1);
  });

  it('counts a failing hook of a file whose tests passed as a failure', () => {
    const testResults = [file('unit/a.test.ts', ['passed'], 'failed')];

    expect(sum(readTiers({ testResults }, testRoot, 1))).toMatchObject({ passed: 1, failed: 1 });
  });

  it('does not call a run good that vitest itself calls bad', () => {
    const testResults = [file('unit/a.test.ts', ['passed'])];

    expect(sum(readTiers({ testResults }, testRoot, 1))).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts a run without any report as a failure', () => {
    expect(sum(readTiers({ testResults: [] }, testRoot, 1)).failed).toBe(1);
  });
});
