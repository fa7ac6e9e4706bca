import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckVerdict } from '../../../lib/checks/check.ts';
import { createArtifactFiles } from '../../../lib/checks/files/artifact.ts';
import { type CheckDeps, createCheck } from '../../../lib/checks/index.ts';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import { faultyDirectory } from '../../../scripts/demo-checks/build.ts';
import { readFaults } from '../../../scripts/demo-checks/faults.ts';
import { assembleManifest } from '../../../scripts/demo-checks/manifest.ts';
import { checkContext } from '../../support/check-context.ts';
import { type RunningShop, startShop } from '../../support/faulty.ts';
import { realIds, realTimers } from '../environments/process-harness.ts';

const kinds = ['http', 'journey', 'replay'];
const faults = readFaults().filter(({ kind }) => kinds.includes(kind));
const facts = { DATABASE_URL: null, DATABASE_HOST: null, DATABASE_PORT: null };
const secrets = { SESSION_SECRET: 'secret', PAYMENTS_KEY: 'key', PROBE_TOKEN: 'probe' };

/** What the platform of one machine gives: files of the artifact, and what users have asked for. */
const deps: CheckDeps = {
  ...{ timers: realTimers, ids: realIds },
  files: {
    open: (_, abort) =>
      createArtifactFiles(faultyDirectory).open({ uri: 'good', version: '' }, abort),
  },
  recentRequests: () => ['/', '/products', '/cart'].map((it) => ({ path: it, accept: null })),
};

let blue: RunningShop;
let checks: (AdapterConfig & { name: string })[];

beforeAll(async () => {
  const { source } = assembleManifest({ ...facts, ...secrets });
  checks = (source.checks as typeof checks).filter(({ kind }) => kinds.includes(kind));
  blue = await startShop(null);
});

afterAll(() => blue.stop());

async function askAll(green: RunningShop) {
  const answers = checks.map(async (config) => ({ config, answer: await ask(config, green) }));
  return Promise.all(answers);
}

async function ask(config: AdapterConfig, green: RunningShop): Promise<CheckVerdict> {
  const check = await createCheck(config, deps);
  const refOf = ({ address, environment, version }: RunningShop) => ({
    ...{ id: environment, kind: 'process', version, address, attributes: {} },
  });
  return (await check.run(
    checkContext({ blue: refOf(blue), green: refOf(green) }),
  )) as CheckVerdict;
}

describe('a good version', () => {
  it('passes all requests, journeys and replays', async () => {
    const green = await startShop(null, { VERDIGRIS_VERSION: 'good-2' });
    const answers = await askAll(green);
    await green.stop();
    expect(answers.filter(({ answer }) => answer.verdict !== 'pass')).toEqual([]);
    const said = Object.fromEntries(
      answers.map(({ config, answer }) => [config.name, answer.summary]),
    );
    expect(said).toMatchObject({
      steady: '3 paths answered as expected',
      buy: 'all 7 steps went as expected, and as on blue',
      'recorded-journey': 'all 8 steps went as expected, and as on blue',
      catalogue: '7 requests are answered as on blue',
      traffic: '3 requests are answered as on blue',
    });
  });
});

describe('a faulty version', () => {
  it('comes in at least five sorts', () => {
    expect(faults.length).toBeGreaterThanOrEqual(5);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(kinds));
  });

  it.each(faults)('is caught, and says why: $name', async (fault) => {
    const green = await startShop(fault.name);
    const config = checks.find(({ name }) => name === fault.check);
    const answer = config && (await ask(config, green));
    await green.stop();
    expect(config?.kind).toBe(fault.kind);
    expect(answer?.verdict).toBe('fail');
    expect(answer?.summary.slice(0, 200)).toContain(fault.says);
    expect(JSON.stringify(answer?.evidence).length).toBeLessThan(16_384);
  });
});
