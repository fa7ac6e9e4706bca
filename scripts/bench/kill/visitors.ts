import { Agent, get, type IncomingMessage } from 'node:http';
import type { Outage, Visit } from './visit.ts';

/** Users who come all the time, also while nobody answers. */
export interface Visitors {
  /** What has ended since the last call. */
  take(): Visit[];
  /** Visits that were sent at or after that time and have been answered by an environment. */
  answeredSince(sentAt: number): Visit[];
  /** The conductor is about to be killed. */
  outageBegins(): void;
  /** The killed process is gone: from now on only the next one can answer. */
  conductorGone(): void;
  /** Every outage so far, the last one open until somebody was answered. */
  outages(): readonly Outage[];
  /** Of every outage that is over: from the kill to the end of the first answer, in milliseconds. */
  silencesMs(): readonly number[];
  /** Sends no more and waits for what is under way. */
  stop(): Promise<void>;
}

const requestsPerSecond = 100;
const paths = ['/products', '/cart', '/healthz'] as const;
/** Longer than any answer of the storefront takes. */
const patienceMs = 10_000;

/** Sends steady traffic to a storefront on this machine. */
export function startVisitors(url: string): Visitors {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const outages: Outage[] = [];
  const silencesMs: number[] = [];
  let goneAt = Number.POSITIVE_INFINITY;
  const ended: Visit[] = [];
  let underWay = 0;

  function note(visit: Visit): void {
    underWay -= 1;
    ended.push(visit);
    const open = openOutage();
    if (!open || visit.connectedAt === null || visit.failure !== null) return;
    if (visit.sentAt < goneAt) return;
    open.until = visit.connectedAt;
    silencesMs.push(visit.endedAt - open.from);
  }

  function openOutage(): Outage | undefined {
    const last = outages.at(-1);
    return last?.until === Number.POSITIVE_INFINITY ? last : undefined;
  }

  let sent = 0;
  const startedAt = performance.now();
  const ticker = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * requestsPerSecond;
    for (; sent < due; sent += 1) {
      underWay += 1;
      void visit(`${url}${paths[sent % paths.length]}`, agent).then(note);
    }
  }, 5);

  return {
    take: () => ended.splice(0),
    answeredSince: (since) =>
      ended.filter(({ sentAt, version }) => sentAt >= since && version !== null),
    outageBegins() {
      // A second kill before anybody was answered makes the same outage longer.
      if (!openOutage()) outages.push({ from: performance.now(), until: Number.POSITIVE_INFINITY });
      goneAt = Number.POSITIVE_INFINITY;
    },
    conductorGone() {
      goneAt = performance.now();
    },
    outages: () => outages,
    silencesMs: () => silencesMs,
    async stop() {
      clearInterval(ticker);
      while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      agent.destroy();
    },
  };
}

/** What a visit came to, apart from its times. */
type Answer = Omit<Visit, 'sentAt' | 'connectedAt' | 'endedAt'>;

/** One visit. Never rejects. */
function visit(url: string, agent: Agent): Promise<Visit> {
  const sentAt = performance.now();
  const { promise, resolve } = Promise.withResolvers<Visit>();
  let connectedAt: number | null = null;
  const connected = () => {
    connectedAt = performance.now();
  };
  const end = (outcome: Answer) =>
    resolve({ sentAt, connectedAt, endedAt: performance.now(), ...outcome });
  const fail = (error: NodeJS.ErrnoException) =>
    end({ status: 0, version: null, isTruthful: true, failure: error.code ?? error.message });
  const request = get(url, { agent, signal: AbortSignal.timeout(patienceMs) }, (answer) => {
    let body = '';
    answer.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    answer.once('error', fail);
    answer.once('end', () => end(read(answer, body)));
  });
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', connected);
    else connected();
  });
  request.once('error', fail);
  return promise;
}

/** Every answer of the storefront bears its version twice; a failure's body says only what failed. */
function read(answer: IncomingMessage, body: string): Answer {
  const status = answer.statusCode ?? 0;
  const mark = answer.headers['x-storefront-version'];
  const version = typeof mark === 'string' ? mark : null;
  const isTruthful = status !== 200 || versionIn(body) === version;
  return { status, version, isTruthful, failure: null };
}

function versionIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { version?: unknown }).version;
  } catch {
    return undefined;
  }
}
