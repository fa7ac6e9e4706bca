import type { ReleaseRecord } from '../ledger/ledger.ts';
import { isoTime } from '../release/clock.ts';
import { done, type Outcome, type ReleaseDocument } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';
import { endingTypes } from '../release/events.ts';
import type { AdapterConfig } from '../release/json.ts';
import { breachHappening, isAskedFor } from './breach.ts';
import { withoutError } from './document.ts';
import type { Ports } from './ports.ts';
import { restoreAlarms } from './quiet-alarms.ts';
import { decisionHappening, type Happening, notify, record, toEvent } from './record.ts';

/** How a release ends. */
export interface EndOfRelease extends Pick<Happening, 'summary' | 'by' | 'data'> {
  outcome: Outcome;
  /** Why, in one sentence, for the record. */
  reason: string;
  /** Names the ending within its release; the outcome if absent. */
  key?: string;
}

/**
 * Writes the outcome of a release that has none, with its event in the same transaction, and tells
 * the notifiers. When somebody else was faster, theirs stands and comes back.
 * @throws BreachError when the outcome is `completed` and a breach is recorded.
 * @throws LedgerUnavailableError, ReleaseUnknownError
 */
export async function endRelease(
  document: ReleaseDocument,
  { outcome, reason, key = outcome, ...told }: EndOfRelease,
  ports: Ports,
): Promise<ReleaseDocument> {
  await tellDecisions(document, ports);
  await tellBreach(document, ports);
  const at = isoTime(ports.clock.now());
  const ended: ReleaseDocument = {
    ...withoutError(document),
    phase: 'ended',
    phaseSince: at,
    outcome,
    milestones: { ...document.milestones, endedAt: at },
    step: done,
  };
  const event = toEvent(document, ports, { ...told, key, type: endingTypes[outcome], at });
  const ending = { outcome, reason, at, document: ended, event };
  const { record, isNew } = await ports.ledger.endRelease(document.releaseId, ending, [null]);
  if (isNew) await notify(ports, document, event, await notifiersOf(document, ports));
  return hasEnded(record.document, ports);
}

/**
 * What a step answers when its release has ended, now or before: whoever ended it may have died before it
 * gave the alarms their actions back.
 */
export async function hasEnded(document: ReleaseDocument, ports: Ports): Promise<ReleaseDocument> {
  await restoreAlarms(document, ports);
  return { ...document, step: done };
}

/** Whoever decided and lost the answer may not have come back to tell (rule 10). */
async function tellDecisions(document: ReleaseDocument, ports: Ports): Promise<void> {
  if (!document.plan?.approval.isRequired) return;
  const approval = await ports.ledger.getApproval(document.releaseId);
  if (!approval) return;
  for (const decision of approval.decisions) {
    await record(document, ports, decisionHappening(approval, decision));
  }
}

/** Nor may who recorded a breach. An operator's has its own line already. */
async function tellBreach(document: ReleaseDocument, ports: Ports): Promise<void> {
  const breach = (await ports.ledger.getBreach(document.releaseId)) ?? document.breach;
  if (breach && !isAskedFor(breach)) await record(document, ports, breachHappening(breach));
}

/** A refused release has no plan; whoever the manifest names hears of it all the same. */
async function notifiersOf(document: ReleaseDocument, ports: Ports): Promise<AdapterConfig[]> {
  if (document.plan) return document.plan.notify;
  try {
    const manifest = await ports.ledger.getManifest(document.service);
    return manifest ? (await ports.adapters.parseManifest(manifest.source)).notify : [];
  } catch (error) {
    ports.log.warn('nobody was told', { releaseId: document.releaseId, reason: messageOf(error) });
    return [];
  }
}

/** The record with which a release begins. */
export function openRecord(document: ReleaseDocument): ReleaseRecord {
  return {
    releaseId: document.releaseId,
    service: document.service,
    artifact: document.artifact,
    requestedBy: document.requestedBy,
    requestedAt: document.milestones.requestedAt,
    phase: document.phase,
    outcome: null,
    reason: null,
    endedAt: null,
    document,
  };
}
