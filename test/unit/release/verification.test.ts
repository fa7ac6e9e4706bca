import { describe, expect, it } from 'vitest';
import type { CheckEffects, CheckResult } from '../../../lib/release/document.ts';
import { verificationOf } from '../../../lib/release/verification.ts';

function result(verdict: CheckResult['verdict'], effects?: CheckEffects): CheckResult {
  return { name: 'it', verdict, isCritical: true, summary: '', ...(effects && { effects }) };
}

describe("the figures of a release's checks", () => {
  it('count what passed without a warning, of what has a verdict', () => {
    const checks = [result('pass'), result('pass'), result('warn')];

    expect(verificationOf(checks, 5)).toEqual({
      asked: 5,
      passed: 2,
      warned: 1,
      failed: 0,
      passRate: 66.7,
      observabilityCoverage: null,
    });
  });

  it('have no rate before there is a verdict', () => {
    expect(verificationOf([], 2)).toMatchObject({ asked: 2, passRate: null });
  });

  it('take the least coverage that a check found', () => {
    const checks = [
      result('pass', { observabilityCoverage: 100 }),
      result('fail', { observabilityCoverage: 62.5 }),
      result('pass'),
    ];

    expect(verificationOf(checks, 3)).toMatchObject({ failed: 1, observabilityCoverage: 62.5 });
  });
});
