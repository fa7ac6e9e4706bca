import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../lib/platform/clock.ts';
import type { EnvironmentRef } from '../../lib/release/document.ts';
import { createNameServers } from '../../lib/routers/route53-records/name-servers.ts';
import { createRoute53RecordsRouter } from '../../lib/routers/route53-records/router.ts';
import type { Laboratory } from './laboratory.ts';
import { addresses, type Side, sides } from './sides.ts';

/** Percent for each side. */
export type Weights = Record<Side, number>;

/** When a change was asked for and when the API said `INSYNC`, in milliseconds since 1970. */
export interface Shift {
  askedAt: number;
  insyncAt: number;
}

/** What is routed. */
export interface RouteOptions {
  /** The hosted zone, with the dot at its end. */
  domain: string;
  /** The first label of the name. */
  label: string;
  /** Seconds. */
  ttl: number;
  /** Seconds; null where a shift is not prepared. */
  lowerTo?: number | null;
}

/** A name that the product's router cuts over, as its steps do. */
export interface Route {
  /** With the dot at its end. */
  name: string;
  /** Moves traffic, and waits for `INSYNC`. */
  shift(weights: Weights): Promise<Shift>;
  /**
   * Gets ready for a shift to green: the TTL goes down and, for who `isPatient`, the answers with the old
   * one run out. Others wait for `INSYNC` only.
   */
  prepare(isPatient: boolean): Promise<void>;
  /**
   * Asks the router whether everybody follows, again and again until it says so: the time of that in
   * milliseconds since 1970, or null if it did not until `giveUpAt`.
   */
  converged(weights: Weights, giveUpAt: number): Promise<number | null>;
}

const pollMs = 100;
const leaseMs = 30_000;

const environments = sides.map(
  (id): EnvironmentRef => ({
    id,
    kind: 'prebuilt',
    version: '1',
    address: null,
    attributes: { ipAddresses: addresses[id] },
  }),
);

const lease = () => ({ releaseId: 'lab', epoch: 1, deadlineMs: Date.now() + leaseMs });

/** A route of the laboratory with everything on blue, which all name servers answer. */
export async function openRoute(lab: Laboratory, options: RouteOptions): Promise<Route> {
  const route = createRoute(lab, options);
  await route.shift({ blue: 100, green: 0 });
  return route;
}

function createRoute(lab: Laboratory, options: RouteOptions): Route {
  const { domain, label } = options;
  const router = createRouter(lab, options);
  const desire = (weights: Weights) => ({ weights, environments });
  const forwards = desire({ blue: 0, green: 100 });
  const readiness = async () => (await router.readiness?.(forwards))?.status;
  return {
    name: `${label}.${domain}`,
    async shift(weights) {
      const current = await router.read();
      const askedAt = Date.now();
      await router.apply(router.plan(current, desire(weights)), lease());
      await lab.settled(domain);
      return { askedAt, insyncAt: Date.now() };
    },
    async prepare(isPatient) {
      if ((await readiness()) === 'unprepared') {
        await router.prepare?.(forwards, lease());
        await lab.settled(domain);
      }
      // The first look also lets the router learn when the change was everywhere.
      while ((await readiness()) !== 'ready' && isPatient) await delay(pollMs);
    },
    async converged(weights, giveUpAt) {
      while (Date.now() < giveUpAt) {
        if ((await router.verify(desire(weights))) === 'converged') return Date.now();
        await delay(pollMs);
      }
      return null;
    },
  };
}

function createRouter(lab: Laboratory, { domain, label, ttl, lowerTo }: RouteOptions) {
  const nameServers = createNameServers({
    addressOf: async (server) =>
      lab.nameServers[server.startsWith('ns1.') ? 0 : 1]?.address ?? null,
  });
  const config = {
    kind: 'route53-records',
    hostedZoneId: lab.zoneIdOf(domain),
    name: `${label}.${domain}`.replace(/\.$/, ''),
    ttl: `${ttl}s`,
    ...(lowerTo && { lowerTtlTo: `${lowerTo}s` }),
  };
  const deps = { route53: lab.client, clock: systemClock, timers: systemClock, nameServers };
  return createRoute53RecordsRouter(config, deps);
}
