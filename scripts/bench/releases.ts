import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { type ApiClient, createApiClient } from '../../cli/api-client.ts';
import type { ReleaseStatus } from '../../lib/http/api.ts';
import { type LocalConductor, up } from '../../lib/platform/local.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import type { AlarmDefinition } from '../../lib/signals/local-alarms/definition.ts';
import { createWorkplace, type Workplace } from '../demo/storefront.ts';
import { ask, end, startTarget, type Target } from './children.ts';
import { spreadOf } from './numbers.ts';
import type { BenchOptions, Measurement } from './row.ts';

const service = 'storefront';
const alarmNames = ['bench-a', 'bench-b'] as const;
const visitsPerSecond = 100;
const releaseCount = 50;
const rollbackBudgetMs = 100;
const conductorBudgetMs = 1000;

/** One release that an alarm undid. Milliseconds. */
interface Played {
  /** The alarm's transition until users were on blue again, as they saw it. */
  restoredForUsersMs: number;
  /** The breach on record until the router confirmed the old route, as the release says. */
  restoredOnRecordMs: number;
  /** Request accepted until all traffic was on green, without the time that provisioning took. */
  ownMs: number;
  provisioningMs: number;
}

interface Stage {
  conductor: LocalConductor;
  api: ApiClient;
  place: Workplace;
  users: Target<unknown>;
}

/** What the users saw since they started. */
interface Experience {
  restoredAt: number | null;
  requests: number;
  failed: number;
}

let played: Promise<{ releases: Played[]; requests: number; failed: number }> | undefined;

/** Both rows are about the same releases, which are played once. */
function playOnce(options: BenchOptions) {
  played ??= play(options.isQuick ? 3 : releaseCount);
  return played;
}

/** How long users stay on green when an alarm has gone off. */
export async function measureRollback(options: BenchOptions): Promise<Measurement> {
  const { releases, requests, failed } = await playOnce(options);
  const forUsersMs = spreadOf(releases.map((it) => it.restoredForUsersMs));
  const onRecordMs = spreadOf(releases.map((it) => it.restoredOnRecordMs));
  return {
    what: 'alarm received → all traffic back on blue, local',
    measured: `p99 ${forUsersMs.p99} ms, p95 ${forUsersMs.p95} ms, p50 ${forUsersMs.p50} ms`,
    budget: `p99 ≤ ${rollbackBudgetMs} ms`,
    isMet: forUsersMs.p99 <= rollbackBudgetMs,
    figures: { forUsersMs: { ...forUsersMs }, onRecordMs: { ...onRecordMs }, requests, failed },
    hasFailures: failed > 0,
  };
}

/** What the conductor itself needs from the request to the cutover. */
export async function measureConductor(options: BenchOptions): Promise<Measurement> {
  const { releases } = await playOnce(options);
  const ownMs = spreadOf(releases.map((it) => it.ownMs));
  const provisioningMs = spreadOf(releases.map((it) => it.provisioningMs));
  return {
    what: "conductor's own time from artifact event to cutover, checks and waits excluded",
    measured: `p99 ${ownMs.p99} ms, p50 ${ownMs.p50} ms`,
    budget: `≤ ${conductorBudgetMs} ms`,
    isMet: ownMs.p99 <= conductorBudgetMs,
    figures: { ownMs: { ...ownMs }, provisioningMs: { ...provisioningMs } },
  };
}

