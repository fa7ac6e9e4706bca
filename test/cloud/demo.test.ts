import { describe, expect, it } from 'vitest';
import { skippedGuarantees } from '../../scripts/cloud/guarantees.ts';
import type { CloudDemoReport } from '../../scripts/demo-cloud/report.ts';
import { runScript } from '../support/local-conductor.ts';

describe('npm run demo:cloud -- --json', () => {
  it('prints one document: one release for equal events, no invocation lost by a switch', async () => {
    const { code, stdout, stderr } = await runScript('scripts/demo-cloud.ts', ['--json']);

    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as CloudDemoReport;
    expect(report.releases.map(({ version, outcome }) => [version, outcome])).toEqual([
      ['v2', 'completed'],
      ['v3', 'rolled-back'],
    ]);
    expect(report.releases[1]?.reason).toContain('alarm storefront-errors');
    expect(report.executions).toEqual({ v2: 1, v3: 1 });
    expect(report.traffic.failedBySwitch).toBe(0);
    expect(report.traffic.requests).toBeGreaterThan(100);
    expect(report.skippedGuarantees).toEqual(skippedGuarantees);
    expect(code).toBe(0);
  }, 300_000);

  it('refuses an option that it does not know', async () => {
    const { code, stderr } = await runScript('scripts/demo-cloud.ts', ['--jsn']);
    expect(code).toBe(2);
    expect(stderr).toContain('--jsn');
  });
});
