import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createCheck } from '../../../lib/checks/index.ts';
import { createProcessEnvironment } from '../../../lib/environments/process.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { checkContext } from '../../support/check-context.ts';
import {
  eventually,
  isRunning,
  openWorkshop,
  realClock,
  realTimers,
  type Workshop,
} from './process-harness.ts';

const storefront = join(import.meta.dirname, '../../../examples/storefront');
const manifest = parse(readFileSync(join(storefront, 'storefront.yml'), 'utf8'));

let workshop: Workshop;

beforeAll(async () => {
  workshop = await openWorkshop();
});

afterAll(() => workshop.close());

function shop(name: string) {
  const supervisor = workshop.supervisor(name);
  const deps = { clock: realClock, timers: realTimers, log: silentLogger, supervisor };
  return createProcessEnvironment(manifest.environment, 'storefront', deps);
}

async function ready(version: string): Promise<EnvironmentRef> {
  const environment = shop(version);
  const ref = await environment.provision({ uri: join(storefront, version), version }, 'r1');
  const status = await eventually(
    'readiness',
    () => environment.status(ref),
    ({ state }) => state !== 'pending',
  );
  expect(status.state).toBe('ready');
  return ref;
}

async function verdictsOf(green: EnvironmentRef): Promise<Record<string, string>> {
  const context = checkContext({ service: 'storefront', green });
  const verdicts: Record<string, string> = {};
  for (const config of manifest.checks) {
    const check = await createCheck(config, { timers: realTimers });
    const answer = await check.run(context);
    verdicts[config.name] = answer.verdict;
  }
  return verdicts;
}

async function statusesOf(ref: EnvironmentRef, headers: Record<string, string>): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < 20; i += 1) {
    const response = await fetch(`${ref.address}/products`, { headers });
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  return statuses;
}

describe('the storefront example', () => {
  it.each(['v1', 'v2', 'v3', 'v4'])('%s passes its checks', async (version) => {
    const ref = await ready(version);
    expect(await verdictsOf(ref)).toEqual({ health: 'pass', products: 'pass' });
    const page = await fetch(`${ref.address}/`).then((response) => response.text());
    expect(page).toContain(`Storefront ${version}`);
    expect((await fetch(`${ref.address}/cart`)).status).toBe(200);
    expect((await fetch(`${ref.address}/nowhere`)).status).toBe(404);
  });

  it('v5 becomes ready and fails its checks', async () => {
    expect(await verdictsOf(await ready('v5'))).toEqual({ health: 'pass', products: 'fail' });
  });

  it('v3 fails a fifth of what comes through a proxy, and nothing else', async () => {
    const ref = await ready('v3');
    const direct = await statusesOf(ref, {});
    const proxied = await statusesOf(ref, { 'x-forwarded-for': '203.0.113.7' });
    expect(direct.filter((status) => status === 500)).toHaveLength(0);
    expect(proxied.filter((status) => status === 500)).toHaveLength(4);
  });

  it('ends its open streams and itself when it is retired', async () => {
    const environment = shop('streams');
    const artifact = { uri: join(storefront, 'v1'), version: 'v1' };
    const ref = await environment.provision(artifact, 'r2');
    await eventually(
      'readiness',
      () => environment.status(ref),
      ({ state }) => state === 'ready',
    );
    const stream = await fetch(`${ref.address}/events`);
    await environment.retire(ref);
    expect(await stream.text()).toContain('data: {"version":"v1"');
    await eventually(
      'the end',
      () => isRunning(Number(ref.attributes.pid)),
      (running) => !running,
    );
  });
});
