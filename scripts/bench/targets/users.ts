// Users of the storefront in a process of their own, for scripts/bench/releases.ts. Arguments: a URL
// that answers `{ version }`, and requests per second. To `{ since, blue }` they answer when the last
// of them was back on blue: the end of the first answer by blue that was asked for after the last
// one that green answered. Times are milliseconds since the epoch.
import { Agent, get } from 'node:http';
import process from 'node:process';

interface Visit {
  sentAt: number;
  answeredAt: number;
  version: string | null;
}

const [url = '', rate = '100'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
let visits: Visit[] = [];
let failed = 0;
let requests = 0;

function visit(): void {
  const sentAt = Date.now();
  requests += 1;
  const request = get(url, { agent }, (answer) => {
    let body = '';
    answer.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    answer.once('end', () => {
      const version = answer.statusCode === 200 ? JSON.parse(body).version : null;
      if (version === null) failed += 1;
      visits.push({ sentAt, answeredAt: Date.now(), version });
    });
    answer.once('error', () => {
      failed += 1;
    });
  });
  request.once('error', () => {
    failed += 1;
  });
}

let sent = 0;
const startedAt = performance.now();
setInterval(() => {
  const due = ((performance.now() - startedAt) / 1000) * Number(rate);
  for (; sent < due; sent += 1) visit();
}, 2);

process.on('message', ({ since, blue }: { since: number; blue: string }) => {
  const later = visits.filter((it) => it.sentAt >= since).sort((a, b) => a.sentAt - b.sentAt);
  const lastElsewhere = later.findLast((it) => it.version !== blue)?.sentAt ?? since - 1;
  const back = later.find((it) => it.version === blue && it.sentAt > lastElsewhere);
  visits = [];
  process.send?.({ restoredAt: back?.answeredAt ?? null, requests, failed });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
