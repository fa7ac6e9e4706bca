import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { ReleaseStatus } from '../../lib/http/api.ts';
import { createWorkplace, type Workplace } from '../../scripts/demo/storefront.ts';
import { type RunningConductor, releaseIs, startConductor } from '../support/local-conductor.ts';

let place: Workplace;
let conductor: RunningConductor;

beforeEach(async () => {
  place = await createWorkplace();
  const file = path.join(place.directory, 'storefront.yml');
  const shipped = parse(readFileSync(file, 'utf8'));
  const through = { url: place.storefrontUrl, header: { name: 'x-preview' } };
  const manifest = {
    ...shipped,
    router: {
      ...shipped.router,
      ...{ preview: { header: 'x-preview' }, remember: { requests: 50 } },
    },
    checks: [
      {
        ...{ kind: 'http', name: 'through the router', path: '/healthz', through },
        expect: { json: { version: '{version}' } },
      },
      { kind: 'journey', through, steps: [{ path: '/products' }] },
      { kind: 'replay', source: 'traffic' },
    ],
    approval: { required: true },
    watch: { window: '300ms', interval: '100ms' },
  };
  writeFileSync(file, stringify(manifest));
  conductor = await startConductor(place);
});

afterEach(async () => {
  await conductor.stop();
  place.remove();
});

/** Begins a release of the first version and waits for its checks; nobody has approved it yet. */
async function validated(version: string) {
  const artifact = { uri: place.artifact('v1'), version };
  const { releaseId } = await conductor.api.startRelease({ service: 'storefront', artifact });
  return releaseIs(conductor, releaseId, (it) => it.phase === 'awaiting-approval' || !!it.outcome);
}

async function versionSeen(headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${place.storefrontUrl}/healthz`, { headers });
  return ((await answer.json()) as { version: string }).version;
}

/** What each check said, by its name: verdict and summary. */
function verdictsOf({ events }: ReleaseStatus): Record<string, [string, string]> {
  const finished = events.filter(({ type }) => type === 'Check Finished');
  return Object.fromEntries(
    finished.map(({ summary, data }) => {
      const [name, verdict] = [String(data.name), String(data.verdict)];
      return [name, [verdict, summary.slice(`${name}: ${verdict}, `.length)]];
    }),
  );
}

describe('a green that nobody has approved yet', () => {
  it('is reached by checks, and by whoever knows its id; users stay on blue', async () => {
    const first = await validated('first');
    expect(Object.keys(verdictsOf(first)).toSorted()).toEqual([
      ...['journey', 'replay', 'through the router'],
    ]);
    expect(new Set(Object.values(verdictsOf(first)).map(([verdict]) => verdict))).toEqual(
      new Set(['pass']),
    );
    await conductor.api.approve(first.releaseId, {});
    await releaseIs(conductor, first.releaseId, ({ outcome }) => outcome === 'completed');
    for (const asked of ['/', '/products', '/products', '/healthz?who=me'])
      await (await fetch(`${place.storefrontUrl}${asked}`)).arrayBuffer();

    const second = await validated('second');
    expect(second.phase).toBe('awaiting-approval');
    expect(verdictsOf(second).replay).toEqual([
      ...['pass', expect.stringMatching(/^2 requests are answered as on blue/)],
    ]);
    expect(await versionSeen({ 'x-preview': second.green?.id ?? '' })).toBe('second');
    expect(await versionSeen({ 'x-preview': second.blue?.id ?? '' })).toBe('first');
    expect(await versionSeen()).toBe('first');
    await conductor.api.reject(second.releaseId, {});
    await releaseIs(conductor, second.releaseId, ({ outcome }) => outcome === 'discarded');
    const gone = { headers: { 'x-preview': second.green?.id ?? '' } };
    await expect.poll(async () => (await fetch(place.storefrontUrl, gone)).status).toBe(404);
  });

  it('does not keep the conductor from ending while people are asked', async () => {
    const { phase } = await validated('v1');
    expect(phase).toBe('awaiting-approval');
    expect(await conductor.stop()).toBe(0);
  });
});
