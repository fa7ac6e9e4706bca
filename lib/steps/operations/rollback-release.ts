import type { ReleaseRecord } from '../../ledger/ledger.ts';
import { isoTime } from '../../release/clock.ts';
import type { Breach, Outcome, ReleaseDocument } from '../../release/document.ts';
import { isNamed, VerdigrisError } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import type { ReleaseStatus } from '../../release/status.ts';
import { clip, recordBreach } from '../breach.ts';
import { isSameTraffic, splitTraffic, withoutError } from '../document.ts';
import type { Ports } from '../ports.ts';
import { record } from '../record.ts';
import { releaseInProgress } from '../retire.ts';
import { forNextExecution, hasRunningExecution, rollbackName } from './executions.ts';
import { storedManifestOf } from './manifests.ts';
import { pastRetirements } from './past-retirements.ts';
import { findRelease, getRelease } from './status.ts';

/** Puts traffic back. See `Operations.rollback`. */
export async function rollbackRelease(
  releaseId: string,
  by: string,
  reason: string | null,
  ports: Ports,
): Promise<ReleaseStatus> {
  const found = await findRelease(releaseId, ports.ledger);
  const breach: Breach = {
    kind: 'operator',
    reason: clip(reason ?? `${by} asked for a rollback`),
    detectedAt: isoTime(ports.clock.now()),
    by,
  };
  if (found.outcome === null) await rollbackRunning(found, breach, ports);
  else await rollbackEnded(found, breach, ports);
  return getRelease(releaseId, ports);
}

async function tellRequest(document: ReleaseDocument, breach: Breach, ports: Ports): Promise<void> {
  await record(document, ports, {
    key: `rollback-requested-${breach.detectedAt}`,
    type: 'Rollback Requested',
    at: breach.detectedAt,
    by: breach.by,
    summary: breach.reason,
  });
}

/** The running execution is told through its token, or finds the breach at its next look. */
async function rollbackRunning(found: ReleaseRecord, breach: Breach, ports: Ports): Promise<void> {
  await tellRequest(found.document, breach, ports);
  const isRunning = await hasRunningExecution(found, ports);
  const first = isRunning
    ? await recordOrUndo(found, breach, ports)
    : await rollBackStranded(found, breach, ports);
  if (first?.kind === 'hold') throw isBeingHeld(found.releaseId, first);
}

/** Null when it ended between the look and the breach: then it is undone as any ended one. */
async function recordOrUndo(
  found: ReleaseRecord,
  breach: Breach,
  ports: Ports,
): Promise<Breach | null> {
  try {
    return await recordBreach(found.document, ports, breach);
  } catch (error) {
    if (!isNamed(error, 'ReleaseStateError')) throw error;
    await rollbackEnded(await findRelease(found.releaseId, ports.ledger), breach, ports);
    return null;
  }
}

function isBeingHeld(releaseId: string, { by }: Breach): VerdigrisError {
  return new VerdigrisError(
    'ReleaseStateError',
    `${releaseId} is just being held, as ${by} asked; ask again in a moment, when it is`,
  );
}

/**
 * A release without an execution gets a rollback of its own, under a new epoch; one that somebody has
 * asked to hold is held by it. Comes back with the breach that it goes by.
 */
export async function rollBackStranded(
  found: ReleaseRecord,
  breach: Breach,
  ports: Ports,
): Promise<Breach> {
  const first = await ports.ledger.recordBreach(found.releaseId, breach);
  const { epoch } = await pastRetirements(ports, () =>
    ports.ledger.raiseEpoch(found.service, found.releaseId),
  );
  // Read again: what was found may be long past, and from here on no earlier step can write.
  const { document: newest } = await findRelease(found.releaseId, ports.ledger);
  // Each of several who hear of one end at once has raised the epoch: by what all have found, one starts.
  const executionEpoch = found.document.epoch + 1;
  const document = { ...newest, epoch, breach: first, executionEpoch };
  await ports.ledger.saveDocument(document);
  await startRollback(document, ports);
  return first;
}

