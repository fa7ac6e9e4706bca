/**
 * Steady traffic from a process of its own: `node scripts/demo/traffic.ts URL REQUESTS_PER_SECOND`.
 * Sends what it counted to its parent twice a second and stops when the parent says so or is gone.
 * Talks to loopback only.
 */
import { Agent, get } from 'node:http';
import process from 'node:process';

/** What the users of a storefront saw since the start. */
export interface TrafficCounts {
  requests: number;
  /** Answers of the application by status. */
  statuses: Record<string, number>;
  /** Requests without an answer of the application: connection errors, 502, 503 and 504. */
  unanswered: number;
  /** What those were, for the curious. */
  reasons: Record<string, number>;
}

/** The same, and which version it was. */
export interface VersionCounts extends TrafficCounts {
  /** Answers by what they say in `x-storefront-version`. */
  versions: Record<string, number>;
}

const [url = '', rate = '100'] = process.argv.slice(2);
const target = new URL(url);
if (!['127.0.0.1', 'localhost'].includes(target.hostname)) throw new Error('loopback only');

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const paths = ['/', '/products', '/cart'];
const counts: VersionCounts = {
  requests: 0,
  statuses: {},
  unanswered: 0,
  reasons: {},
  versions: {},
};
const proxyStatuses = new Set([502, 503, 504]);

function count(record: Record<string, number>, key: string): void {
  record[key] = (record[key] ?? 0) + 1;
}

function unanswered(reason: string): void {
  counts.unanswered += 1;
  count(counts.reasons, reason);
}

function send(path: string): void {
  counts.requests += 1;
  const request = get({ agent, hostname: target.hostname, port: target.port, path }, (response) => {
    const status = response.statusCode ?? 0;
    const version = response.headers['x-storefront-version'];
    if (version) count(counts.versions, String(version));
    response.resume();
    response.once('end', () => {
      if (proxyStatuses.has(status)) unanswered(`status ${status}`);
      else count(counts.statuses, String(status));
    });
    response.once('error', (error) => unanswered(error.message));
  });
  request.once('error', (error: NodeJS.ErrnoException) => unanswered(error.code ?? error.message));
}

let sent = 0;
const startedAt = performance.now();
const ticker = setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * Number(rate));
  for (; sent < due; sent += 1) send(paths[sent % paths.length] ?? '/');
}, 10);
const reporter = setInterval(() => process.send?.(counts), 500);

async function stop(): Promise<void> {
  clearInterval(ticker);
  clearInterval(reporter);
  for (let i = 0; i < 200 && open() > 0; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 25));
  agent.destroy();
  if (process.connected) process.send?.(counts, () => process.exit(0));
  else process.exit(0);
}

/** Requests that have not been answered yet. */
function open(): number {
  const answered = Object.values(counts.statuses).reduce((sum, value) => sum + value, 0);
  return counts.requests - answered - counts.unanswered;
}

process.once('message', () => void stop());
process.once('disconnect', () => void stop());
