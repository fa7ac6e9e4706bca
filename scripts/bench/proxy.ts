import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { ask, end, startTarget, type Target } from './children.ts';
import { median, percentile, round } from './numbers.ts';
import type { BenchOptions, Measurement } from './row.ts';

const fixedRate = 1000;
const flipCount = 100;
const connections = 32;
const addedBudgetMs = 2;

/** An environment and a proxy before it, each in a process of its own, on loopback. */
interface Targets {
  directUrl: string;
  proxiedUrl: string;
  proxy: Target<unknown>;
}

async function withTargets<Result>(work: (targets: Targets) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'verdigris-bench-'));
  const started: Target<{ port: number }>[] = [];
  const start = async (file: string, args: string[]) => {
    const target = await startTarget<{ port: number }>(file, args);
    started.push(target);
    return { target, url: `http://127.0.0.1:${target.hello.port}` };
  };
  try {
    const direct = await start('upstream.ts', []);
    const proxied = await start('proxy.ts', [directory, direct.url, direct.url]);
    return await work({ directUrl: direct.url, proxiedUrl: proxied.url, proxy: proxied.target });
  } finally {
    await Promise.all(started.map(({ child }) => end(child)));
    await rm(directory, { recursive: true, force: true });
  }
}

/** What the local proxy adds to a direct connection to the same environment. */
export function measureProxy({ isQuick }: BenchOptions): Promise<Measurement> {
  return withTargets(async ({ directUrl, proxiedUrl }) => {
    const atFixedRate = await measureAtRate(directUrl, proxiedUrl, isQuick ? 1 : 11);
    const throughput = await measureThroughput(directUrl, proxiedUrl, isQuick ? 1 : 4);
    const { addedP99Ms } = atFixedRate;
    return {
      what: `local proxy at ${fixedRate} requests/s, added to a direct connection`,
      measured: `p99 ${addedP99Ms} ms, p50 ${atFixedRate.addedP50Ms} ms`,
      budget: `p99 ≤ ${addedBudgetMs} ms`,
      isMet: addedP99Ms <= addedBudgetMs,
      figures: { atFixedRate, throughput },
    };
  });
}

/** As many requests as go through, one after the other on each of the connections. */
async function measureThroughput(directUrl: string, proxiedUrl: string, seconds: number) {
  await saturate(proxiedUrl, 1);
  const direct = await saturate(directUrl, seconds);
  const proxied = await saturate(proxiedUrl, seconds);
  return { direct, proxied, ratio: round(proxied.requestsPerSecond / direct.requestsPerSecond) };
}

async function saturate(url: string, seconds: number) {
  const { requests, latency, duration } = await autocannon({ url, connections, duration: seconds });
  return {
    requestsPerSecond: Math.round(requests.total / duration),
    p50Ms: latency.p50,
    p99Ms: latency.p99,
  };
}

/**
 * Direct and proxied by turns, so that a noisy neighbour disturbs both alike and spoils a round
 * rather than the median. Rounds of less than two seconds would hide what happens once a second,
 * such as a garbage collection.
 */
async function measureAtRate(directUrl: string, proxiedUrl: string, rounds: number) {
  const secondsEach = 2;
  await pace(proxiedUrl, 2);
  await pace(directUrl, 2);
  const measured: { direct: Percentiles; proxied: Percentiles }[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const direct = await pace(directUrl, secondsEach);
    const proxied = await pace(proxiedUrl, secondsEach);
    measured.push({ direct, proxied });
  }
  const medianOf = (read: (entry: (typeof measured)[number]) => number) =>
    round(median(measured.map(read)));
  return {
    requestsPerSecond: fixedRate,
    rounds,
    secondsEach,
    directP50Ms: medianOf(({ direct }) => direct.p50),
    proxiedP50Ms: medianOf(({ proxied }) => proxied.p50),
    directP99Ms: medianOf(({ direct }) => direct.p99),
    proxiedP99Ms: medianOf(({ proxied }) => proxied.p99),
    addedP50Ms: medianOf(({ direct, proxied }) => proxied.p50 - direct.p50),
    addedP99Ms: medianOf(({ direct, proxied }) => proxied.p99 - direct.p99),
  };
}

interface Percentiles {
  p50: number;
  p99: number;
}

/**
 * Sends at a fixed rate whatever the answers do. autocannon cannot be used here: it sends each
 * second's requests in one burst, and it measures in whole milliseconds.
 */
async function pace(url: string, seconds: number): Promise<Percentiles> {
  const agent = new Agent({ keepAlive: true });
  const answers: Promise<number>[] = [];
  const startedAt = performance.now();
  const total = Math.round(seconds * fixedRate);
  while (answers.length < total) {
    const due = Math.min(total, ((performance.now() - startedAt) / 1000) * fixedRate);
    while (answers.length < due) answers.push(measureOne(url, agent));
    await sleep(1);
  }
  const latencies = await Promise.all(answers);
  agent.destroy();
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}

function measureOne(url: string, agent: Agent): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const req = get(url, { agent }, (res) => {
      res.resume();
      res.once('end', () => resolve(performance.now() - startedAt));
      res.once('error', reject);
    });
    req.once('error', reject);
  });
}

/** How many requests fail while the route flips under as much load as goes through. */
export function measureFlips({ isQuick }: BenchOptions): Promise<Measurement> {
  const seconds = isQuick ? 2 : 5;
  return withTargets(async ({ proxiedUrl, proxy }) => {
    const load = autocannon({ url: proxiedUrl, connections, duration: seconds });
    let failedByProxy = 0;
    for (let i = 0; i < flipCount; i += 1) {
      failedByProxy = (await ask<{ failed: number }>(proxy.child, 'flip')).failed;
      await sleep((seconds * 900) / flipCount);
    }
    const { requests, errors, non2xx } = await load;
    const failed = failedByProxy + errors + non2xx;
    return {
      what: `failed requests while traffic flips ${flipCount} times under load`,
      measured: `${failed} of ${requests.total}`,
      budget: '0',
      isMet: failed === 0,
      figures: { flips: flipCount, requests: requests.total, failed },
      hasFailures: failed > 0,
    };
  });
}
