import { expect } from 'vitest';
import type { EnvironmentRef, Weights } from '../../../lib/release/document.ts';
import type { NameServers } from '../../../lib/routers/route53-records/name-servers.ts';
import { createRoute53RecordsRouter } from '../../../lib/routers/route53-records/router.ts';
import type { Route } from '../../../lib/routers/router.ts';
import { createFakeRoute53 } from '../../support/fakes/route53.ts';
import { fakeEnvironment } from '../../support/fakes/router.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

/** The name that is routed. */
export const name = 'shop.example.com';

/** An environment with these addresses. */
export function server(id: string, ipAddresses: string, more: Record<string, string> = {}) {
  return { ...fakeEnvironment(id), attributes: { ipAddresses, ...more } };
}

/** An environment behind a load balancer. */
export function balancer(id: string): EnvironmentRef {
  const dnsName = `${id}.eu-west-1.elb.amazonaws.com`;
  return { ...fakeEnvironment(id), attributes: { dnsName, hostedZoneId: 'Z32O12XQLNTSW2' } };
}

export const blue = server('blue', '192.0.2.1');
export const green = server('green', '192.0.2.2');

/** A weighted record as somebody else may write it. */
export function weighted(SetIdentifier: string, Weight: number, Value: string, TTL = 60) {
  const ResourceRecords = [{ Value }];
  return { Name: name, Type: 'A' as const, SetIdentifier, Weight, TTL, ResourceRecords };
}

/** A simple record as somebody else may write it. */
export function simple(Value: string, TTL = 60) {
  return { Name: name, Type: 'A' as const, TTL, ResourceRecords: [{ Value }] };
}

/** An error of ours. */
export const named = (error: string, message: RegExp | string = '') =>
  expect.objectContaining({ name: error, message: expect.stringMatching(message) });

/** A router over a fake zone on a virtual clock. */
export function prepare(keys: Record<string, unknown> = {}, nameServers?: NameServers) {
  const virtual = createVirtualClock();
  let slept = 0;
  const clock = {
    ...virtual,
    now: () => virtual.now() + slept,
    /** Time that passes without a timer being called, as in a process that was stopped. */
    sleep: (ms: number) => {
      slept += ms;
    },
  };
  const fake = createFakeRoute53(clock);
  const { hostedZoneId } = fake;
  const config = { kind: 'route53-records', hostedZoneId, name, ...keys };
  /** A router as another process has it: it knows of no change that it did not make. */
  const another = () => {
    const route53 = { send: fake.route53.send };
    const deps = { route53, clock, timers: clock, ...(nameServers ? { nameServers } : {}) };
    return createRoute53RecordsRouter(config, deps);
  };
  const router = another();
  const lease = (forMs = 30_000) => ({
    releaseId: 'r1',
    epoch: 4,
    deadlineMs: clock.now() + forMs,
  });
  const desire = (weights: Weights, environments: EnvironmentRef[] = [blue, green]) => ({
    weights,
    environments,
  });
  const change = (from: Route, weights: Weights, forMs?: number, sides?: EnvironmentRef[]) =>
    router.apply(router.plan(from, desire(weights, sides)), lease(forMs));
  const shift = async (weights: Weights, sides?: EnvironmentRef[]) =>
    change(await router.read(), weights, undefined, sides);
  const marker = () => fake.records(`_verdigris.${name}`)[0]?.ResourceRecords?.[0]?.Value ?? '';
  const create = (...sets: ReturnType<typeof simple>[]) =>
    fake.editByHand(
      ...sets.map((ResourceRecordSet) => ({ Action: 'CREATE' as const, ResourceRecordSet })),
    );
  return { fake, clock, router, another, lease, desire, change, shift, marker, create };
}
