import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parse, stringify } from 'yaml';
import { freePort } from '../free-port.ts';
import type { VersionCounts } from './traffic.ts';

const examples = path.join(import.meta.dirname, '../../examples/storefront');

/** A folder with a `verdigris.yml`, the storefront's manifest and its versions, on free ports. */
export interface Workplace {
  directory: string;
  configPath: string;
  /** Of the storefront behind the proxy. */
  storefrontUrl: string;
  manifest: Record<string, unknown>;
  artifact(version: string): string;
  remove(): void;
}

/** Makes a workplace in the system's temporary folder. */
export async function createWorkplace(): Promise<Workplace> {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-demo-'));
  cpSync(examples, directory, { recursive: true });
  const [apiPort, port] = [await freePort(), await freePort()];
  const shipped = parse(readFileSync(path.join(examples, 'storefront.yml'), 'utf8'));
  const manifest = { ...shipped, router: { ...shipped.router, port }, notify: [] };
  writeFileSync(path.join(directory, 'storefront.yml'), stringify(manifest));
  const configPath = path.join(directory, 'verdigris.yml');
  writeFileSync(configPath, stringify({ api: { port: apiPort }, services: ['storefront.yml'] }));
  return {
    directory,
    configPath,
    manifest,
    storefrontUrl: `http://127.0.0.1:${port}`,
    artifact: (version) => path.join(directory, version),
    remove: () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Users of the storefront. */
export interface Traffic {
  /** As of half a second ago at most. */
  counts(): VersionCounts;
  /** Stops sending and waits for the last answers. */
  stop(): Promise<VersionCounts>;
}

/** Starts steady traffic in a process of its own, so that it does not share our event loop. */
export function startTraffic(url: string, requestsPerSecond: number): Traffic {
  const script = path.join(import.meta.dirname, 'traffic.ts');
  const child: ChildProcess = fork(script, [url, String(requestsPerSecond)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let latest: VersionCounts = {
    requests: 0,
    statuses: {},
    unanswered: 0,
    reasons: {},
    versions: {},
  };
  child.on('message', (counts) => {
    latest = counts as VersionCounts;
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  process.once('exit', () => child.kill());
  return {
    counts: () => latest,
    async stop() {
      if (child.connected) child.send('stop');
      await gone;
      return latest;
    },
  };
}
