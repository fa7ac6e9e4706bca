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

/** A host as it stands before a port. */
export function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
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
