import { z } from 'zod';

/** Hosts and ports that somebody calls, or may call. */
export interface Destination {
  /** In lower case; `*.example.com` is every host below. */
  host: string;
  firstPort: number;
  lastPort: number;
}

const anyPort = { firstPort: 1, lastPort: 65_535 };

/** `host`, `host:port`, `host:first-last`, with `*.` before a host for all below, `[…]` around IPv6. */
export function parseDestination(text: string): Destination | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|((?:\*\.)?[A-Za-z0-9_.-]+))(?::(\d+)(?:-(\d+))?)?$/.exec(
    text,
  );
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) return null;
  const [first, last] = [match?.[3], match?.[4]];
  const ports = first === undefined ? anyPort : portsOf(Number(first), Number(last ?? first));
  return ports && { host: host.toLowerCase(), ...ports };
}

function portsOf(firstPort: number, lastPort: number) {
  const isRange = firstPort >= 1 && firstPort <= lastPort && lastPort <= 65_535;
  return isRange ? { firstPort, lastPort } : null;
}

const port = z.int().min(1).max(65_535);
const hostAndPorts = z.union([
  z.object({ host: z.string().min(1), port }).transform((it) => `${hostText(it.host)}:${it.port}`),
  z
    .object({ host: z.string().min(1), ports: z.tuple([port, port]) })
    .transform((it) => `${hostText(it.host)}:${it.ports[0]}-${it.ports[1]}`),
  z.object({ host: z.string().min(1) }).transform((it) => hostText(it.host)),
  z.string().min(1),
]);

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * What a service says that it calls: a list of `host:port`, `{host, port}` or `{host, ports: [first, last]}`.
 * @throws Error that says what is no list, or no host.
 */
export function readDeclared(value: unknown): Destination[] {
  const list = z.array(hostAndPorts).safeParse(value);
  if (!list.success) throw new Error('it is no list of host:port or { host, ports }');
  return list.data.map((text) => {
    const found = parseDestination(text);
    if (!found) throw new Error(`"${text.slice(0, 80)}" is no host:port`);
    return found;
  });
}

/** Whether one entry of the list covers it with all its ports. */
export function isAllowed(allowed: readonly Destination[], wanted: Destination): boolean {
  return allowed.some(
    (entry) =>
      hostCovers(entry.host, wanted.host) &&
      entry.firstPort <= wanted.firstPort &&
      wanted.lastPort <= entry.lastPort,
  );
}

function hostCovers(entry: string, host: string): boolean {
  if (entry === host) return true;
  return entry.startsWith('*.') && host.endsWith(entry.slice(1));
}

/** As people write it. */
export function destinationText({ host, firstPort, lastPort }: Destination): string {
  const name = hostText(host);
  if (firstPort === anyPort.firstPort && lastPort === anyPort.lastPort) return name;
  return firstPort === lastPort ? `${name}:${firstPort}` : `${name}:${firstPort}-${lastPort}`;
}
