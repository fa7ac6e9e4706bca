import { Resolver as StubResolver } from 'node:dns/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../free-port.ts';
import type { NameServer } from './name-server.ts';
import type { Program } from './programs.ts';
import { startServer } from './server-process.ts';

/**
 * How a resolver treats a TTL:
 * `obedient` as the zone says; `raising` keeps every answer for at least a time of its own
 * (`cache-min-ttl`); `stale` answers from an expired entry at once and fetches the new one for the next
 * who asks (`serve-expired` with `serve-expired-client-timeout: 0`).
 */
export type ResolverKind =
  | { kind: 'obedient' }
  | { kind: 'raising'; seconds: number }
  | { kind: 'stale' };

/** A caching resolver: an Unbound on loopback. */
export interface Resolver {
  /** `127.0.0.1:port` */
  address: string;
  stop(): Promise<void>;
}

/** Where a resolver finds the zones that it is asked for. It asks nobody else. */
export interface Delegation {
  zones: readonly string[];
  nameServers: readonly NameServer[];
}

function settingsOf(it: ResolverKind): string[] {
  if (it.kind === 'raising') return [`cache-min-ttl: ${it.seconds}`];
  if (it.kind === 'stale') return ['serve-expired: yes', 'serve-expired-client-timeout: 0'];
  return [];
}

function configuration(
  kind: ResolverKind,
  port: number,
  directory: string,
  to: Delegation,
): string {
  const server = [
    'interface: 127.0.0.1',
    `port: ${port}`,
    `directory: "${directory}"`,
    'chroot: ""',
    'username: ""',
    'pidfile: ""',
    'use-syslog: no',
    'num-threads: 1',
    'outgoing-range: 64',
    'msg-cache-size: 1m',
    'rrset-cache-size: 1m',
    'module-config: "iterator"',
    'do-not-query-localhost: no',
    'do-ip6: no',
    // Without it, the first question for a name costs another one, for the zone's own name.
    'qname-minimisation: no',
    ...settingsOf(kind),
  ];
  const addresses = to.nameServers.map((it) => `stub-addr: 127.0.0.1@${it.port}`);
  const stubs = to.zones.map((zone) => section('stub-zone', [`name: "${zone}"`, ...addresses]));
  return [
    section('server', server),
    section('remote-control', ['control-enable: no']),
    ...stubs,
  ].join('');
}

function section(name: string, lines: readonly string[]): string {
  return `${name}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Starts an Unbound whose files are in `directory`. */
export async function startResolver(
  program: Program,
  directory: string,
  kind: ResolverKind,
  to: Delegation,
): Promise<Resolver> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const file = path.join(directory, 'unbound.conf');
  writeFileSync(file, configuration(kind, port, directory, to));
  const address = `127.0.0.1:${port}`;
  const server = await startServer(program, ['-d', '-c', file], () => isAnswering(address));
  return { address, stop: server.stop };
}

/** Asks for what no zone of the laboratory has: a name that Unbound answers itself. */
async function isAnswering(address: string): Promise<boolean> {
  const stub = new StubResolver({ timeout: 500, tries: 1 });
  stub.setServers([address]);
  const [found] = await stub.resolve4('localhost');
  return found === '127.0.0.1';
}
