import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckVerdict } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import { type Fault, readFaults } from '../../../scripts/demo-checks/faults.ts';
import { assembleManifest } from '../../../scripts/demo-checks/manifest.ts';
import { checkContext } from '../../support/check-context.ts';
import { type RunningShop, startShop } from '../../support/faulty.ts';
import { realTimers } from '../environments/process-harness.ts';

const kinds = ['session', 'connections', 'network'];
const faults = readFaults().filter(({ kind }) => kinds.includes(kind));
/** Stands for the database, to which the shop only has to connect. */
const database = createServer((socket) => socket.destroy());

let blue: RunningShop;
let checks: (AdapterConfig & { name: string })[];

beforeAll(async () => {
  await once(database.listen(0, '127.0.0.1'), 'listening');
  const { port } = database.address() as AddressInfo;
  const secrets = { SESSION_SECRET: 'secret', PAYMENTS_KEY: 'key', PROBE_TOKEN: 'probe' };
  const facts = { DATABASE_URL: '', DATABASE_HOST: '127.0.0.1', DATABASE_PORT: port, ...secrets };
  const { source } = assembleManifest(facts);
  checks = (source.checks as typeof checks).filter(({ kind }) => kinds.includes(kind));
  blue = await startShop(null);
});

afterAll(async () => {
  await blue.stop();
  database.close();
});

async function ask(config: AdapterConfig, green: RunningShop): Promise<CheckVerdict> {
  const check = await createCheck(config, { timers: realTimers });
  const refOf = ({ address, environment, version }: RunningShop) => ({
    ...{ id: environment, kind: 'process', version, address, attributes: {} },
  });
  const secret = async (name: string) => (name === 'probe-token' ? 'probe' : `no ${name}`);
  const context = checkContext({ blue: refOf(blue), green: refOf(green), secret });
  return (await check.run(context)) as CheckVerdict;
}

/** What a fault changes in the environment of the process, by way of the manifest. */
function envOf({ manifest }: Fault): Record<string, string> {
  const { env } = (manifest.environment ?? {}) as { env?: Record<string, string> };
  return env ?? {};
}

describe('a good version', () => {
  it('passes all of them', async () => {
    const green = await startShop(null, { VERDIGRIS_VERSION: 'good-2' });
    const answers = await Promise.all(checks.map((config) => ask(config, green)));
    await green.stop();
    expect(checks.map(({ name }) => name).toSorted()).toEqual(
      ['connections', 'network', 'outbound', 'session', 'session-of-apps'].toSorted(),
    );
    expect(answers.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  });
});

describe('a faulty version', () => {
  it('comes in five sorts at least', () => {
    expect(faults.length).toBeGreaterThanOrEqual(5);
  });

  it.each(faults)('is caught: $name', async (fault) => {
    const green = await startShop(fault.name, envOf(fault));
    const config = checks.find(({ name }) => name === fault.check);
    const answer = config && (await ask(config, green));
    await green.stop();
    expect(config?.kind).toBe(fault.kind);
    expect(answer?.verdict).toBe('fail');
    expect(answer?.summary.slice(0, 200)).toContain(fault.says);
  });
});
