import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckDeps } from '../../../lib/checks/index.ts';
import { faultyDirectory } from '../../../scripts/demo-checks/build.ts';
import { faultsOf, shopCheck, verdictOn } from '../../support/fault-check.ts';
import { type RunningShop, startShop } from '../../support/faulty.ts';
import { checkFilesOf } from '../../support/version-files.ts';

let blue: RunningShop;

beforeAll(async () => {
  blue = await startShop(null);
});

afterAll(() => blue.stop());

/** Those of the shop, with what a fault changes. */
function dashboardsOf(fault: string | null): Record<string, string> {
  const layers = ['good', fault].flatMap((it) =>
    it === null ? [] : path.join(faultyDirectory, it),
  );
  const files = layers.flatMap((layer) =>
    globSync('dashboards/*.json', { cwd: layer }).map((file) => [
      file,
      readFileSync(path.join(layer, file), 'utf8'),
    ]),
  );
  return Object.fromEntries(files);
}

/** What the local platform tells of a shop that it runs. */
function platformOf(fault: string | null, shop: RunningShop): Partial<CheckDeps> {
  return {
    recentOutput: (id) => (id === shop.environment ? shop.output() : null),
    files: checkFilesOf(dashboardsOf(fault)),
  };
}

async function verdict(fault: string | null, check = 'telemetry') {
  const green = await startShop(fault, { VERDIGRIS_VERSION: 'two' });
  const made = await shopCheck(check, platformOf(fault, green));
  const answer = await verdictOn(made, { green, blue });
  await green.stop();
  return answer;
}

describe('the telemetry check of the shop', () => {
  it('passes a second copy of the good shop', async () => {
    const answer = await verdict(null);

    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: '100% of the telemetry is there (9 of 9)',
      effects: { observabilityCoverage: 100 },
    });
  });

  it.each(faultsOf('telemetry'))('catches $name', async ({ name, check, says }) => {
    const answer = await verdict(name, check);

    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toContain(says);
  });
});
