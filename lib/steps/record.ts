import type { Approval, Decision } from '../ledger/ledger.ts';
import type { ReleaseFacts } from '../notifiers/notifier.ts';
import { isoTime } from '../release/clock.ts';
import type { EnvironmentRef, ReleaseDocument } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';
import { type EventType, isPublic, type ReleaseEvent } from '../release/events.ts';
import type { AdapterConfig, JsonObject } from '../release/json.ts';
import type { Ports } from './ports.ts';

/** Something to write down. */
export interface Happening {
  /** Names the happening within its release, so that repeating a step does not repeat it. */
  key: string;
  type: EventType;
  summary: string;
  /** Who asked; the conductor itself if absent. */
  by?: string;
  /** ISO 8601; now if absent. */
  at?: string;
  data?: JsonObject;
}

/** What is told of one person's word on an approval, the same whoever tells it. */
export function decisionHappening(
  { decisions, requiredCount }: Approval,
  { by, decision, reason, at }: Decision,
): Happening {
  const isApproval = decision === 'approve';
  const given = decisions.filter((it) => it.decision === 'approve' && it.at <= at).length;
  const words = isApproval ? `${given} of ${requiredCount}` : 'rejected';
  return {
    key: `decision-${by}`,
    type: isApproval ? 'Approval Given' : 'Approval Rejected',
    at,
    by,
    summary: `${by}: ${words}${reason ? `, ${reason}` : ''}`,
  };
}

/** Why a release ends that somebody said no to. */
export function describeRejection({ by, reason }: Pick<Decision, 'by' | 'reason'>): string {
  return `${by} rejected the release${reason ? `: ${reason}` : ''}`;
}

type Subject = Pick<ReleaseDocument, 'releaseId' | 'service'>;

/** The event of a happening. */
export function toEvent(
  subject: Subject,
  ports: Pick<Ports, 'clock'>,
  what: Happening,
): ReleaseEvent {
  return {
    id: `${subject.releaseId}#${what.key}`,
    type: what.type,
    releaseId: subject.releaseId,
    service: subject.service,
    at: what.at ?? isoTime(ports.clock.now()),
    by: what.by ?? 'conductor',
    summary: what.summary,
    data: what.data ?? {},
  };
}

/**
 * Writes an event down and tells the notifiers, the first time only.
 * @throws LedgerUnavailableError
 */
export async function record(
  document: ReleaseDocument,
  ports: Ports,
  what: Happening,
): Promise<void> {
  const event = toEvent(document, ports, what);
  const { isNew } = await ports.ledger.appendEvent(event);
  if (isNew) await notify(ports, document, event);
}

/**
 * The same where nothing may stand in the way: what the ledger does not take now travels in the
 * document and is offered again by {@link recordUnrecorded}.
 */
export async function recordOrKeep(
  document: ReleaseDocument,
  ports: Ports,
  what: Happening,
): Promise<ReleaseDocument> {
  const event = toEvent(document, ports, what);
  try {
    const { isNew } = await ports.ledger.appendEvent(event);
    if (isNew) await notify(ports, document, event);
    return document;
  } catch (error) {
    ports.log.warn('event kept for later', { event: event.id, reason: messageOf(error) });
    return { ...document, unrecorded: [...document.unrecorded, event] };
  }
}

/** Offers kept events to the ledger. @throws LedgerUnavailableError with nothing forgotten. */
export async function recordUnrecorded(
  document: ReleaseDocument,
  ports: Ports,
): Promise<ReleaseDocument> {
  for (const event of document.unrecorded) {
    const { isNew } = await ports.ledger.appendEvent(event);
    if (isNew) await notify(ports, document, event);
  }
  return { ...document, unrecorded: [] };
}

/** Tells every notifier of a public event. Whatever they do, the release goes on. */
export async function notify(
  ports: Ports,
  document: ReleaseDocument,
  event: ReleaseEvent,
  configs: readonly AdapterConfig[] = document.plan?.notify ?? [],
): Promise<void> {
  if (!isPublic(event)) return;
  const all = [...ports.adapters.standingNotifiers, ...configs];
  const facts = factsOf(document);
  const sent = all.map(async (config) =>
    (await ports.adapters.notifier(config)).send(event, facts),
  );
  for (const result of await Promise.allSettled(sent)) {
    if (result.status === 'rejected') {
      ports.log.warn('notifier failed', { event: event.id, reason: messageOf(result.reason) });
    }
  }
}

function factsOf(document: ReleaseDocument): ReleaseFacts {
  const { releaseId, service, artifact, requestedBy, plan, blue, green } = document;
  const { uri, version, digest } = artifact;
  const side = (ref: EnvironmentRef | null) => ref && { id: ref.id, version: ref.version };
  return {
    releaseId,
    service,
    owner: plan?.owner ?? null,
    artifact: { uri, version, digest: digest ?? null },
    requestedBy,
    blue: side(blue),
    green: side(green),
  };
}
