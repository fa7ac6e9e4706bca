import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { ApiClient } from '../../../cli/api-client.ts';
import type { ReleaseStatus } from '../../../lib/http/api.ts';
import { createWorkplace, type Workplace } from '../../demo/storefront.ts';
import { type ConductorProcess, startConductor } from './conductor-process.ts';
import { readLeftLedger } from './ledger-file.ts';
import { type KillPlan, windows } from './plan.ts';
import { endProcesses, findProcesses } from './processes.ts';
import { startVisitors, type Visitors } from './visitors.ts';

/** The one service of the run. */
export const service = 'storefront';

/** What gets all traffic. */
export interface Live {
  version: string;
  environmentId: string;
}

/** A conductor that can be killed, its users, and what is live. */
export interface Stage {
  place: Workplace;
  dataDirectory: string;
  conductor: ConductorProcess;
  api: ApiClient;
  visitors: Visitors;
  live: Live;
}

/** The part of a plan that a manifest is about. */
export type Shape = Pick<KillPlan, 'version' | 'isCanary' | 'needsApproval'>;

const plain: Shape = { version: 'v2', isCanary: false, needsApproval: false };
/** An uninterrupted release of a plain version ends within this time. */
const releaseLimitMs = 30_000;

/** Workplaces whose environments would outlive this process. */
const open = new Set<Workplace>();
process.on('exit', () => open.forEach(clear));

/** Makes a workplace, releases v1 there and lets users in. */
export async function openStage(): Promise<Stage> {
  const place = await createWorkplace();
  open.add(place);
  writeManifest(place, plain);
  const conductor = startConductor(place);
  try {
    const api = await conductor.ready;
    const live = await releasePlainly(api, place, 'v1');
    const visitors = startVisitors(place.storefrontUrl);
    const dataDirectory = join(place.directory, '.verdigris');
    return { place, dataDirectory, conductor, api, visitors, live };
  } catch (error) {
    await conductor.kill();
    clear(place);
    throw error;
  }
}

/** Ends everything at once, whatever state it is in. */
export async function dropStage({ visitors, conductor, place }: Stage): Promise<void> {
  await conductor.kill();
  await visitors.stop();
  clear(place);
}

/** Ends what is left of a workplace. Waits for nothing, so that it can be the last act of a process. */
function clear(place: Workplace): void {
  endProcesses(place.directory);
  place.remove();
  open.delete(place);
}

/**
 * The last look at a stage that was killed often: a plain release completes, an orderly stop ends
 * every process, and the ledger is whole. Returns what is wrong.
 */
export async function closeStage(stage: Stage): Promise<string[]> {
  const { api, place, conductor, visitors, dataDirectory } = stage;
  await applyManifest(stage, plain);
  await releasePlainly(api, place, 'v2');
  // The conductor serves the users: they leave before it does.
  await visitors.stop();
  const code = await conductor.stop();
  const left = findProcesses(place.directory);
  const { integrity } = readLeftLedger(dataDirectory, 'v2');
  clear(place);
  return [
    ...(code === 0 ? [] : [`the orderly stop at the end ended with ${code}`]),
    ...left.map(({ environmentId }) => `${environmentId} outlived the orderly stop at the end`),
    ...(integrity === 'ok' ? [] : [`the ledger at the end: ${integrity}`]),
  ];
}

/** Makes the manifest one for this kind of release, in the file too, which every start applies. */
export async function applyManifest({ api, place }: Stage, shape: Shape): Promise<void> {
  await api.applyManifest(service, writeManifest(place, shape));
}

function writeManifest({ directory, manifest }: Workplace, shape: Shape): Record<string, unknown> {
  const isBad = shape.version === 'v3';
  const all = { weight: 100 };
  const changed = {
    ...manifest,
    approval: { required: shape.needsApproval },
    cutover: { steps: shape.isCanary ? [{ weight: 50, bake: `${windows.bake}ms` }, all] : [all] },
    watch: {
      window: `${isBad ? windows.bad : windows.good}ms`,
      interval: '500ms',
      // Only the version that fails under traffic: users that are cut off must not undo a good one.
      alarms: isBad ? ['storefront-5xx'] : [],
    },
    retain: '3s',
  };
  writeFileSync(join(directory, 'storefront.yml'), stringify(changed));
  return changed;
}

/** Asks for a release. `name` is its version in the ledger, which its environment bears too. */
export function startRelease(
  { api, place }: Pick<Stage, 'api' | 'place'>,
  folder: string,
  name: string,
): Promise<ReleaseStatus> {
  return api.startRelease({ service, artifact: { uri: place.artifact(folder), version: name } });
}

/** @throws Error when it does not complete. */
async function releasePlainly(api: ApiClient, place: Workplace, version: string): Promise<Live> {
  const { releaseId } = await startRelease({ api, place }, version, version);
  const deadline = performance.now() + releaseLimitMs;
  for (;;) {
    const { outcome, reason, phase, green } = await api.release(releaseId);
    if (outcome === 'completed' && green) return { version, environmentId: green.id };
    const isLate = performance.now() > deadline;
    if (outcome !== null || isLate)
      throw new Error(`the plain release ${releaseId} is ${outcome ?? phase}: ${reason}`);
    await sleep(20);
  }
}
