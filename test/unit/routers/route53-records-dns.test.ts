import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createNameServers } from '../../../lib/routers/route53-records/name-servers.ts';
import { startNameServer, type TestNameServer } from '../../support/name-server.ts';
import { name, prepare, server } from './route53-records-harness.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(...answers: Parameters<typeof startNameServer>): Promise<TestNameServer> {
  const started = await startNameServer(...answers);
  stops.push(() => started.stop());
  return started;
}

/** A port at which nobody answers. */
async function silentAddress(): Promise<string> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  stops.push(async () => void socket.close());
  return `127.0.0.1:${(socket.address() as AddressInfo).port}`;
}

const long = 'a marker '.repeat(60).trim();

describe('asking a name server over UDP', () => {
  it.each([
    ['TXT', [long], [long]],
    ['A', ['192.0.2.1', '192.0.2.2'], ['192.0.2.1', '192.0.2.2']],
    ['AAAA', ['2001:db8::1'], ['2001:db8::1']],
    ['CNAME', ['green.example.net.'], ['green.example.net']],
  ] as const)('reads %s records', async (type, answers, expected) => {
    const { address } = await start(() => [...answers]);
    const nameServers = createNameServers({ addressOf: async () => address });

    expect(await nameServers.ask('ns-1.test', name, type)).toEqual(expected);
  });

  it('tells a server that has nothing from one that does not say', async () => {
    const empty = await start(() => []);
    const refusing = await start(() => null);
    const silent = await silentAddress();
    const addresses: Record<string, string> = {
      empty: empty.address,
      refusing: refusing.address,
      silent,
    };
    const nameServers = createNameServers({ addressOf: async (which) => addresses[which] ?? null });

    expect(await nameServers.ask('empty', name, 'A')).toEqual([]);
    expect(await nameServers.ask('refusing', name, 'A')).toBeNull();
    expect(await nameServers.ask('silent', name, 'A')).toBeNull();
    expect(await nameServers.ask('unknown', name, 'A')).toBeNull();
  });
});

describe('verifying against name servers that speak DNS', () => {
  async function prepareZone() {
    const zone = { answer: (_: string, __: string): string[] => [] };
    const authority = await start((of, type) => zone.answer(of, type));
    const it = prepare(
      { types: ['A', 'AAAA'] },
      createNameServers({ addressOf: async () => authority.address }),
    );
    zone.answer = (of, type) => {
      const sets = it.fake.served().filter((set) => set.Name === `${of}.` && set.Type === type);
      const values = sets.flatMap(({ ResourceRecords = [] }) => ResourceRecords);
      return values.map(({ Value = '' }) => Value.replaceAll('" "', '').replaceAll('"', ''));
    };
    return { ...it, authority, zone };
  }
  const sides = [
    server('blue', '192.0.2.1,2001:db8:0:0::1'),
    server('green', '192.0.2.2,2001:db8::2'),
  ];

  it('waits until they answer with what was written', async () => {
    const { authority, clock, another, shift, desire } = await prepareZone();
    await shift({ blue: 100 }, sides);
    const router = another(); // knows no change's id, so that the name servers' word alone counts

    expect(await router.verify(desire({ blue: 100 }, sides))).toBe('pending');
    await clock.advance(20_000);
    expect(await router.verify(desire({ blue: 100 }, sides))).toBe('converged');
    expect(authority.questions).toContain(`TXT _verdigris.${name}`);
    expect(authority.questions).toContain(`A ${name}`);
    expect(authority.questions).toContain(`AAAA ${name}`);
  });

  it('is not content with an old answer', async () => {
    const { clock, router, shift, desire, zone } = await prepareZone();
    await shift({ blue: 100 }, sides);
    await clock.advance(300_000);
    const old = [...['A', 'AAAA', 'TXT'].entries()].map(([, type]) => [
      type,
      zone.answer(type === 'TXT' ? `_verdigris.${name}` : name, type),
    ]);
    const served = zone.answer;
    zone.answer = (of, type) => (Object.fromEntries(old)[type] as string[]) ?? served(of, type);
    await shift({ green: 100 }, sides);
    await clock.advance(200_000);
    expect(await router.verify(desire({ green: 100 }, sides))).toBe('pending');

    zone.answer = served;
    await router.verify(desire({ green: 100 }, sides));
    await clock.advance(60_000);
    expect(await router.verify(desire({ green: 100 }, sides))).toBe('converged');
  });
});
