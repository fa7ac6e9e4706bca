import { Resolver } from 'node:dns/promises';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeResourceRecordSetsCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Laboratory, openLaboratory } from '../../scripts/dns-lab/laboratory.ts';
import {
  findPrograms,
  type Programs,
  ServersMissingError,
} from '../../scripts/dns-lab/programs.ts';
import { openRoute } from '../../scripts/dns-lab/route.ts';
import { domainsOf, type Measured, measure } from '../../scripts/dns-lab/run.ts';
import { resolversOf, type Scale } from '../../scripts/dns-lab/scenarios.ts';
import { addresses } from '../../scripts/dns-lab/sides.ts';
import { startAudience } from '../../scripts/dns-lab/stub-clients.ts';
import { runScript } from '../support/local-conductor.ts';

const scale: Scale = {
  ttl: 2,
  lowerTo: 1,
  propagation: 0.5,
  raisedTo: 2,
  rareEvery: 1,
  every: 0.2,
  watch: null,
  split: 4,
  clients: 12,
  resolvers: { obedient: 3, raising: 1, stale: 2 },
};
const own = 'own.example.';

/** Why there are no DNS servers here, or the servers. With CI=true their lack is a failure. */
function lookForServers(): Programs | string {
  try {
    return findPrograms();
  } catch (error) {
    if (error instanceof ServersMissingError && process.env.CI !== 'true') return error.message;
    throw error;
  }
}

const servers = process.platform === 'win32' ? 'no PowerDNS on Windows' : lookForServers();
const why = typeof servers === 'string' ? `, skipped: ${servers}` : '';
if (typeof servers === 'string') console.warn(`DNS on loopback is skipped: ${servers}`);

