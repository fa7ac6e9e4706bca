import type {
  ApiToken,
  Approval,
  Decision,
  Ending,
  Ledger,
  QuietedAlarms,
  Receipt,
  ReleaseRecord,
  ReportedAlarm,
  TrafficIntent,
  Watch,
} from '../../lib/ledger/ledger.ts';
import { type BudgetTally, emptyTally } from '../../lib/release/budget-tally.ts';
import { type Breach, createDocument, type Outcome } from '../../lib/release/document.ts';
import type { ReleaseEvent } from '../../lib/release/events.ts';

/** What a ledger's contract suite runs against. */
export interface LedgerSubject {
  ledger: Ledger;
  /** The same ledger as another process sees it; the same object where there can't be one. */
  rival: Ledger;
}

/** ISO time, so many seconds after the beginning of the tests' time. */
export function timeAt(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

export function releaseOf(releaseId: string, service = 'storefront', seconds = 0): ReleaseRecord {
  const artifact = { uri: './v2.tgz', version: 'v2', digest: `sha256:${'a'.repeat(64)}` };
  const requestedAt = timeAt(seconds);
  const input = { releaseId, service, artifact, requestedBy: 'ada', requestedAt };
  return {
    ...input,
    phase: 'admitting',
    outcome: null,
    reason: null,
    endedAt: null,
    document: createDocument(input),
  };
}

/** A release that holds the lock, watches an alarm and waits for approval. */
export async function runningRelease(ledger: Ledger, releaseId = 'rel-1'): Promise<ReleaseRecord> {
  const { record: requested } = await ledger.createRelease(releaseOf(releaseId));
  const { epoch } = await ledger.acquireLock(requested.service, releaseId);
  const record = { ...requested, document: { ...requested.document, epoch } };
  await ledger.saveDocument(record.document);
  await ledger.putWatch(watchOf(releaseId, ['5xx']));
  await ledger.openApproval(requestOf(releaseId));
  return record;
}

/** A running release that has ended so. */
export async function endedRelease(ledger: Ledger, outcome: Outcome): Promise<ReleaseRecord> {
  const record = await runningRelease(ledger);
  return (await ledger.endRelease('rel-1', endingOf(record, outcome), [null])).record;
}

/** `epoch` is that of the lock; the one of the record's document if absent. */
export function endingOf(
  record: ReleaseRecord,
  outcome: Outcome,
  epoch: number = record.document.epoch,
): Ending {
  const document = { ...record.document, nextStepIndex: 7, epoch };
  const { releaseId, service } = record;
  const event = eventOf(`${releaseId}#${outcome}`, { type: 'Completed', releaseId, service });
  return { outcome, reason: `it ${outcome}`, at: timeAt(900), document, event };
}

export function intentOf(epoch: number, over: Partial<TrafficIntent> = {}): TrafficIntent {
  return {
    id: `rel-1#${epoch}#shift-0`,
    releaseId: 'rel-1',
    service: 'storefront',
    epoch,
    weights: { blue: 0, green: 100 },
    deadline: timeAt(30),
    ...over,
  };
}

export function eventOf(id: string, over: Partial<ReleaseEvent> = {}): ReleaseEvent {
  return {
    id,
    type: 'Traffic Shifted',
    releaseId: 'rel-1',
    service: 'storefront',
    at: timeAt(0),
    by: 'conductor',
    summary: 'Größe: 100 % on green',
    data: { weights: { green: 100 }, list: [1, null, 'two', true] },
    ...over,
  };
}

export function watchOf(
  releaseId: string,
  alarms: string[],
  token: string | null = 't',
  turn: string | null = 'turn-1',
): Watch {
  return { releaseId, service: 'storefront', alarms, token, turn, expiresAt: timeAt(3600) };
}

export function quietedOf(releaseId: string, over: Partial<QuietedAlarms> = {}): QuietedAlarms {
  return {
    releaseId,
    service: 'storefront',
    epoch: 1,
    signals: { kind: 'cloudwatch-alarms' },
    alarms: ['storefront-cpu', 'Größe ☂'],
    settlesAt: timeAt(60),
    ...over,
  };
}

export function breachOf(reason: string): Breach {
  return { kind: 'alarm', reason, detectedAt: timeAt(60), by: 'alarm:storefront-5xx' };
}

export function requestOf(
  releaseId: string,
  over: Partial<Approval> = {},
): Omit<Approval, 'state' | 'decisions'> {
  return {
    releaseId,
    requiredCount: 1,
    token: 'token-1',
    turn: 'turn-1',
    requestedAt: timeAt(0),
    expiresAt: timeAt(100),
    barred: null,
    ...over,
  };
}

export function decisionOf(
  by: string,
  decision: Decision['decision'] = 'approve',
  seconds = 50,
): Decision {
  return { by, decision, reason: null, at: timeAt(seconds) };
}

/** Its name is as unique as its id. */
export function tokenOf(id: string, over: Partial<ApiToken> = {}): ApiToken {
  return {
    id,
    name: `name of ${id}`,
    hash: 'a'.repeat(64),
    grants: [{ role: 'releaser', services: '*' }],
    createdBy: 'ada',
    createdAt: timeAt(0),
    expiresAt: null,
    revokedAt: null,
    revokedBy: null,
    ...over,
  };
}

/** It expires 100 seconds after it is made. */
export function claimOf(key: string, seconds = 0): Omit<Receipt, 'answer'> {
  return { key, at: timeAt(seconds), expiresAt: timeAt(seconds + 100) };
}

export function reportOf(name: string, over: Partial<ReportedAlarm> = {}): ReportedAlarm {
  return {
    name,
    state: 'firing',
    since: timeAt(10),
    reason: '5 % errors',
    source: 'alertmanager',
    heardAt: timeAt(11),
    ...over,
  };
}

export function tallyOf(
  service: string,
  revision: number,
  over: Partial<BudgetTally> = {},
): BudgetTally {
  return {
    ...emptyTally(service, timeAt(0)),
    revision,
    older: [[0, 14_400, 1000, 2, 0.5]],
    recent: [[14_400, 300, 10, 1, 0]],
    stop: { releaseId: 'rel-1', reason: 'Größe: 60 %', at: timeAt(1), isOver: false },
    ...over,
  };
}
