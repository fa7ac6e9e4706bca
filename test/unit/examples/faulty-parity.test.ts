import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckVerdict } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import type { Environment } from '../../../lib/environments/environment.ts';
import { createEnvironment } from '../../../lib/environments/index.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import type { AdapterConfig, JsonObject } from '../../../lib/release/json.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { buildVersion } from '../../../scripts/demo-checks/build.ts';
import { readFaults } from '../../../scripts/demo-checks/faults.ts';
import { assembleManifest } from '../../../scripts/demo-checks/manifest.ts';
import { checkContext } from '../../support/check-context.ts';
import {
  eventually,
  openWorkshop,
  realClock,
  realTimers,
  type Workshop,
} from '../environments/process-harness.ts';

const kinds = ['parity', 'secrets', 'security'];
const faults = readFaults().filter(({ kind }) => kinds.includes(kind));
const token = 'a token for tests';
const facts = {
  ...{ DATABASE_URL: null, DATABASE_HOST: null, DATABASE_PORT: null },
  ...{ SESSION_SECRET: 'secret', PAYMENTS_KEY: 'key', PROBE_TOKEN: token },
};

let workshop: Workshop;
let deps: Parameters<typeof createEnvironment>[2];
let checks: (AdapterConfig & { name: string })[];
let blue: Running;

/** A version of the shop that a supervisor runs, by its manifest. */
interface Running {
  ref: EnvironmentRef;
  environment: Environment;
}

async function start(overlay: string | null, version: string, differs: JsonObject = {}) {
  const folder = `${workshop.directory}/artifacts/${version}`;
  await buildVersion(overlay, folder);
  const { source } = assembleManifest(facts, [differs]);
  const environment = await createEnvironment(source.environment as never, 'storefront', deps);
  const artifact = { uri: folder, version };
  const look = async () => {
    const ref = await environment.provision(artifact, version);
    return ref && { ref, ...(await environment.status(ref)) };
  };
  const found = await eventually(`${version} starting`, look, (it) => it?.state !== 'pending');
  if (found?.state !== 'ready') throw new Error(`${version}: ${found?.reason}`);
  return { ref: found.ref, environment };
}

async function ask(config: AdapterConfig, green: Running): Promise<CheckVerdict> {
  const check = await createCheck(config, { timers: realTimers, clock: realClock });
  const context = checkContext({
    blue: blue.ref,
    green: green.ref,
    describe: (ref) => (ref.id === green.ref.id ? green : blue).environment.describe(ref),
    secret: async (name) => (name === 'probe-token' ? token : `no ${name}`),
  });
  return (await check.run(context)) as CheckVerdict;
}

beforeAll(async () => {
  workshop = await openWorkshop();
  const supervisor = workshop.supervisor('faulty');
  deps = { supervisor, clock: realClock, timers: realTimers, log: silentLogger };
  const { source } = assembleManifest(facts);
  checks = (source.checks as typeof checks).filter(({ kind }) => kinds.includes(kind));
  blue = await start(null, 'good');
});

afterAll(() => workshop.close());

describe('a good version', () => {
  it('passes all of them, and none tells a secret', async () => {
    const green = await start(null, 'good-2');
    const answers = await Promise.all(checks.map((config) => ask(config, green)));
    expect(checks.map(({ name }) => name)).toEqual(kinds);
    expect(answers.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(JSON.stringify(answers)).not.toContain(token);
  });
});

describe('a faulty version', () => {
  it('comes in five sorts at least', () => {
    expect(faults.length).toBeGreaterThanOrEqual(5);
  });

  it.each(faults)('is caught: $name', async ({ name, kind, check, says, manifest }) => {
    const green = await start(name, name, manifest);
    const config = checks.find((it) => it.name === check);
    const answer = config && (await ask(config, green));
    expect(config?.kind).toBe(kind);
    expect(answer?.verdict).toBe('fail');
    expect(answer?.summary.slice(0, 200)).toContain(says);
  });
});
