import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { CreatedTokenAnswer, ReleaseStatus } from '../../../lib/http/api.ts';
import type { Role } from '../../../lib/release/access.ts';
import { createWorkplace, startTraffic, type Traffic } from '../../../scripts/demo/storefront.ts';
import { type RunningConductor, startConductor } from '../local-conductor.ts';

/** Somebody with a name and a token. */
export interface Person {
  name: string;
  token: string;
}

/** The storefront on this machine, released by a conductor that a test can end and start again. */
export interface Shop {
  url: string;
  api: RunningConductor['api'];
  /** Who can do everything. */
  operator: Person;
  /** Somebody else, with a token of their own. */
  person(name: string, role: Role): Promise<Person>;
  artifact(version: string): string;
  /** Starts a release, as the operator. */
  release(version: string): Promise<ReleaseStatus>;
  /** Starts a release and sees it through. @throws Error when it did not complete. */
  complete(version: string): Promise<ReleaseStatus>;
  /** Looks until the release is as wanted. */
  until(releaseId: string, isThere: (status: ReleaseStatus) => boolean): Promise<ReleaseStatus>;
  /** Users, at this many requests in a second. */
  visitors(requestsPerSecond: number): Traffic;
  apply(manifest: Record<string, unknown>): Promise<void>;
  /** The conductor is away, and back when the returned function says so: same address, same ledger. */
  goAway(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Watched for a moment, so that a release completes while a test waits. */
export const shortWatch = { window: '1s', interval: '500ms', alarms: [], compare: {} };
/** Watched for longer than any test takes. */
export const longWatch = { ...shortWatch, window: '10m', interval: '5s' };

/** Opens the shop. `manifest` is what differs from the example's. */
export async function openShop(manifest: Record<string, unknown> = {}): Promise<Shop> {
  const place = await createWorkplace();
  const changed = { ...place.manifest, watch: shortWatch, ...manifest };
  writeFileSync(path.join(place.directory, 'storefront.yml'), stringify(changed));
  let conductor = await startConductor(place);
  const { url, token, api } = conductor;
  const traffics: Traffic[] = [];

  const until: Shop['until'] = async (releaseId, isThere) => {
    for (;;) {
      const status = await api.release(releaseId);
      if (isThere(status)) return status;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const release = (version: string) =>
    api.startRelease({
      service: 'storefront',
      artifact: { uri: place.artifact(version), version },
    });

  return {
    url,
    api,
    operator: { name: 'operator', token },
    artifact: (version) => place.artifact(version),
    release,
    until,
    async person(name, role) {
      const grants = [{ role, services: ['storefront'] }];
      const made: CreatedTokenAnswer = await api.createToken({ name, grants });
      return { name, token: made.token };
    },
    async complete(version) {
      const { releaseId } = await release(version);
      const status = await until(releaseId, ({ outcome }) => outcome !== null);
      if (status.outcome !== 'completed') throw new Error(`${version}: ${status.reason}`);
      return status;
    },
    visitors(requestsPerSecond) {
      const traffic = startTraffic(place.storefrontUrl, requestsPerSecond);
      traffics.push(traffic);
      return traffic;
    },
    async apply(differs) {
      await api.applyManifest('storefront', { ...changed, ...differs });
    },
    async goAway() {
      await conductor.stop();
      return async () => {
        conductor = await startConductor(place);
      };
    },
    async close() {
      for (const traffic of traffics) await traffic.stop();
      await conductor.stop();
      place.remove();
    },
  };
}
