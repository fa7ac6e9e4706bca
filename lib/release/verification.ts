import type { CheckResult } from './document.ts';

/** How green's checks went. Rates are percent, null until there is something to count. */
export interface Verification {
  /** How many checks the manifest asks for. */
  asked: number;
  passed: number;
  warned: number;
  failed: number;
  /** Of the checks that have a verdict: those that passed without a warning. */
  passRate: number | null;
  /** What of the telemetry that is asked for green has: the least that a check found. */
  observabilityCoverage: number | null;
}

/** The figures of a release's checks. @param asked How many the manifest asks for. */
export function verificationOf(checks: readonly CheckResult[], asked: number): Verification {
  const count = (verdict: CheckResult['verdict']) =>
    checks.filter((check) => check.verdict === verdict).length;
  const passed = count('pass');
  const coverages = checks.flatMap(({ effects }) => effects?.observabilityCoverage ?? []);
  return {
    asked,
    passed,
    warned: count('warn'),
    failed: count('fail'),
    passRate: checks.length === 0 ? null : toOneDecimal((passed / checks.length) * 100),
    observabilityCoverage: coverages.length === 0 ? null : Math.min(...coverages),
  };
}

function toOneDecimal(value: number): number {
  return Math.round(value * 10) / 10;
}
