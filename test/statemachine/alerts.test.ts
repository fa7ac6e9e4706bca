import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/release/json.ts';
import type { ToldAlert } from '../../lib/release/reported-alerts.ts';
import {
  blueRef,
  createTestConductor,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';

const alarms = {
  'storefront-5xx': { alertname: 'HighErrorRate', labels: { service: 'storefront' } },
};
const manifest = (differs: JsonObject = {}, watch: JsonObject = {}) =>
  fakeManifest({
    signals: { kind: 'reported-alarms', source: 'alertmanager', alarms },
    webhooks: [{ kind: 'alertmanager', secret: 'alerts' }],
    watch: { window: '30m', interval: '60s', alarms: ['storefront-5xx'], ...watch },
    ...differs,
  });

const create = (differs?: JsonObject, watch?: JsonObject) =>
  createTestConductor({ manifest: manifest(differs, watch) });

interface Told {
  state?: ToldAlert['state'];
  /** Seconds before now. */
  startedAgo?: number;
  labels?: Record<string, string>;
  source?: 'alertmanager' | 'grafana';
  services?: string[];
}

function alertOf(
  { clock }: TestConductor,
  { state = 'firing', startedAgo = 0, labels = {} }: Told,
) {
  const at = (seconds: number) => new Date(clock.now() - seconds * 1000).toISOString();
  return {
    state,
    labels: { alertname: 'HighErrorRate', service: 'storefront', ...labels },
    annotations: { summary: '9 % of 240 requests fail' },
    startsAt: at(startedAgo),
    endsAt: state === 'resolved' ? at(0) : null,
  };
}

function tell(conductor: TestConductor, ...told: Told[]) {
  const { source = 'alertmanager', services = ['storefront'] } = told[0] ?? {};
  const alerts = told.map((it) => alertOf(conductor, it));
  return conductor.operations.reportAlerts({ source, services, alerts });
}

describe('an alert that fires while a release is watched', () => {
  it('puts all traffic back on blue at once', async () => {
    const conductor = await create();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const before = conductor.clock.now();
    expect(await tell(conductor, {})).toEqual([
      { service: 'storefront', alarm: 'storefront-5xx', state: 'firing' },
    ]);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');

    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('9 % of 240 requests fail');
    expect(conductor.clock.now() - before).toBeLessThan(5000);
    expect(await conductor.events(id)).toContain('Alarm Fired');
  });

  it('changes nothing when it is told again', async () => {
    const conductor = await create();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await tell(conductor, {});
    await conductor.outcomeOf(id);
    await tell(conductor, { startedAgo: 60 });
    await conductor.clock.settle();

    const events = await conductor.events(id);
    expect(events.filter((type) => type === 'Rolled Back')).toHaveLength(1);
  });

  it.each<[string, Told]>([
    ['is of another service', { labels: { service: 'billing' } }],
    ['has another name', { labels: { alertname: 'DiskFull' } }],
    ['is over', { state: 'resolved' }],
    ['is told by who may tell of other services', { services: ['billing'] }],
    ['is told by another source than the manifest names', { source: 'grafana' }],
  ])('leaves the release alone when it %s', async (_, told) => {
    const conductor = await create();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await tell(conductor, told);

    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('leaves the release alone when its end was told before its beginning', async () => {
    const conductor = await create();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await tell(conductor, { state: 'resolved', startedAgo: 30 });
    await tell(conductor, { startedAgo: 30 });

    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('counts while another one of its group is over', async () => {
    const conductor = await create();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const [over, firing] = [{ instance: 'a' }, { instance: 'b' }];
    await tell(conductor, { state: 'resolved', labels: over }, { labels: firing });

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('is found by the next look when nobody pushed it', async () => {
    const conductor = await create();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const at = new Date(conductor.clock.now()).toISOString();
    const told = { state: 'firing', since: at, heardAt: at, reason: 'x' } as const;
    const name = 'storefront/storefront-5xx';
    await conductor.ledger.putReportedAlarm({ name, source: 'alertmanager', ...told });

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('undoes no release of another service that has an alarm of that name', async () => {
    const conductor = await create();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const other = manifest({ service: 'billing' });
    await conductor.operations.applyManifest('billing', other, 'test');
    await tell(conductor, { services: ['billing'] });

    expect(await conductor.outcomeOf(id)).toBe('completed');
  });
});

describe('an alert that fired before a release (rule 11)', () => {
  it('has it refused before anything moves', async () => {
    const conductor = await create();
    await tell(conductor, { startedAgo: 600 });
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('refused');
    const record = await conductor.ledger.getRelease(id);
    expect(record?.reason).toMatch(/already firing.*storefront-5xx.*9 % of 240/);
    expect(conductor.router.history).toHaveLength(1);
  });

  it('does not count where the manifest says so, also when it is repeated; a new one does', async () => {
    const conductor = await create({}, { alreadyFiring: 'ignore' });
    await tell(conductor, { startedAgo: 600 });
    const start = conductor.clock.now() - 600_000;
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await tell(conductor, { startedAgo: (conductor.clock.now() - start) / 1000 });
    await conductor.clock.settle();
    expect((await conductor.ledger.getRelease(id))?.phase).toBe('watching');

    await tell(conductor, { state: 'resolved' });
    await conductor.clock.advance(1000);
    await tell(conductor, {});
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('does not count either when the one of its group that began first is over', async () => {
    const conductor = await create({}, { alreadyFiring: 'ignore' });
    const [first, second] = [{ instance: 'a' }, { instance: 'b' }];
    const startMs = conductor.clock.now();
    const ago = (seconds: number) => (conductor.clock.now() - startMs) / 1000 + seconds;
    await tell(
      conductor,
      { startedAgo: ago(600), labels: first },
      { startedAgo: ago(300), labels: second },
    );
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const others = { startedAgo: ago(300), labels: second };
    await tell(conductor, { state: 'resolved', startedAgo: ago(600), labels: first }, others);
    await tell(conductor, { startedAgo: ago(300), labels: second });

    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('lets a release in once it is over', async () => {
    const conductor = await create();
    await tell(conductor, { startedAgo: 600 });
    await conductor.clock.advance(1000);
    await tell(conductor, { state: 'resolved', startedAgo: 601 });
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('lets a release in when nobody has repeated it for staleAfter', async () => {
    const conductor = await create();
    await tell(conductor, {});
    await conductor.clock.advance(5 * 3_600_000 - 1000);
    expect(await conductor.outcomeOf(await conductor.release())).toBe('refused');
    await conductor.clock.advance(2000);
    expect(await conductor.outcomeOf(await conductor.release('v3'))).toBe('completed');
  });

  it('keeps a release out for as long as it is repeated', async () => {
    const conductor = await create();
    await tell(conductor, {});
    for (const startedAgo of [4, 8].map((hours) => hours * 3600)) {
      await conductor.clock.advance(4 * 3_600_000);
      await tell(conductor, { startedAgo });
    }
    await conductor.clock.advance(4 * 3_600_000);

    expect(await conductor.outcomeOf(await conductor.release())).toBe('refused');
  });

  it('begins now where the clock of whoever tells goes ahead, so that its end is heard', async () => {
    const conductor = await create();
    await tell(conductor, { startedAgo: -86_400 });
    await conductor.clock.advance(1000);
    await tell(conductor, { state: 'resolved' });

    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
  });
});
