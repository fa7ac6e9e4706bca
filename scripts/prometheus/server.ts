import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { messageOf } from '../../lib/release/errors.ts';
import { freePort } from '../free-port.ts';
import { endKept, isOver, type KeptServer, launchKept } from '../kept-server.ts';
import { preparePrometheus } from './program.ts';

/** Whom a server asks for metrics, at `/metrics`. */
export interface ScrapeTarget {
  /** `127.0.0.1:8080`. */
  address: string;
  /** Put on everything that comes from there. */
  labels: Readonly<Record<string, string>>;
}

/** A Prometheus of our own, for as long as somebody needs it. */
export interface PrometheusServer {
  /** `http://127.0.0.1:port`. */
  url: string;
  /** Ends it and removes its files. May be called again. */
  stop(): Promise<void>;
}

const readyWithinMs = 30_000;
/** Another program may take the free port before the server does. */
const attempts = 3;

/**
 * Starts a Prometheus on a free port of 127.0.0.1 that asks these targets every second. It ends with this
 * process, however that ends.
 * @throws PrometheusMissingError where there is none; Error with what it said when it does not start.
 */
export async function startPrometheus(targets: readonly ScrapeTarget[]): Promise<PrometheusServer> {
  const program = preparePrometheus();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(program, targets);
    } catch (error) {
      if (attempt >= attempts || !/address already in use/i.test(messageOf(error))) throw error;
    }
  }
}

async function startOnce(
  program: string,
  targets: readonly ScrapeTarget[],
): Promise<PrometheusServer> {
  const address = `127.0.0.1:${await freePort()}`;
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-prometheus-'));
  // JSON is YAML.
  const config = path.join(directory, 'prometheus.yml');
  writeFileSync(config, JSON.stringify(configFor(targets)));
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${path.join(directory, 'data')}`,
    `--web.listen-address=${address}`,
  ];
  const server = launchKept({ directory, command: [program, ...flags], env: process.env });
  const stop = () => endKept(server);
  try {
    await untilReady(server, `http://${address}/-/ready`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://${address}`, stop };
}

function configFor(targets: readonly ScrapeTarget[]) {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      {
        job_name: 'app',
        static_configs: targets.map(({ address, labels }) => ({ targets: [address], labels })),
      },
    ],
  };
}

async function untilReady(server: KeptServer, url: string): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    if (isOver(server)) throw new Error(`Prometheus ended at once: ${server.said()}`);
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (performance.now() > deadline)
      throw new Error(`Prometheus does not get ready: ${server.said()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
