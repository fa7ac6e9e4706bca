import { describe, expect, it } from 'vitest';
import type { DemoReport } from '../../scripts/demo/report.ts';
import { runScript } from '../support/local-conductor.ts';

describe('npm run demo -- --json', () => {
  it('prints one document: every outcome as expected, no request failed by a switch', async () => {
    const { code, stdout, stderr } = await runScript('scripts/demo.ts', ['--json']);

    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as DemoReport;
    expect(report.releases.map(({ version, outcome }) => [version, outcome])).toEqual([
      ['v1', 'completed'],
      ['v2', 'completed'],
      ['v3', 'rolled-back'],
      ['v4', 'rolled-back'],
      ['v5', 'discarded'],
      ['v2', 'rolled-back'],
    ]);
    expect(report.traffic.failedBySwitch).toBe(0);
    expect(report.traffic.requests).toBeGreaterThan(500);
    expect(report.releases[2]?.reason).toContain('alarm storefront-5xx');
    expect(report.releases[3]?.reason).toContain('latencyP95');
    expect(report.releases[4]?.requestsOnGreen).toBe(0);
    expect(code).toBe(0);
  }, 120_000);

  it('refuses an option that it does not know', async () => {
    const { code, stderr } = await runScript('scripts/demo.ts', ['--jsn']);
    expect(code).toBe(2);
    expect(stderr).toContain('--jsn');
  });
});
