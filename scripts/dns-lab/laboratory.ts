import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Route53Client } from '@aws-sdk/client-route-53';
import { type NameServer, startNameServer } from './name-server.ts';
import type { Programs } from './programs.ts';
import { type Resolver, type ResolverKind, startResolver } from './resolver.ts';
import type { ChangeInfo } from './route53/hosted-zone.ts';
import { createHostedZone, type HostedZone } from './route53/hosted-zone.ts';
import { startStandIn } from './route53/stand-in.ts';

/** What a laboratory is made of. */
export interface LaboratoryOptions {
  /** Domains with the dot at their end; each is a hosted zone. */
  domains: readonly string[];
  /** From a change to `INSYNC`; the first name server learns of it after a fifth, the last after nine tenths. */
  propagationMs: number;
  /** How many resolvers of each kind. */
  resolvers: readonly (ResolverKind & { count: number })[];
}

/** Route 53's stand-in with two name servers, and caching resolvers before them, all on loopback. */
export interface Laboratory {
  client: Route53Client;
  nameServers: readonly NameServer[];
  /** Addresses of the resolvers of a kind. */
  resolvers(kind: ResolverKind['kind']): string[];
  zoneIdOf(domain: string): string;
  /** Resolves when the name servers follow every change of that zone. */
  settled(domain: string): Promise<void>;
  close(): Promise<void>;
}

const nameServerShares = [0.2, 0.9];
const processingMs = 20;

/** Starts everything. What was started is ended again when something does not start. */
export async function openLaboratory(
  programs: Programs,
  options: LaboratoryOptions,
): Promise<Laboratory> {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-dns-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  const undo: (() => unknown)[] = [() => process.off('exit', remove), remove];
  const close = async () => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const lab = await start(programs, options, directory, undo);
    return { ...lab, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  programs: Programs,
  { domains, propagationMs, resolvers }: LaboratoryOptions,
  directory: string,
  undo: (() => unknown)[],
): Promise<Omit<Laboratory, 'close'>> {
  const keep = <Started extends { stop(): Promise<void> }>(started: Started): Started => {
    undo.push(() => started.stop());
    return started;
  };
  const nameServers: NameServer[] = [];
  for (const index of nameServerShares.keys()) {
    const place = path.join(directory, `ns${index + 1}`);
    nameServers.push(keep(await startNameServer(programs.nameServer, place)));
  }
  const changes = new Map<string, ChangeInfo>();
  const zones = domains.map((domain, index) =>
    createHostedZone({
      id: `Z${index + 1}DNSLAB`,
      domain,
      nameServers,
      propagation: {
        nameServersMs: nameServerShares.map((share) => share * propagationMs),
        insyncMs: propagationMs,
      },
      processingMs,
      onChange: (info) => changes.set(info.id, info),
    }),
  );
  for (const { domain } of zones) {
    for (const server of nameServers) await server.addZone(domain);
  }
  const standIn = keep(await startStandIn(zones, changes));
  undo.push(() => Promise.allSettled(zones.map((zone) => zone.settled())));
  const started = new Map<Resolver, ResolverKind['kind']>();
  for (const { count, ...kind } of resolvers) {
    for (let index = 0; index < count; index += 1) {
      const place = path.join(directory, `${kind.kind}-${index}`);
      const to = { zones: domains, nameServers };
      started.set(keep(await startResolver(programs.resolver, place, kind, to)), kind.kind);
    }
  }
  return {
    client: clientOf(standIn.url),
    nameServers,
    resolvers: (kind) =>
      [...started].filter(([, it]) => it === kind).map(([{ address }]) => address),
    zoneIdOf: (domain) => zoneOf(zones, domain).id,
    settled: (domain) => zoneOf(zones, domain).settled(),
  };
}

function zoneOf(zones: readonly HostedZone[], domain: string): HostedZone {
  const found = zones.find((zone) => zone.domain === domain);
  if (!found) throw new Error(`${domain} is no zone of this laboratory`);
  return found;
}

function clientOf(endpoint: string): Route53Client {
  return new Route53Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'lab', secretAccessKey: 'lab' },
  });
}
