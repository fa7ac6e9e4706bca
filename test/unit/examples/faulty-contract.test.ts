import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckVerdict } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import { faultyDirectory } from '../../../scripts/demo-checks/build.ts';
import { readFaults } from '../../../scripts/demo-checks/faults.ts';
import { assembleManifest } from '../../../scripts/demo-checks/manifest.ts';
import { checkContext } from '../../support/check-context.ts';
import { type RunningShop, startShop } from '../../support/faulty.ts';
import { realTimers } from '../environments/process-harness.ts';

const kinds = ['contract', 'cache', 'function'];
const faults = readFaults().filter(({ kind }) => kinds.includes(kind));
const facts = { DATABASE_URL: null, DATABASE_HOST: null, DATABASE_PORT: null };
const secrets = { SESSION_SECRET: 'secret', PAYMENTS_KEY: 'key', PROBE_TOKEN: 'probe' };

let blue: RunningShop;
let checks: (AdapterConfig & { name: string })[];

beforeAll(async () => {
  const { source } = assembleManifest({ ...facts, ...secrets });
  checks = (source.checks as typeof checks).filter(({ kind }) => kinds.includes(kind));
  blue = await startShop(null);
});

afterAll(() => blue.stop());

async function ask(config: AdapterConfig, green: RunningShop): Promise<CheckVerdict> {
  const deps = { timers: realTimers, baseDirectory: faultyDirectory };
  const check = await createCheck(config, deps);
  const refOf = ({ address, environment, version }: RunningShop) => ({
    ...{ id: environment, kind: 'process', version, address, attributes: {} },
  });
  const context = checkContext({ blue: refOf(blue), green: refOf(green) });
  return (await check.run(context)) as CheckVerdict;
}

describe('a good version', () => {
  it('passes all of them', async () => {
    const green = await startShop(null, { VERDIGRIS_VERSION: 'good-2' });
    const answers = await Promise.all(checks.map((config) => ask(config, green)));
    await green.stop();
    expect(checks.map(({ kind }) => kind).toSorted()).toEqual(kinds.toSorted());
    expect(answers.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(answers.map(({ summary }) => summary)).toEqual([
      expect.stringMatching(/^1 page kept for 0s at most, 3 files; 2 warmed, from /),
      expect.stringMatching(/^green keeps \d+ operations, \d+ answers by blue's document$/),
      '2 things cost 234, which is their sum',
    ]);
  });
});

describe('a faulty version', () => {
  it('comes in seven sorts', () => {
    expect(faults.map(({ kind }) => kind)).toEqual([
      ...['cache', 'cache', 'cache', 'contract', 'contract', 'contract', 'function'],
    ]);
  });

  it.each(faults)('is caught, by nothing else of these: $name', async (fault) => {
    const green = await startShop(fault.name);
    const answers = await Promise.all(
      checks.map(async (config) => ({ config, answer: await ask(config, green) })),
    );
    await green.stop();
    const failed = answers.filter(({ answer }) => answer.verdict === 'fail');
    expect(failed.map(({ config }) => config.name ?? config.kind)).toEqual([fault.check]);
    expect(failed[0]?.answer.summary.slice(0, 200)).toContain(fault.says);
  });
});