/** Releases v1, then v2 so many times, each undone by an alarm while users come and go. */
async function play(count: number) {
  const place = await createWorkplace();
  writeManifest(place, '1s');
  const conductor = await up({ configPath: place.configPath, log: silentLogger });
  const closers = [() => place.remove(), () => conductor.close()];
  try {
    const token = { token: conductor.token, source: 'bench' };
    const api = createApiClient({ url: conductor.url, token, actor: 'bench', fetch });
    await finishRelease(api, await startRelease(api, place, 'v1'));
    await api.applyManifest(service, writeManifest(place, '30m'));
    const address = `${place.storefrontUrl}/healthz`;
    const users = await startTarget('users.ts', [address, String(visitsPerSecond)]);
    closers.push(() => end(users.child));
    return await playAll({ conductor, api, place, users }, count);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function playAll(stage: Stage, count: number) {
  const releases: Played[] = [];
  for (let i = 0; i < count; i += 1) {
    releases.push(await playRelease(stage, alarmNames[i % 2] ?? alarmNames[0]));
  }
  const { requests, failed } = await ask<Experience>(stage.users.child, { since: 0, blue: 'v1' });
  return { releases, requests, failed };
}

async function playRelease(stage: Stage, alarm: string): Promise<Played> {
  const { api, place, conductor, users } = stage;
  const id = await startRelease(api, place, 'v2');
  await until(api, id, (it) => it.phase === 'watching');
  defineAlarms(conductor, alarm);
  const status = await finishRelease(api, id);
  const fired = status.events.find((event) => event.type === 'Alarm Fired');
  const since = Date.parse(fired?.at ?? '');
  defineAlarms(conductor, null);
  await sleep(50);
  const { restoredAt } = await ask<Experience>(users.child, { since, blue: 'v1' });
  const { detectToRestoredMs, cutoverMs } = status.timings;
  if (status.outcome !== 'rolled-back' || restoredAt === null || detectToRestoredMs === null) {
    throw new Error(`${id} ended as ${status.outcome} (${status.reason}), not rolled back`);
  }
  const at = (type: string) =>
    Date.parse(status.events.find((event) => event.type === type)?.at ?? '');
  const provisioningMs = at('Provisioned') - at('Release Admitted');
  return {
    restoredForUsersMs: restoredAt - since,
    restoredOnRecordMs: detectToRestoredMs,
    ownMs: (cutoverMs ?? Number.NaN) - provisioningMs,
    provisioningMs,
  };
}

/** One alarm goes off in the next second, or none does. */
function defineAlarms({ alarms }: LocalConductor, firing: string | null): void {
  const alarm = (threshold: number): AlarmDefinition => ({
    metric: 'requests',
    side: 'above',
    threshold,
    needed: 1,
    outOf: 1,
    missing: 'ok',
    minRequests: 1,
  });
  alarms.define(
    service,
    Object.fromEntries(
      alarmNames.map((name) => [name, alarm(name === firing ? -1 : Number.MAX_SAFE_INTEGER)]),
    ),
  );
}

/**
 * The storefront without checks and comparisons. An alarm of the release before may still be on: it
 * is ignored, so that the releases follow each other without a pause.
 */
function writeManifest({ directory }: Workplace, window: string): Record<string, unknown> {
  const file = join(directory, 'storefront.yml');
  const never = { metric: 'requests', above: Number.MAX_SAFE_INTEGER };
  const manifest = {
    ...parse(readFileSync(file, 'utf8')),
    checks: [],
    signals: {
      kind: 'local-alarms',
      alarms: Object.fromEntries(alarmNames.map((it) => [it, never])),
    },
    watch: { window, interval: '1s', alarms: [...alarmNames], alreadyFiring: 'ignore' },
    retain: '1s',
  };
  if (window === '30m') manifest.watch.interval = '60s';
  writeFileSync(file, stringify(manifest));
  return manifest;
}

async function startRelease(api: ApiClient, place: Workplace, version: string): Promise<string> {
  const artifact = { uri: place.artifact(version), version };
  return (await api.startRelease({ service, artifact })).releaseId;
}

function finishRelease(api: ApiClient, id: string): Promise<ReleaseStatus> {
  return until(api, id, (it) => it.outcome !== null);
}

/** Asks rarely enough that asking is not what is measured. */
async function until(
  api: ApiClient,
  id: string,
  isThere: (status: ReleaseStatus) => boolean,
): Promise<ReleaseStatus> {
  for (;;) {
    const status = await api.release(id);
    if (isThere(status)) return status;
    if (status.outcome !== null)
      throw new Error(`${id} ended as ${status.outcome}: ${status.reason}`);
    await sleep(50);
  }
}
