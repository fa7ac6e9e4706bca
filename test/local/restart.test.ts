import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createWorkplace, startTraffic, type Workplace } from '../../scripts/demo/storefront.ts';
import { type RunningConductor, releaseIs, startConductor } from '../support/local-conductor.ts';

let place: Workplace;
let conductor: RunningConductor | undefined;

beforeEach(async () => {
  place = await createWorkplace();
});

afterEach(async () => {
  await conductor?.stop();
  conductor = undefined;
  place.remove();
});

function changeManifest(change: (manifest: Record<string, unknown>) => Record<string, unknown>) {
  const file = path.join(place.directory, 'storefront.yml');
  writeFileSync(file, stringify(change(parse(readFileSync(file, 'utf8')))));
}

const watchFor = (window: string) =>
  changeManifest((it) => ({ ...it, watch: { window, interval: '1s' } }));

async function release(running: RunningConductor, version: string) {
  const artifact = { uri: place.artifact(version), version };
  return (await running.api.startRelease({ service: 'storefront', artifact })).releaseId;
}

async function liveVersion(): Promise<string> {
  const answer = await fetch(`${place.storefrontUrl}/healthz`);
  return ((await answer.json()) as { version: string }).version;
}

async function completeFirst(running: RunningConductor): Promise<string> {
  const id = await release(running, 'v1');
  const status = await releaseIs(running, id, (it) => it.outcome !== null);
  expect(status.outcome).toBe('completed');
  return id;
}

describe('a conductor that is killed in the middle of a release', () => {
  it('puts traffic back on blue when it is started again, and ends the release (rules 2 and 7)', async () => {
    watchFor('3s');
    conductor = await startConductor(place);
    await completeFirst(conductor);
    watchFor('120s');
    await conductor.stop();
    conductor = await startConductor(place);

    const id = await release(conductor, 'v2');
    await releaseIs(conductor, id, (it) => it.phase === 'watching');
    expect(await liveVersion()).toBe('v2');
    await conductor.kill();

    conductor = await startConductor(place);
    const status = await releaseIs(conductor, id, (it) => it.outcome !== null);
    expect(status.outcome).toBe('rolled-back');
    expect(status.traffic).toEqual({ [status.blue?.id ?? '']: 100 });
    expect(await liveVersion()).toBe('v1');
    expect(status.events.map((event) => event.type)).toContain('Execution Ended');
  }, 60_000);

  it('adopts the processes that still run, and nothing is served by a stranger', async () => {
    watchFor('3s');
    conductor = await startConductor(place);
    const id = await completeFirst(conductor);
    const before = (await conductor.api.release(id)).green?.address;
    await conductor.kill();

    conductor = await startConductor(place);
    expect(await liveVersion()).toBe('v1');
    const answer = await fetch(`${before}/healthz`);
    expect(((await answer.json()) as { version: string }).version).toBe('v1');
  }, 60_000);
});

describe('an orderly stop', () => {
  it('ends every process with exit code 0, and the next start brings the live version back', async () => {
    watchFor('3s');
    conductor = await startConductor(place);
    const id = await completeFirst(conductor);
    const address = (await conductor.api.release(id)).green?.address;
    expect(await conductor.stop()).toBe(0);
    await expect(fetch(`${address}/healthz`)).rejects.toThrow();

    conductor = await startConductor(place);
    expect(await liveVersion()).toBe('v1');
  }, 60_000);
});

describe('a manual rollback under traffic', () => {
  it('fails no request of a completed release, nor of one that is running', async () => {
    watchFor('2s');
    conductor = await startConductor(place);
    await completeFirst(conductor);
    const traffic = startTraffic(place.storefrontUrl, 100);
    const id = await release(conductor, 'v2');
    await releaseIs(conductor, id, (it) => it.outcome === 'completed');
    await conductor.api.rollbackService('storefront', { reason: 'second thoughts' });
    await releaseIs(conductor, id, (it) => it.outcome === 'rolled-back');

    const again = await release(conductor, 'v2');
    await releaseIs(conductor, again, (it) => it.phase === 'watching');
    await conductor.api.rollback(again, {});
    const status = await releaseIs(conductor, again, (it) => it.outcome !== null);
    expect(status.outcome).toBe('rolled-back');

    const counts = await traffic.stop();
    expect(counts.requests).toBeGreaterThan(100);
    expect(counts.reasons).toEqual({});
    expect(await liveVersion()).toBe('v1');
  }, 60_000);
});
