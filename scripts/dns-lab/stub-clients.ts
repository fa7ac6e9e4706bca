import { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { addresses, type Side, sides } from './sides.ts';

/** A question and what came of it. Times are milliseconds since 1970. */
export interface Answer {
  askedAt: number;
  answeredAt: number;
  /** Who asked. */
  client: number;
  /** The server that was asked: `127.0.0.1:port`. */
  server: string;
  /** `empty`: a good answer without an address, or that the name does not exist. `failed`: none in time. */
  result: Side | 'empty' | 'failed';
  /** How long the answer may be kept, in seconds; 0 without one. */
  ttl: number;
}

/** Clients that ask the same servers, each on a schedule of its own. */
export interface AudienceOptions {
  /** A client keeps to one of these servers, unless it `roams`. */
  servers: readonly string[];
  clients: number;
  /** Each waits between half of this and half as much again before it asks. */
  everyMs: number;
  /** Clients take turns over all servers, as a resolver does with name servers. */
  roams: boolean;
  /** The servers are asked first at moments spread over this time, so that their caches differ in age. */
  spreadMs: number;
}

/** An audience while it asks. */
export interface Audience {
  /** Every answer up to now. */
  answers: readonly Answer[];
  /** Waits for the last answers. */
  stop(): Promise<void>;
}

const isEmptiness = (code: unknown) => code === 'ENODATA' || code === 'ENOTFOUND';

/** Asks once. Node.js' resolver (c-ares) keeps no answers. */
async function ask(stub: Resolver, name: string): Promise<Pick<Answer, 'result' | 'ttl'>> {
  try {
    const [found] = await stub.resolve4(name, { ttl: true });
    const side = sides.find((it) => addresses[it] === found?.address);
    return { result: side ?? 'empty', ttl: found?.ttl ?? 0 };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { result: isEmptiness(code) ? 'empty' : 'failed', ttl: 0 };
  }
}

function connect(address: string): Resolver {
  const stub = new Resolver({ timeout: 2000, tries: 2 });
  stub.setServers([address]);
  return stub;
}

/** Starts clients that ask for `name` until they are stopped. */
export function startAudience(name: string, options: AudienceOptions): Audience {
  const { servers, clients, everyMs, roams, spreadMs } = options;
  const stubs = servers.map((address) => ({ address, stub: connect(address) }));
  const answers: Answer[] = [];
  const stopping = new AbortController();
  const wait = (ms: number) =>
    delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  async function run(client: number): Promise<void> {
    const home = client % stubs.length;
    await wait((spreadMs * home) / stubs.length + Math.random() * 0.5 * everyMs);
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const target = stubs[(home + (roams ? turn : 0)) % stubs.length];
      if (!target) return;
      const askedAt = Date.now();
      const found = await ask(target.stub, name);
      answers.push({ askedAt, answeredAt: Date.now(), client, server: target.address, ...found });
      await wait(everyMs * (0.5 + Math.random()));
    }
  }

  const running = Array.from({ length: clients }, (_, client) => run(client));
  return {
    answers,
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
