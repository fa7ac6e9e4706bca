import { epochMs, isoTime } from '../../release/clock.ts';
import type { Breach, ReleaseDocument, Restoration } from '../../release/document.ts';
import { isNamed, messageOf, VerdigrisError } from '../../release/errors.ts';
import { breachFromError } from '../breach.ts';
import { inPhase } from '../document.ts';
import type { Ports } from '../ports.ts';

/** A change that was under way when its caller died may take effect this long after. */
const unknownLeaseMs = 60_000;
/** Traffic does not wait longer than this for an answer of the ledger. */
const ledgerAnswerMs = 1_000;

/** Asks the ledger without waiting for it: undefined where it gives no answer in time. */
export type Ask = <T>(question: () => Promise<T>) => Promise<T | undefined>;

/** After its first silence the ledger is not asked again within the same call. */
export function createImpatientAsker(ports: Ports): Ask {
  let isSilent = false;
  return async (question) => {
    if (isSilent) return undefined;
    const silence = Promise.withResolvers<never>();
    const cancel = ports.timers.after(ledgerAnswerMs, () =>
      silence.reject(new VerdigrisError('LedgerUnavailableError', 'no answer within a second')),
    );
    try {
      return await Promise.race([question(), silence.promise]);
    } catch (error) {
      if (isNamed(error, 'ReleaseInProgressError', 'ReleaseStateError')) throw error;
      ports.log.warn('rollback goes on without the ledger', { reason: messageOf(error) });
      isSilent = true;
      return undefined;
    } finally {
      cancel();
    }
  };
}

/** The document of a rollback that has begun. */
export function begin(document: ReleaseDocument, ports: Ports): ReleaseDocument {
  if (document.restoration) return document;
  return {
    ...inPhase(document, 'rolling-back', ports),
    restoration: {
      startedAt: isoTime(ports.clock.now()),
      isFenced: false,
      isApplied: false,
      hadTraffic: document.milestones.firstShiftAt !== null,
    },
  };
}

/**
 * Makes every earlier traffic change of this release stale, if the ledger can be reached. The
 * document of a release that has ended meanwhile comes back with its outcome.
 */
export async function fence(
  document: ReleaseDocument,
  ports: Ports,
  ask: Ask,
): Promise<ReleaseDocument> {
  const restoration = restorationOf(document);
  if (restoration.isFenced) return document;
  try {
    const lock = await ask(() => ports.ledger.raiseEpoch(document.service, document.releaseId));
    if (!lock) return { ...document, leaseUntil: worstLease(document) };
    const intents = await ask(() => ports.ledger.listIntents(document.releaseId));
    const deadlines = intents ? intents.map((intent) => intent.deadline) : [worstLease(document)];
    return {
      ...document,
      epoch: lock.epoch,
      leaseUntil: [...deadlines, document.leaseUntil ?? ''].sort().at(-1) || null,
      // What was written before the fence may have been read since: it is written once more.
      restoration: { ...restoration, isFenced: true, isApplied: false },
    };
  } catch (error) {
    if (!isNamed(error, 'ReleaseStateError')) throw error;
    const record = await ports.ledger.getRelease(document.releaseId);
    if (record?.outcome) return record.document;
    throw error;
  }
}

/** Until when a change that nobody can tell us of may still take effect. ISO 8601. */
function worstLease(document: ReleaseDocument): string {
  const unknown = isoTime(epochMs(restorationOf(document).startedAt) + unknownLeaseMs);
  return [unknown, document.leaseUntil ?? ''].sort().at(-1) ?? unknown;
}

/**
 * Why, as the ledger has it or else as the state machine brought it. Written down before anything is
 * moved, so that a late call of an earlier step finds that this release is being undone.
 */
export async function findCause(
  document: ReleaseDocument,
  ports: Ports,
  ask: Ask,
): Promise<ReleaseDocument> {
  const known = document.breach ?? breachFromError(document, ports);
  const breach: Breach =
    (await ask(() => ports.ledger.recordBreach(document.releaseId, known))) ?? known;
  const firstShiftAt =
    document.milestones.firstShiftAt ?? (await recordedShift(document, ports, ask));
  const milestones = { ...document.milestones, firstShiftAt, breachAt: breach.detectedAt };
  const restoration = { ...restorationOf(document), hadTraffic: firstShiftAt !== null };
  const caused = { ...document, breach, milestones, restoration };
  await ask(() => ports.ledger.saveDocument(caused));
  return caused;
}

/** A call that is gone may have seen green's traffic, and put it back. */
async function recordedShift(
  { releaseId }: ReleaseDocument,
  ports: Ports,
  ask: Ask,
): Promise<string | null> {
  const record = await ask(() => ports.ledger.getRelease(releaseId));
  return record?.document.milestones.firstShiftAt ?? null;
}

/** How far this rollback has come. @throws ReleaseStateError when it has not begun. */
export function restorationOf(document: ReleaseDocument): Restoration {
  if (document.restoration) return document.restoration;
  throw new VerdigrisError('ReleaseStateError', `rollback of ${document.releaseId} has not begun`);
}
