import { describe, expect, it } from 'vitest';
import type { ChecksReport } from '../../scripts/demo-checks/judge.ts';
import { whyNoPostgres } from '../../scripts/postgres/cluster.ts';
import { runScript } from '../support/local-conductor.ts';

const script = 'scripts/demo-checks.ts';
// Where it can be had it is there before the demo runs, so that the demo has nothing to say about it.
const missing = whyNoPostgres();
if (missing) console.warn(`The demo runs without a database: ${missing}`);

describe('npm run demo:checks', () => {
  it('shows that a fault is caught before a user sees it', async () => {
    const { code, stdout, stderr } = await runScript(script, ['--only', 'wrong-price', '--json']);

    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as ChecksReport;
    expect(report.good.map(({ version, outcome }) => [version, outcome])).toEqual([
      ['blue', 'completed'],
      ['good', 'completed'],
    ]);
    expect(report.kinds.map(({ falseAlarms }) => falseAlarms)).not.toContain(1);
    const [fault, ...others] = report.faults;
    expect(others).toEqual([]);
    expect(fault).toMatchObject({
      ...{ version: 'wrong-price', outcome: 'discarded', problem: null, requestsOfUsers: 0 },
    });
    const caught = fault?.caughtBy.find(({ name }) => name === 'products');
    expect(caught).toMatchObject({ kind: 'http', verdict: 'fail' });
    expect(caught?.summary).toContain('products.0.price is "12.00" instead of 12');
    expect(report.traffic.requests).toBeGreaterThan(100);
    expect(report.traffic.versions).not.toHaveProperty('wrong-price');
    expect(report).toMatchObject({ isAsExpected: true, traffic: { onFaults: 0, failed: 0 } });
    expect(code).toBe(0);
  }, 120_000);

  it('counts false alarms in releases of the good shop', async () => {
    const { code, stdout } = await runScript(script, ['--runs', '2', '--json']);

    const report = JSON.parse(stdout) as ChecksReport;
    expect(report.good.map(({ version }) => version)).toEqual(['blue', 'good-1', 'good-2']);
    expect(report.faults).toEqual([]);
    expect(report.kinds.find(({ kind }) => kind === 'http')).toMatchObject({ falseAlarms: 0 });
    expect(code).toBe(0);
  }, 120_000);

  it.each([
    [['--jsn'], '--jsn'],
    [['--only', 'wrong-prise'], 'did you mean wrong-price?'],
    [['--runs', 'many'], 'needs a whole number'],
  ])('refuses what it cannot do: %j', async (args, reason) => {
    const { code, stdout, stderr } = await runScript(script, args);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: .+\n$/);
    expect(stderr).toContain(reason);
  });
});
