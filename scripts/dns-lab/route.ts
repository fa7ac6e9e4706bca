import { setTimeout as delay } from 'node:timers/promises';
import {
  type ChangeBatch,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';

/** The two sides, and the addresses that stand for them. Nothing listens there: nobody connects. */
export const sides = ['blue', 'green'] as const;
export type Side = (typeof sides)[number];
export const addresses: Record<Side, string> = { blue: '192.0.2.1', green: '198.51.100.1' };

/** Percent for each side. */
export type Weights = Record<Side, number>;

/** When a change was asked for and when the API said `INSYNC`, in milliseconds since 1970. */
export interface Shift {
  askedAt: number;
  insyncAt: number;
}

/** A name with two weighted record sets, and what changes it. */
export interface Route {
  /** With the dot at its end. */
  name: string;
  /** The one place that moves traffic. */
  shift(weights: Weights): Promise<Shift>;
  setTtl(seconds: number): Promise<Shift>;
}

const pollMs = 50;
const giveUpMs = 60_000;

/**
 * A route that is changed with the SDK: the exact old sets are deleted and the new ones created in one
 * batch, so that a change made meanwhile by somebody else refuses the whole batch.
 */
export function createRoute(client: Route53Client, hostedZoneId: string, name: string): Route {
  async function read(): Promise<ResourceRecordSet[]> {
    const { ResourceRecordSets: found = [] } = await client.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: hostedZoneId }),
    );
    return found.filter((it) => it.Name === name);
  }

  async function rewrite(to: (set: ResourceRecordSet) => ResourceRecordSet): Promise<Shift> {
    const sets = await read();
    const askedAt = Date.now();
    const insyncAt = await send(client, hostedZoneId, {
      Changes: [
        ...sets.map((it) => ({ Action: 'DELETE' as const, ResourceRecordSet: it })),
        ...sets.map((it) => ({ Action: 'CREATE' as const, ResourceRecordSet: to(it) })),
      ],
    });
    return { askedAt, insyncAt };
  }

  return {
    name,
    shift: (weights) => rewrite((set) => ({ ...set, Weight: weights[set.SetIdentifier as Side] })),
    setTtl: (seconds) => rewrite((set) => ({ ...set, TTL: seconds })),
  };
}

/** Creates the two record sets, with everything on blue, and the route over them. */
export async function openRoute(
  client: Route53Client,
  hostedZoneId: string,
  name: string,
  ttl: number,
): Promise<Route> {
  const create = (side: Side) => ({
    Action: 'CREATE' as const,
    ResourceRecordSet: {
      Name: name,
      Type: 'A' as const,
      SetIdentifier: side,
      Weight: side === 'blue' ? 100 : 0,
      TTL: ttl,
      ResourceRecords: [{ Value: addresses[side] }],
    },
  });
  await send(client, hostedZoneId, { Changes: sides.map(create) });
  return createRoute(client, hostedZoneId, name);
}

/** Sends a batch and waits for `INSYNC`: the time of that. @throws Error after a minute without. */
async function send(client: Route53Client, zone: string, batch: ChangeBatch): Promise<number> {
  const { ChangeInfo: accepted } = await client.send(
    new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: batch }),
  );
  const giveUpAt = Date.now() + giveUpMs;
  while (Date.now() < giveUpAt) {
    const { ChangeInfo: now } = await client.send(new GetChangeCommand({ Id: accepted?.Id }));
    if (now?.Status === 'INSYNC') return Date.now();
    await delay(pollMs);
  }
  throw new Error(`change ${accepted?.Id} is not INSYNC after ${giveUpMs / 1000} s`);
}
