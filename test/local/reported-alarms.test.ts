import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createWorkplace, type Workplace } from '../../scripts/demo/storefront.ts';
import { type RunningConductor, releaseIs, startConductor } from '../support/local-conductor.ts';

const secret = 'alertmanager-secret-0123456789';

let place: Workplace;
let conductor: RunningConductor;

beforeEach(async () => {
  place = await createWorkplace();
  const secrets = path.join(place.directory, 'secrets.yml');
  writeFileSync(secrets, stringify({ alertmanager: secret }));
  chmodSync(secrets, 0o600);
  const file = path.join(place.directory, 'storefront.yml');
  const manifest = {
    ...parse(readFileSync(file, 'utf8')),
    signals: {
      kind: 'reported-alarms',
      alarms: {
        'storefront-5xx': { alertname: 'HighErrorRate', labels: { service: 'storefront' } },
      },
    },
    webhooks: [{ kind: 'alertmanager', secret: 'alertmanager' }],
    watch: { window: '2s', interval: '1s', alarms: ['storefront-5xx'] },
  };
  writeFileSync(file, stringify(manifest));
  conductor = await startConductor(place);
});

afterEach(async () => {
  await conductor.stop();
  place.remove();
});

/** As Alertmanager posts it. */
function alert(status: 'firing' | 'resolved', startsAt: number) {
  const isOver = status === 'resolved';
  const alerts = [
    {
      status,
      labels: { alertname: 'HighErrorRate', service: 'storefront', severity: 'critical' },
      annotations: { summary: '9 % of 240 requests fail' },
      startsAt: new Date(startsAt).toISOString(),
      endsAt: isOver ? new Date().toISOString() : '0001-01-01T00:00:00Z',
      fingerprint: '1a30ba71cca2921f',
    },
  ];
  const group = { groupKey: '{}:{alertname="HighErrorRate"}', truncatedAlerts: 0 };
  return JSON.stringify({ version: '4', status, receiver: 'verdigris', ...group, alerts });
}

async function tell(body: string, token = secret): Promise<number> {
  const answer = await fetch(`${conductor.url}/webhooks/alertmanager`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  });
  await answer.body?.cancel();
  return answer.status;
}

async function release(version: string): Promise<string> {
  const artifact = { uri: place.artifact(version), version };
  return (await conductor.api.startRelease({ service: 'storefront', artifact })).releaseId;
}

const ended = (id: string) => releaseIs(conductor, id, (it) => it.outcome !== null);

async function liveVersion(): Promise<string> {
  const answer = await fetch(`${place.storefrontUrl}/healthz`);
  return ((await answer.json()) as { version: string }).version;
}

async function applyWatch(watch: object): Promise<void> {
  const source = parse(readFileSync(path.join(place.directory, 'storefront.yml'), 'utf8'));
  await conductor.api.applyManifest('storefront', {
    ...source,
    watch: { ...source.watch, ...watch },
  });
}

describe('alerts of Alertmanager', () => {
  it('undo the release that is watched, at once, and only with the secret', async () => {
    expect((await ended(await release('v1'))).outcome).toBe('completed');
    await applyWatch({ window: '120s' });
    const id = await release('v2');
    await releaseIs(conductor, id, (it) => it.phase === 'watching');
    expect(await liveVersion()).toBe('v2');

    expect(await tell(alert('firing', Date.now()), 'not-the-secret-000000')).toBe(401);
    expect((await conductor.api.release(id)).outcome).toBeNull();
    expect(await tell(alert('firing', Date.now()))).toBe(200);
    const status = await ended(id);

    expect(status.outcome).toBe('rolled-back');
    expect(status.reason).toContain('9 % of 240 requests fail');
    expect(status.traffic).toEqual({ [status.blue?.id ?? '']: 100 });
    expect(status.timings.detectToRestoredMs).toBeLessThan(5000);
    expect(await liveVersion()).toBe('v1');
  }, 60_000);

  it('keep a release from beginning while they fire, also after a restart, until they are over (rule 11)', async () => {
    expect((await ended(await release('v1'))).outcome).toBe('completed');
    const began = Date.now() - 60_000;
    expect(await tell(alert('firing', began))).toBe(200);
    await conductor.stop();
    conductor = await startConductor(place);

    const refused = await ended(await release('v2'));
    expect(refused).toMatchObject({ outcome: 'refused', green: null });
    expect(refused.reason).toMatch(/storefront-5xx/);
    expect(await liveVersion()).toBe('v1');

    expect(await tell(alert('resolved', began))).toBe(200);
    expect((await ended(await release('v2'))).outcome).toBe('completed');
    expect(await liveVersion()).toBe('v2');
  }, 60_000);
});
