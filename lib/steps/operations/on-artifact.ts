import { artifactJson } from '../../release/artifact.ts';
import {
  type ArtifactArrival,
  type ArtifactMatch,
  describeArrival,
  describeSource,
  identityOf,
  matchArtifact,
} from '../../release/artifact-source.ts';
import { isoTime } from '../../release/clock.ts';
import { isNamed } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Manifest } from '../../release/manifest.ts';
import { nearestName } from '../../release/nearest.ts';
import { clip } from '../breach.ts';
import type { Ports } from '../ports.ts';
import { digestOf } from './digest.ts';
import { validManifests } from './manifests.ts';
import { startReleaseAs } from './start-release.ts';

/**
 * An artifact has landed: every service whose manifest asks for it is released, under an id derived
 * from service and artifact, so that the same arrival again starts nothing twice. A release that is
 * refused is on record as refused; an arrival that nobody asks for is written down once.
 * @throws LedgerUnavailableError, EngineUnavailableError and the like: the arrival has to be told
 * again, and only what is missing is done then.
 */
export async function onArtifact(arrival: ArtifactArrival, ports: Ports): Promise<void> {
  const manifests = await validManifests(ports);
  const matches = manifests.flatMap((manifest) => {
    const match = matchArtifact(manifest, arrival);
    return match ? [{ ...match, service: manifest.service }] : [];
  });
  if (matches.length === 0) return recordIgnored(arrival, manifests, ports);
  const started = await Promise.allSettled(matches.map((match) => release(match, ports)));
  const failed = started.find((it) => it.status === 'rejected');
  if (failed) throw failed.reason;
}

async function release(
  { service, artifact, identity }: ArtifactMatch & { service: string },
  ports: Ports,
): Promise<void> {
  const releaseId = `${service}-${await digestOf(service + identity, 10)}`;
  try {
    await startReleaseAs(releaseId, { service, artifact, by: 'artifact' }, ports);
    ports.log.info('an artifact is released', { service, releaseId, artifact });
  } catch (error) {
    if (!isNamed(error, 'ReleaseInProgressError', 'ReleaseFrozenError')) throw error;
    ports.log.warn('the release of an artifact was refused', { releaseId, reason: error.message });
  }
}

async function recordIgnored(
  arrival: ArtifactArrival,
  manifests: Manifest[],
  ports: Ports,
): Promise<void> {
  const what = describeArrival(arrival);
  const summary = `nobody asks for ${what}: ${whatIsExpected(arrival, manifests)}`;
  await ports.ledger.appendEvent({
    id: `*#artifact-ignored-${await digestOf(`${what} ${identityOf(arrival)}`, 16)}`,
    type: 'Artifact Ignored',
    releaseId: null,
    service: '*',
    at: isoTime(ports.clock.now()),
    by: 'artifact',
    summary: clip(summary, 1000),
    data: asJson(arrival),
  });
}

function asJson(arrival: ArtifactArrival): JsonObject {
  if (arrival.kind !== 'event') return { ...arrival };
  const { artifact } = arrival;
  return { ...arrival, artifact: artifactJson(artifact) };
}

/** What would have been right, for whoever wonders why nothing was released. */
function whatIsExpected(arrival: ArtifactArrival, manifests: Manifest[]): string {
  if (arrival.kind === 'event') {
    const known = manifests.map(({ service }) => service);
    const nearest = nearestName(arrival.service, known);
    if (nearest) return `did you mean "${nearest}"?`;
    return known.length > 0 ? `known services are ${known.join(', ')}` : 'no manifest is applied';
  }
  const expected = manifests.flatMap(({ service, artifact }) =>
    artifact?.kind === arrival.kind ? [`${describeSource(artifact)} (${service})`] : [],
  );
  return expected.length > 0
    ? `expected are ${expected.join(', ')}`
    : `no manifest has an artifact part of kind ${arrival.kind}`;
}
