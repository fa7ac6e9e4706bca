import type { Artifact } from '../../release/artifact.ts';
import { isoTime } from '../../release/clock.ts';
import { createDocument, type ReleaseDocument, type ReleaseInput } from '../../release/document.ts';
import { isNamed, messageOf, VerdigrisError } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import { type Slo, sloOf } from '../../release/slo.ts';
import type { ReleaseStatus } from '../../release/status.ts';
import { throwIfFrozen } from '../admit.ts';
import { endRelease, openRecord } from '../ending.ts';
import type { Ports } from '../ports.ts';
import { record } from '../record.ts';
import { releaseInProgress } from '../retire.ts';
import { manifestOf } from './manifests.ts';
import { getRelease } from './status.ts';

/** What somebody wants to be released. */
export interface ReleaseRequest {
  service: string;
  artifact: Artifact;
  by: string;
}

/** Starts a release. See `Operations.startRelease` in lib/http/operations.ts. */
export async function startRelease(request: ReleaseRequest, ports: Ports): Promise<ReleaseStatus> {
  const releaseId = releaseIdOf(request.service, request.artifact.version, ports);
  const { document, slo } = await requestRelease(releaseId, request, ports);
  try {
    await throwIfNotFree(document, slo, ports);
  } catch (error) {
    await refuse(document, messageOf(error), ports);
    throw error;
  }
  const failed = await startExecution(document, ports);
  if (!failed) return getRelease(releaseId, ports);
  await refuse(document, messageOf(failed.error), ports);
  throw failed.error;
}

/**
 * Starts a release under an id that its caller derived, so that asking again starts nothing twice and
 * mends what a crash cut short: a record without an execution gets one. After an error the record
 * stays open, and asking again goes on from there.
 * @throws ReleaseInProgressError, ReleaseFrozenError: the release is on record as refused.
 * @throws LedgerUnavailableError, EngineUnavailableError and the like, worth a repetition.
 */
export async function startReleaseAs(
  releaseId: string,
  request: ReleaseRequest,
  ports: Ports,
): Promise<void> {
  const { document, isNew, slo } = await requestRelease(releaseId, request, ports);
  if (document.outcome !== null) return;
  // Whoever asks again leaves the look at locks and freezes to Admit: what holds the lock by now may
  // be this very release, and a freeze that came later must not refuse what already runs.
  if (isNew) await refuseIfNotFree(document, slo, ports);
  const failed = await startExecution(document, ports);
  if (failed) throw failed.error;
}

/**
 * Starts the execution, or says why it surely is not there: a lost answer must not end a running one.
 * @throws when nobody can tell whether it is there.
 */
async function startExecution(
  requested: ReleaseDocument,
  ports: Ports,
): Promise<{ error: unknown } | null> {
  const input: ReleaseInput = {
    releaseId: requested.releaseId,
    service: requested.service,
    artifact: requested.artifact,
    requestedBy: requested.requestedBy,
    requestedAt: requested.milestones.requestedAt,
  };
  try {
    await ports.engine.start('release', requested.releaseId, input as unknown as JsonObject);
    return null;
  } catch (error) {
    const started = await ports.engine.describe('release', requested.releaseId);
    return started ? null : { error };
  }
}

/** What may pass by itself leaves the record open for the repetition. */
async function refuseIfNotFree(
  requested: ReleaseDocument,
  slo: Slo | undefined,
  ports: Ports,
): Promise<void> {
  try {
    await throwIfNotFree(requested, slo, ports);
  } catch (error) {
    if (isNamed(error, 'ReleaseInProgressError', 'ReleaseFrozenError')) {
      await refuse(requested, messageOf(error), ports);
    }
    throw error;
  }
}

async function refuse(requested: ReleaseDocument, reason: string, ports: Ports): Promise<void> {
  await endRelease(requested, { outcome: 'refused', reason, summary: reason }, ports);
}

/** Writes the wish down, so that a refused one is on record too. */
async function requestRelease(
  releaseId: string,
  { service, artifact, by }: ReleaseRequest,
  ports: Ports,
): Promise<{ document: ReleaseDocument; isNew: boolean; slo: Slo | undefined }> {
  const { slo } = await manifestOf(service, ports);
  const wish = createDocument({
    releaseId,
    service,
    artifact,
    requestedBy: by,
    requestedAt: isoTime(ports.clock.now()),
  });
  const { record: kept, isNew } = await ports.ledger.createRelease(openRecord(wish));
  const { document } = kept;
  await record(document, ports, {
    key: 'requested',
    type: 'Release Requested',
    at: document.milestones.requestedAt,
    by: document.requestedBy,
    summary: `${service} ${document.artifact.version} from ${document.artifact.uri}`,
  });
  return { document: { ...document, outcome: kept.outcome }, isNew, slo: slo && sloOf(slo) };
}

/**
 * Also the name of executions, of which Step Functions takes 80 of `A-Za-z0-9-_`: this leaves room for
 * what `executions.ts` and `retireName` add. The version is shortened for it, to nothing if need be.
 */
function releaseIdOf(service: string, version: string, ports: Ports): string {
  const unique = ports.ids.next().slice(0, 8);
  const room = longestReleaseId - service.length - unique.length - 2;
  const safeVersion = version.replace(/[^A-Za-z0-9]+/g, '-').slice(0, Math.min(24, room));
  return `${service}-${safeVersion}-${unique}`;
}

const longestReleaseId = 60;

/** Refuses early what `admit` would refuse, so that whoever asks hears it at once. */
async function throwIfNotFree(
  requested: ReleaseDocument,
  slo: Slo | undefined,
  ports: Ports,
): Promise<void> {
  const { service } = requested;
  await throwIfFrozen(service, slo, ports);
  const releaseId = await releaseInProgress(service, ports);
  // A repetition at the same time may have started the execution, which then holds the lock.
  if (releaseId === null || releaseId === requested.releaseId) return;
  throw new VerdigrisError(
    'ReleaseInProgressError',
    `${service} is being released by ${releaseId}; wait for it or roll it back`,
    { details: { releaseId } },
  );
}
