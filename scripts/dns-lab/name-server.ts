import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../free-port.ts';
import type { Program } from './programs.ts';
import { startServer } from './server-process.ts';

/** What a name answers from now on, in PowerDNS' words; without contents it is removed. */
export interface PublishedSet {
  /** With the dot at its end. */
  name: string;
  /** A LUA record makes its answers up: https://doc.powerdns.com/authoritative/lua-records/ */
  type: 'LUA' | 'TXT';
  /** Seconds. */
  ttl: number;
  contents: readonly string[];
}

/** One of the zone's authoritative name servers: a PowerDNS on loopback. */
export interface NameServer {
  /** `127.0.0.1:port`, UDP and TCP. */
  address: string;
  port: number;
  addZone(zone: string): Promise<void>;
  /** Changes sets of a zone in one transaction. */
  publish(zone: string, sets: readonly PublishedSet[]): Promise<void>;
  stop(): Promise<void>;
}

/** The caches are off: what is published is answered at once, and weights are drawn for every question. */
function configuration(directory: string, program: Program, port: number, apiPort: number): string {
  const settings = {
    launch: 'lmdb',
    'lmdb-filename': path.join(directory, 'zones.lmdb'),
    'lmdb-shards': 1,
    'socket-dir': directory,
    'local-address': '127.0.0.1',
    'local-port': port,
    'enable-lua-records': 'yes',
    'distributor-threads': 1,
    'cache-ttl': 0,
    'query-cache-ttl': 0,
    'negquery-cache-ttl': 0,
    'zone-cache-refresh-interval': 0,
    'security-poll-suffix': '',
    webserver: 'yes',
    'webserver-address': '127.0.0.1',
    'webserver-port': apiPort,
    'webserver-loglevel': 'none',
    api: 'yes',
    'api-key': 'lab',
    ...(program.moduleDirectory && { 'module-dir': program.moduleDirectory }),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Starts a PowerDNS whose files are in `directory`. */
export async function startNameServer(program: Program, directory: string): Promise<NameServer> {
  mkdirSync(directory, { recursive: true });
  const [port, apiPort] = [await freePort(), await freePort()];
  writeFileSync(
    path.join(directory, 'pdns.conf'),
    configuration(directory, program, port, apiPort),
  );
  const call = createApi(`http://127.0.0.1:${apiPort}/api/v1/servers/localhost`);
  const server = await startServer(
    program,
    [`--config-dir=${directory}`, '--daemon=no', '--guardian=no'],
    () => call('GET', '').then(() => true),
  );
  return {
    address: `127.0.0.1:${port}`,
    port,
    addZone: (name) =>
      call('POST', '/zones', { name, kind: 'Native', nameservers: [`ns1.${name}`, `ns2.${name}`] }),
    publish: (zone, sets) => call('PATCH', `/zones/${zone}`, { rrsets: sets.map(replacementOf) }),
    stop: server.stop,
  };
}

function replacementOf({ name, type, ttl, contents }: PublishedSet): object {
  const records = contents.map((content) => ({ content, disabled: false }));
  return { name, type, ttl, changetype: records.length > 0 ? 'REPLACE' : 'DELETE', records };
}

function createApi(base: string) {
  return async (method: string, resource: string, body?: object): Promise<void> => {
    const response = await fetch(`${base}${resource}`, {
      method,
      headers: { 'x-api-key': 'lab', 'content-type': 'application/json' },
      signal: AbortSignal.timeout(10_000),
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`PowerDNS: ${method} ${resource} ${response.status} ${text}`);
  };
}
