import type { ReleaseStatus } from '../../lib/http/api.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import type { Traffic } from '../demo/storefront.ts';
import type { Fault } from './faults.ts';
import { type FaultReport, type GoodReport, reportFault, reportGood } from './judge.ts';
import type { ShopManifest } from './manifest.ts';
import type { Stage } from './stage.ts';

const service = 'storefront';
const lookEveryMs = 50;

/** Releases versions of the shop, one after the other. */
export interface Play {
  /** Releases the good shop under this version's name. */
  releaseGood(version: string): Promise<GoodReport>;
  /** Releases a fault. If nobody stops it, the good shop is put back before this ends. */
  releaseFault(fault: Fault): Promise<FaultReport>;
}

/** @param traffic - the users, whose answers are counted by version */
export function createPlay(stage: Stage, traffic: () => Traffic | undefined): Play {
  const { session, conductor } = stage;
  const { api, io } = session;
  let applied = '';

  async function apply(differs: JsonObject): Promise<ShopManifest> {
    const manifest = stage.manifest(differs);
    const text = JSON.stringify(manifest.source);
    if (text !== applied) await api.applyManifest(service, manifest.source);
    applied = text;
    return manifest;
  }

  async function release(version: string, uri: string): Promise<ReleaseStatus> {
    // A release is refused while its alarm fires.
    while (conductor.alarms.firing(service, ['storefront-5xx']).length > 0) await io.sleep(100);
    const { releaseId } = await api.startRelease({ service, artifact: { uri, version } });
    return await untilOver(releaseId);
  }

  async function untilOver(releaseId: string): Promise<ReleaseStatus> {
    for (;;) {
      const status = await api.release(releaseId);
      if (status.outcome !== null) return status;
      await io.sleep(lookEveryMs);
    }
  }

  async function releaseGood(version: string): Promise<GoodReport> {
    const { kinds } = await apply({});
    return reportGood(await release(version, await stage.artifact(null)), kinds);
  }

  /** Whatever is live then, the next release needs a good one to be compared with. */
  async function putBack({ releaseId, outcome }: ReleaseStatus): Promise<void> {
    if (outcome === 'held') await api.resume(releaseId, { decision: 'rollback' });
    if (outcome === 'completed') await releaseGood('good-again');
  }

  return {
    releaseGood,
    async releaseFault(fault) {
      const { kinds } = await apply(fault.manifest);
      const status = await release(fault.name, await stage.artifact(fault.name));
      await putBack(status);
      const answers = traffic()?.counts().versions[fault.name] ?? 0;
      return reportFault(fault, status, kinds, answers);
    },
  };
}
