import type { Artifact } from '../../release/artifact.ts';
import { isoTime } from '../../release/clock.ts';
import { createDocument, type ReleaseDocument, type ReleaseInput } from '../../release/document.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import type { ReleaseStatus } from '../../release/status.ts';
import { throwIfFrozen } from '../admit.ts';
import { endRelease, openRecord } from '../ending.ts';
import type { Ports } from '../ports.ts';
import { record } from '../record.ts';
import { releaseInProgress } from '../retire.ts';
import { manifestOf } from './manifests.ts';
import { getRelease } from './status.ts';

/** Starts a release. See `Operations.startRelease` in lib/http/operations.ts. */
export async function startRelease(
  request: { service: string; artifact: Artifact; by: string },
  ports: Ports,
): Promise<ReleaseStatus> {
  const requested = await requestRelease(request, ports);
  try {
    await throwIfNotFree(request.service, ports);
  } catch (error) {
    await refuse(requested, messageOf(error), ports);
    throw error;
  }
  await startExecution(requested, ports);
  return getRelease(requested.releaseId, ports);
}

/** Only an execution that surely is not there is refused: a lost answer must not end a running one. */
async function startExecution(requested: ReleaseDocument, ports: Ports): Promise<void> {
  const input: ReleaseInput = {
    releaseId: requested.releaseId,
    service: requested.service,
    artifact: requested.artifact,
    requestedBy: requested.requestedBy,
    requestedAt: requested.milestones.requestedAt,
  };
  try {
    await ports.engine.start('release', requested.releaseId, input as unknown as JsonObject);
  } catch (error) {
    const started = await ports.engine.describe('release', requested.releaseId);
    if (started) return;
    await refuse(requested, messageOf(error), ports);
    throw error;
  }
}

async function refuse(requested: ReleaseDocument, reason: string, ports: Ports): Promise<void> {
  await endRelease(requested, { outcome: 'refused', reason, summary: reason }, ports);
}

/** Writes the wish down, so that a refused one is on record too. */
async function requestRelease(
  { service, artifact, by }: { service: string; artifact: Artifact; by: string },
  ports: Ports,
): Promise<ReleaseDocument> {
  await manifestOf(service, ports);
  const document = createDocument({
    releaseId: releaseIdOf(service, artifact.version, ports),
    service,
    artifact,
    requestedBy: by,
    requestedAt: isoTime(ports.clock.now()),
  });
  await ports.ledger.createRelease(openRecord(document));
  await record(document, ports, {
    key: 'requested',
    type: 'Release Requested',
    by,
    summary: `${service} ${artifact.version} from ${artifact.uri}`,
  });
  return document;
}

/** Also the execution's name: at most 80 of `A-Za-z0-9-_`. */
function releaseIdOf(service: string, version: string, ports: Ports): string {
  const safeVersion = version.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 24);
  return `${service}-${safeVersion}-${ports.ids.next().slice(0, 8)}`;
}

/** Refuses early what `admit` would refuse, so that whoever asks hears it at once. */
async function throwIfNotFree(service: string, ports: Ports): Promise<void> {
  await throwIfFrozen(service, ports);
  const releaseId = await releaseInProgress(service, ports);
  if (releaseId === null) return;
  throw new VerdigrisError(
    'ReleaseInProgressError',
    `${service} is being released by ${releaseId}; wait for it or roll it back`,
    { details: { releaseId } },
  );
}