describe.skipIf(typeof servers === 'string')(`DNS on loopback${why}`, () => {
  let lab: Laboratory;

  beforeAll(async () => {
    if (typeof servers === 'string') return;
    lab = await openLaboratory(servers, {
      domains: [...domainsOf(scale), own],
      propagationMs: scale.propagation * 1000,
      resolvers: resolversOf(scale),
    });
  }, 60_000);
  afterAll(() => lab?.close());

  async function ask(server: string | undefined, name: string): Promise<string[]> {
    const stub = new Resolver({ timeout: 2000, tries: 2 });
    stub.setServers([server ?? '']);
    return stub.resolve4(name);
  }

  async function recordsOf(domain: string): Promise<ResourceRecordSet[]> {
    const command = new ListResourceRecordSetsCommand({ HostedZoneId: lab.zoneIdOf(domain) });
    return (await lab.client.send(command)).ResourceRecordSets ?? [];
  }

  describe('a cutover and a rollback', () => {
    let measured: Measured;
    beforeAll(async () => {
      measured = await measure(lab, scale);
    }, 60_000);

    const resultOf = (name: string) => {
      const found = measured.cutovers.find((it) => it.name === name);
      if (!found) throw new Error(`${name} was not measured`);
      return found;
    };
    /** What an audience saw: of the cutover, and of the rollback. */
    const seenBy = (name: string, audience: string) =>
      resultOf(name).changes.map(({ insyncMs, convergedMs, audiences }) => {
        const figures = audiences.find((it) => it.audience === audience);
        if (!figures) throw new Error(`${audience} did not ask`);
        return { insyncMs, convergedMs, ...figures };
      });
    /** Resolvers count whole seconds: an answer may live for its TTL and a second more. */
    const oneSecond = 1000;
    const moment = 500;

    it('never leave anybody without an answer', () => {
      for (const { changes } of measured.cutovers) {
        expect(changes.map(({ change }) => change)).toEqual(['cutover', 'rollback']);
        for (const { audiences } of changes) {
          for (const { answers, empty, failed } of audiences) {
            expect({ hasAnswers: answers > 0, empty, failed }).toEqual({
              hasAnswers: true,
              empty: 0,
              failed: 0,
            });
          }
        }
      }
    });

    it('bring everybody to the new side in the end', () => {
      for (const { changes } of measured.cutovers) {
        for (const { curve, isCutOff, firstNewMs } of changes.flatMap(
          ({ audiences }) => audiences,
        )) {
          expect(curve.at(-1)?.share).toBe(0);
          expect(isCutOff).toBe(false);
          expect(firstNewMs).not.toBeNull();
        }
      }
    });

    it('are complete at the name servers when the change is INSYNC, and not before', () => {
      for (const { insyncMs, lastOldMs } of seenBy('kept', 'name servers')) {
        expect(insyncMs).toBeGreaterThanOrEqual(scale.propagation * 1000);
        expect(lastOldMs).toBeGreaterThan(0);
        expect(lastOldMs).toBeLessThanOrEqual(insyncMs);
      }
    });

    it.each([
      ['kept', scale.ttl],
      ['lowered', scale.lowerTo],
      ['hurried', scale.ttl],
    ])('are over for resolvers when the TTL has run out after INSYNC: %s', (name, ttl) => {
      for (const { insyncMs, lastOldMs } of seenBy(name, 'resolvers')) {
        expect(lastOldMs).toBeGreaterThan(0);
        expect(lastOldMs).toBeLessThanOrEqual(insyncMs + ttl * 1000 + oneSecond + moment);
      }
    });

    it.each([
      ['kept', 'resolvers'],
      ['kept', 'name servers'],
      ['lowered', 'resolvers'],
      ['lowered', 'name servers'],
      ['hurried', 'resolvers'],
    ])('are over when the router says so: %s, %s', (name, audience) => {
      for (const { convergedMs, afterConverged } of seenBy(name, audience)) {
        expect(convergedMs).not.toBeNull();
        expect(afterConverged?.answers).toBeGreaterThan(0);
        expect(afterConverged?.old).toBe(0);
      }
    });

    it('take as long as a resolver wants that raises a TTL', () => {
      for (const { insyncMs, lastOldMs } of seenBy('lowered', 'resolvers with a minimum')) {
        const longest = insyncMs + scale.raisedTo * 1000 + oneSecond + moment;
        expect(lastOldMs).toBeLessThanOrEqual(longest);
      }
    });

    it('split traffic by weight only where nothing is cached', () => {
      const direct = measured.split.audiences.find((it) => it.audience === 'the name servers');
      expect(direct).toMatchObject({ empty: 0, failed: 0 });
      expect(direct?.greenShare).toBeGreaterThan(0);
      expect(direct?.greenShare).toBeLessThan(0.3);
    });
  });

  describe('a route of its own', () => {
    it('is cut over and rolled back, and a resolver that answers expired entries says the old side once more', async () => {
      const route = await openRoute(lab, { domain: own, label: 'stale', ttl: 1 });
      const [stale] = lab.resolvers('stale');
      expect(await ask(stale, route.name)).toEqual([addresses.blue]);

      await route.shift({ blue: 0, green: 100 });
      await delay(2500);
      expect(await ask(lab.nameServers[0]?.address, route.name)).toEqual([addresses.green]);
      expect(await ask(stale, route.name)).toEqual([addresses.blue]);
      await delay(300);
      expect(await ask(stale, route.name)).toEqual([addresses.green]);
    });

    it('has a record at every moment, however often it is asked for', async () => {
      const route = await openRoute(lab, { domain: own, label: 'flips', ttl: 1 });
      const servers = lab.nameServers.map(({ address }) => address);
      const eager = { servers, clients: 8, everyMs: 1, roams: true, spreadMs: 0 };
      const audience = startAudience(route.name, eager);
      for (const green of [100, 0, 100]) await route.shift({ blue: 100 - green, green });
      await audience.stop();

      expect(new Set(audience.answers.map(({ result }) => result))).toEqual(
        new Set(['blue', 'green']),
      );
      expect(audience.answers.length).toBeGreaterThan(100);
    });

    it('refuses a batch with a stale DELETE as a whole', async () => {
      const { name } = await openRoute(lab, { domain: own, label: 'refused', ttl: 1 });
      const before = await recordsOf(own);
      const blue = before.find((it) => it.Name === name);
      const change = (Action: 'CREATE' | 'DELETE', as: Partial<ResourceRecordSet>) => ({
        Action,
        ResourceRecordSet: { ...blue, Name: name, Type: 'A' as const, ...as },
      });
      const batch = {
        Changes: [
          change('CREATE', { SetIdentifier: 'green' }),
          // Somebody has read this set before its weight was changed.
          change('DELETE', { Weight: 7 }),
        ],
      };
      const sent = lab.client.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: lab.zoneIdOf(own),
          ChangeBatch: batch,
        }),
      );

      await expect(sent).rejects.toMatchObject({
        name: 'InvalidChangeBatch',
        message: expect.stringContaining('do not match the current values'),
      });
      expect(await recordsOf(own)).toEqual(before);
      await lab.settled(own);
      for (const { address } of lab.nameServers) {
        expect(await ask(address, name)).toEqual([addresses.blue]);
      }
    });

    it('is in a zone that says its name servers', async () => {
      const zone = await lab.client.send(new GetHostedZoneCommand({ Id: lab.zoneIdOf(own) }));

      expect(zone.HostedZone?.Name).toBe(own);
      expect(zone.DelegationSet?.NameServers).toEqual([`ns1.${own}`, `ns2.${own}`]);
    });
  });
});

describe('npm run bench:dns', () => {
  it('refuses a TTL that is none', async () => {
    const { code, stderr } = await runScript('scripts/bench/dns.ts', ['--ttl', 'soon']);

    expect(code).toBe(2);
    expect(stderr).toContain('--ttl soon: needs whole seconds');
  });
});