const undoable: readonly Outcome[] = ['completed', 'held', 'rollback-failed'];

async function rollbackEnded(found: ReleaseRecord, breach: Breach, ports: Ports): Promise<void> {
  const { document } = await pastRetirements(ports, async () => {
    // Asked each time: it may have been this very blue that was removed meanwhile.
    await throwIfNotUndoable(found, ports);
    await tellRequest(found.document, breach, ports);
    return ports.ledger.reopenRelease(found.releaseId, undoable, 'rolling-back');
  });
  await ports.ledger.recordBreach(found.releaseId, breach);
  // A sweep must not take it for one that has stood still since it ended, nor look for another name.
  const opened = { ...document, breach, phaseSince: isoTime(ports.clock.now()) };
  const next = forNextExecution(opened);
  await ports.ledger.saveDocument(next);
  await startRollback(next, ports);
}

async function startRollback(document: ReleaseDocument, ports: Ports): Promise<void> {
  const input = { ...withoutError(document), restoration: null };
  await ports.engine.start('rollback', rollbackName(document), input as unknown as JsonObject);
}

/** A release that ended can be undone while its old side is there and nobody moved on from it. */
async function throwIfNotUndoable(found: ReleaseRecord, ports: Ports): Promise<void> {
  const { document, outcome, releaseId } = found;
  const refuse = (why: string) =>
    new VerdigrisError('NothingToRollBackError', `${releaseId}: ${why}`);
  if (outcome === null || !undoable.includes(outcome))
    throw refuse(`it ended as ${outcome}; there is nothing to undo`);
  const { plan, blue } = document;
  if (!plan || !blue) throw refuse('nothing was live before it');
  const status = await (await ports.adapters.environment(plan.environment, found.service)).status(
    blue,
  );
  // One that lacks a task or an instance for a moment takes requests all the same (rule 5).
  if (status.state === 'gone' || status.state === 'failed') {
    throw refuse(
      `the old environment ${blue.id} is ${status.state}; release ${blue.version} again instead`,
    );
  }
  if (outcome !== 'completed') return;
  const route = await (await ports.adapters.router(plan.router, found.service)).read();
  if (isSameTraffic(route.weights, splitTraffic(document, 100).weights)) return;
  throw refuse(`it is no longer what is live; roll back the release that followed it first`);
}

/** Rolls back what is running, or what completed last. See `Operations.rollbackService`. */
export async function rollbackService(
  service: string,
  by: string,
  reason: string | null,
  ports: Ports,
): Promise<ReleaseStatus> {
  await storedManifestOf(service, ports);
  const releases = await ports.ledger.listReleases({ service, limit: 50 });
  const running = await releaseInProgress(service, ports);
  const subject = running ?? releases.find((it) => it.outcome === 'completed')?.releaseId;
  if (!running) throwIfJustUndone(releases, subject);
  if (subject) return rollbackRelease(subject, by, reason, ports);
  throw new VerdigrisError(
    'NothingToRollBackError',
    `${service} has no release that could be undone`,
  );
}

/**
 * Whoever asks twice for the same rollback must not undo two releases: the second time they have to say
 * which one.
 */
function throwIfJustUndone(releases: readonly ReleaseRecord[], next: string | undefined): void {
  const last = releases.find(({ document }) => document.milestones.firstShiftAt !== null);
  const isUndone = last?.outcome === 'rolled-back' && last.document.breach?.kind === 'operator';
  if (!last || !isUndone) return;
  const { by } = last.document.breach ?? {};
  const further = next ? ` To go back further: verdigris rollback ${next}` : '';
  throw new VerdigrisError(
    'NothingToRollBackError',
    `${last.releaseId} was rolled back already, by ${by}; nothing was changed.${further}`,
  );
}
