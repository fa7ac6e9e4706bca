import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../../lib/notifiers/index.ts';
import type { PublicEventType, ReleaseEvent } from '../../../lib/release/events.ts';
import { incidentKeyOf, releaseOfIncident } from '../../../lib/release/incident.ts';
import type { JsonObject } from '../../../lib/release/json.ts';
import { eventOf } from '../../contract/notifier.contract.ts';
import { createFakePagerDuty } from '../../support/fakes/pagerduty.ts';
import { outboundFor } from '../../support/outbound.ts';
import { releaseFacts } from '../../support/release-facts.ts';

async function prepare({ region = 'us' as 'us' | 'eu', secret = '' } = {}) {
  const pager = createFakePagerDuty({ region });
  const outbound = outboundFor(pager.fetch, { pager: secret || pager.routingKey });
  const config = { kind: 'pagerduty', routingKeySecret: 'pager', region };
  const notifier = await createNotifier(config, outbound);
  const send = (event: ReleaseEvent, differs = {}) => notifier.send(event, releaseFacts(differs));
  return { pager, outbound, send };
}

describe('the PagerDuty notifier', () => {
  it.each<[PublicEventType, string]>([
    ['Rollback Failed', 'critical'],
    ['Held', 'error'],
  ])('pages for %s: %s', async (type, severity) => {
    const { pager, send } = await prepare();
    await send(eventOf(type));

    expect([...pager.alerts]).toMatchObject([
      ['verdigris:r1', { status: 'triggered', severity, triggers: 1 }],
    ]);
    expect(pager.changes).toEqual([]);
  });

  it('wakes nobody for anything else', async () => {
    const { pager, send } = await prepare();
    const quiet = ['Release Admitted', 'Approval Requested', 'Refused', 'Discarded'] as const;
    for (const type of [...quiet, 'Traffic Shifted', 'Rolled Back', 'Completed'] as const)
      await send(eventOf(type));

    expect(pager.alerts.size).toBe(0);
    expect(pager.changes.map(({ payload }) => (payload as JsonObject).summary)).toEqual([
      expect.stringContaining('Traffic Shifted'),
      expect.stringContaining('Rolled Back'),
      expect.stringContaining('Completed'),
    ]);
  });

  it('is one alert per release, however often it is told', async () => {
    const { pager, send } = await prepare();
    await send(eventOf('Held'));
    await send(eventOf('Rollback Failed'));

    expect([...pager.alerts.values()]).toMatchObject([{ triggers: 2, severity: 'critical' }]);
  });

  it.each<PublicEventType>(['Completed', 'Rolled Back'])(
    'is over when the release has ended well after all: %s',
    async (type) => {
      const { pager, send } = await prepare();
      await send(eventOf('Held'));
      await send(eventOf('Held'), { releaseId: 'r2' });
      await send(eventOf(type));

      expect(pager.alerts.get('verdigris:r1')?.status).toBe('resolved');
      expect(pager.alerts.get('verdigris:r2')?.status).toBe('triggered');
    },
  );

  it('says what is released, with links into the console', async () => {
    const { pager, send } = await prepare();
    await send({ ...eventOf('Held'), summary: 'p95 is 900 ms, 3x of blue' });

    const { body } = pager.alerts.get('verdigris:r1') ?? {};
    expect(body).toMatchObject({
      client_url: 'https://verdigris.example/releases/r1',
      links: [
        { href: 'https://verdigris.example/releases/r1' },
        { href: 'https://verdigris.example/services/shop' },
      ],
      payload: {
        source: 'shop',
        group: 'team-web',
        class: 'Held',
        timestamp: '2026-01-02T03:04:05.678Z',
        custom_details: {
          release: 'r1',
          version: 'v2',
          blue: 'v1 (shop-1)',
          green: 'v2 (shop-2)',
          'requested by': 'ada',
          reason: 'p95 is 900 ms, 3x of blue',
          facts: { weights: { 'shop-2': 100 } },
        },
      },
    });
  });

  it('speaks to the European region where the account is there', async () => {
    const { pager, send } = await prepare({ region: 'eu' });
    await send(eventOf('Held'));

    expect(pager.calls[0]?.url).toBe('https://events.eu.pagerduty.com/v2/enqueue');
  });

  it('keeps to the limits, however long a summary and its facts are', async () => {
    const { pager, send, outbound } = await prepare();
    const data = { log: 'x'.repeat(600_000) };
    await send({ ...eventOf('Held'), summary: 'ü\n'.repeat(5000), data });

    expect(outbound.warnings).toEqual([]);
    const summary = pager.alerts.get('verdigris:r1')?.summary ?? '';
    expect(releaseOfIncident({ key: null, title: summary })).toBe('r1');
  });
});

describe('what PagerDuty does not take', () => {
  it('is repeated while there is time', async () => {
    const { pager, send, outbound } = await prepare();
    pager.failNext(2, 500);
    await send(eventOf('Rollback Failed'));

    expect(pager.alerts.size).toBe(1);
    expect(outbound.warnings).toEqual([]);
  });

  it('is repeated after the time it asks for', async () => {
    const { pager, send, outbound } = await prepare();
    pager.failNext(1, 429, 3);
    await send(eventOf('Rollback Failed'));

    expect(pager.alerts.size).toBe(1);
    expect(outbound.waitedMs()).toBe(3000);
  });

  it('is not repeated where twice would be two', async () => {
    const { pager, send, outbound } = await prepare();
    pager.failNext(1, 502);
    await send(eventOf('Traffic Shifted'));

    expect(pager.changes).toEqual([]);
    expect(outbound.warnings[0]?.[1]?.reason).toContain('HTTP 502');
  });

  it('ends, at the latest, after a few seconds', async () => {
    const { pager, send, outbound } = await prepare();
    pager.failNext(99, 500);
    await send(eventOf('Rollback Failed'));

    expect(outbound.waitedMs()).toBeLessThan(5000);
    expect(outbound.warnings).toHaveLength(1);
  });

  it('is logged with its reasons and without the key', async () => {
    const { pager, send, outbound } = await prepare();
    pager.failNext(1, 400);
    await send(eventOf('Held'));

    expect(outbound.warnings[0]?.[1]?.reason).toMatch(/HTTP 400.*\(secret pager\)/);
    expect(JSON.stringify(outbound.warnings)).not.toContain(pager.routingKey);
  });
});

describe('the release of an incident', () => {
  it.each([
    [{ key: incidentKeyOf('shop-v2-1a2b'), title: null }, 'shop-v2-1a2b'],
    [{ key: null, title: 'shop v2 Held: p95 [shop-v2-1a2b]' }, 'shop-v2-1a2b'],
    [{ key: 'd3640fbd41094207', title: 'shop v2 Held [shop-v2-1a2b] ' }, 'shop-v2-1a2b'],
    [{ key: null, title: '[shop-v2-1a2b] first' }, null],
    [{ key: null, title: 'disk [/dev/sda]' }, null],
    [{ key: null, title: null }, null],
  ])('%j: %s', (incident, release) => expect(releaseOfIncident(incident)).toBe(release));
});
