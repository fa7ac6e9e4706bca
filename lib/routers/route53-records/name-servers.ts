import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { RecordType } from './settings.ts';

/** Asks name servers, over real DNS. */
export interface NameServers {
  /**
   * What one name server answers: texts of a TXT, else addresses or names. Empty where it says that there
   * is nothing, null where it can't be reached or refuses. Takes 2 seconds at most.
   */
  ask(server: string, name: string, type: 'TXT' | RecordType): Promise<string[] | null>;
}

/** How to find and reach name servers; given by tests. */
export interface NameServerOptions {
  /** The address of a name server, `192.0.2.1` or `192.0.2.1:5353`; null where it is not known. */
  addressOf?: (server: string) => Promise<string | null>;
}

const patience = { timeout: 1000, tries: 1 };

/** Name servers as this machine reaches them. */
export function createNameServers({ addressOf = lookUp }: NameServerOptions = {}): NameServers {
  return {
    async ask(server, name, type) {
      const address = await addressOf(server);
      if (!address) return null;
      const resolver = new Resolver(patience);
      resolver.setServers([address]);
      try {
        return await query(resolver, name, type);
      } catch (error) {
        return saysNothing(error) ? [] : null;
      }
    },
  };
}

async function lookUp(server: string): Promise<string | null> {
  try {
    const [address = null] = await new Resolver(patience).resolve4(server);
    return address;
  } catch {
    return null; // a machine without a resolver can't ask anybody
  }
}

async function query(
  resolver: Resolver,
  name: string,
  type: 'TXT' | RecordType,
): Promise<string[]> {
  if (type === 'TXT') return (await resolver.resolveTxt(name)).map((strings) => strings.join(''));
  if (type === 'CNAME') return resolver.resolveCname(name);
  return type === 'A' ? resolver.resolve4(name) : resolver.resolve6(name);
}

function saysNothing(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return code === 'ENODATA' || code === 'ENOTFOUND';
}

/** An address or a name as two that mean the same are written: an IPv6 address has many forms. */
export function plainValue(value: string): string {
  if (isIP(value) === 6) return new URL(`http://[${value}]`).hostname;
  return value.toLowerCase().replace(/\.$/, '');
}
