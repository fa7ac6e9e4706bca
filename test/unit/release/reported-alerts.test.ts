import { describe, expect, it } from 'vitest';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import {
  readAlarmState,
  reportedAlarmsSchema,
  type ToldAlert,
} from '../../../lib/release/reported-alerts.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const alarm = { alertname: 'HighErrorRate', labels: { service: 'shop' } };

function alertOf(differs: Partial<ToldAlert> = {}): ToldAlert {
  return {
    state: 'firing',
    labels: { alertname: 'HighErrorRate', service: 'shop', instance: 'a' },
    annotations: {},
    startsAt: '2026-03-01T11:00:00Z',
    endsAt: null,
    ...differs,
  };
}
const over = (endsAt: string) => alertOf({ state: 'resolved', endsAt });
const read = (...alerts: ToldAlert[]) => readAlarmState(alarm, alerts, nowMs);

describe('what alerts say about an alarm', () => {
  it('is nothing when none is one of its', () => {
    expect(read()).toBeNull();
    expect(read(alertOf({ labels: { alertname: 'HighErrorRate' } }))).toBeNull();
    expect(read(alertOf({ labels: { alertname: 'Other', service: 'shop' } }))).toBeNull();
  });

  it('is that it fires since the first of those that do', () => {
    const later = alertOf({ startsAt: '2026-03-01T11:30:00Z' });
    expect(read(over('2026-03-01T11:59:00Z'), later, alertOf())).toMatchObject({
      state: 'firing',
      since: '2026-03-01T11:00:00.000Z',
    });
  });

  it('is that it is over since the last one ended', () => {
    expect(read(over('2026-03-01T11:10:00Z'), over('2026-03-01T11:20:00+00:00'))).toMatchObject({
      state: 'ok',
      since: '2026-03-01T11:20:00.000Z',
    });
  });

  it('is never of a time that is to come', () => {
    expect(read(alertOf({ startsAt: '2099-01-01T00:00:00Z' }))?.since).toBe(
      '2026-03-01T12:00:00.000Z',
    );
    expect(read(over('2099-01-01T00:00:00Z'))?.since).toBe('2026-03-01T12:00:00.000Z');
  });

  it.each([
    ['its summary', { summary: 'too\nmany errors', description: 'x' }, 'too many errors'],
    ['its description', { description: 'described' }, 'described'],
    ['its message', { message: 'said' }, 'said'],
    ['its labels', {}, 'HighErrorRate{service="shop", instance="a"}'],
    ['the start of a long one', { summary: 'x'.repeat(1000) }, `${'x'.repeat(399)}…`],
  ])('comes with a reason: %s', (_, annotations, reason) => {
    const told = alertOf({ annotations: annotations as Record<string, string> });
    expect(read(told)?.reason).toBe(reason);
  });

  it('says how many there are', () => {
    expect(read(alertOf(), alertOf())?.reason).toMatch(/^2 alerts, one of them: /);
  });
});

describe("the manifest's part for reported alarms", () => {
  const valid = { kind: 'reported-alarms', alarms: { errors: { alertname: 'Errors' } } };
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [i, { alertname: 'a' }]));
  it.each([
    ['the least', {}, true],
    ['another source and limit', { source: 'grafana', staleAfter: '30m' }, true],
    ['a source that is none', { source: 'nagios' }, false],
    ['a short limit', { staleAfter: '10s' }, false],
    ['an alarm without a rule', { alarms: { errors: { labels: { a: 'b' } } } }, false],
    ['an unknown key', { alarms: { errors: { alertname: 'Errors', label: {} } } }, false],
    ['more than fifty alarms', { alarms: many }, false],
  ])('takes or refuses %s', (_, differs, isValid) => {
    expect(reportedAlarmsSchema.safeParse({ ...valid, ...differs }).success).toBe(isValid);
  });

  const manifest = (differs: object) => () =>
    parseManifest(
      {
        service: 'shop',
        environment: { kind: 'process', command: 'node shop.js', healthPath: '/' },
        router: { kind: 'local-proxy', port: 8080 },
        signals: valid,
        ...differs,
      },
      manifestKinds,
    );

  it('is refused where nobody may tell, or an alarm is watched that is none', () => {
    expect(manifest({})).toThrow(/webhooks: has no entry of kind "alertmanager"/);
    const webhooks = [{ kind: 'alertmanager', secret: 'alerts' }];
    expect(manifest({ webhooks })).not.toThrow();
    expect(manifest({ webhooks, watch: { alarms: ['error'] } })).toThrow(/did you mean "errors"/);
    expect(manifest({ webhooks: [{ kind: 'grafana', secret: 'alerts' }] })).toThrow(/alertmanager/);
  });
});
