import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import {
  createWorkplace,
  startTraffic,
  type Traffic,
  type Workplace,
} from '../../scripts/demo/storefront.ts';
import {
  type RunningConductor,
  releaseIs,
  runScript,
  startConductor,
} from '../support/local-conductor.ts';

let place: Workplace;
let conductor: RunningConductor;
let traffic: Traffic | null = null;

beforeEach(async () => {
  place = await createWorkplace();
  const { signals: _, ...manifest } = place.manifest;
  const quick = {
    ...manifest,
    // Nothing takes a bad version back: what is left is the budget.
    watch: { window: '3s', interval: '1s' },
    slo: { availability: '99.99%', window: '1h' },
  };
  writeFileSync(path.join(place.directory, 'storefront.yml'), stringify(quick));
  conductor = await startConductor(place);
});

afterEach(async () => {
  await traffic?.stop();
  traffic = null;
  await conductor.stop();
  place.remove();
});

const artifact = (version: string) => ({ uri: place.artifact(version), version });

async function release(version: string): Promise<string | null> {
  const { releaseId } = await conductor.api.startRelease({
    service: 'storefront',
    artifact: artifact(version),
  });
  return (await releaseIs(conductor, releaseId, (it) => it.outcome !== null)).outcome;
}

async function verdigris(...args: string[]): Promise<string> {
  const env = { VERDIGRIS_URL: conductor.url, VERDIGRIS_TOKEN: conductor.token };
  const { stdout, stderr } = await runScript('cli/main.ts', args, { cwd: place.directory, env });
  return stdout + stderr;
}

it('freezes a service whose release failed its users, over a restart, until somebody lifts that', async () => {
  expect(await release('v1')).toBe('completed');
  traffic = startTraffic(place.storefrontUrl, 100);
  expect(await release('v3')).toBe('completed');

  const frozen =
    /storefront-v3-\w+ burnt [\d.]+% of the error budget, more than 50% \(\d+ errors of/;
  expect(await verdigris('freezes')).toMatch(frozen);
  const status = await verdigris('status', 'storefront');
  expect(status).toMatch(/budget +-[\d.]+% of 1h left, the last release burnt \d[\d.]*%/);
  expect(await verdigris('status')).toMatch(/BUDGET LEFT +FROZEN\n.*-[\d.]+%/);

  await conductor.stop();
  conductor = await startConductor(place);
  const refused = conductor.api.startRelease({ service: 'storefront', artifact: artifact('v2') });
  await expect(refused).rejects.toThrow(/stopped by its error budget.*unfreeze storefront/);
  expect((await conductor.api.services()).services[0]?.liveVersion).toBe('v3');

  expect(await verdigris('unfreeze', 'storefront')).toContain('free again');
  expect(await release('v2')).toBe('completed');
  expect(await verdigris('freezes')).toBe('nothing is frozen\n');
});
