import type { Review } from '../../http/operations.ts';
import type { Approval, ReleaseRecord } from '../../ledger/ledger.ts';
import { type Change, changesBetween } from '../../release/changes.ts';
import { epochMs } from '../../release/clock.ts';
import type { Breach } from '../../release/document.ts';
import { isSamePerson } from '../../release/person.ts';
import type { Plan } from '../../release/plan.ts';
import { planInWords } from '../../release/plan-in-words.ts';
import { budgetOf } from '../error-budget.ts';
import type { Ports } from '../ports.ts';
import { findRelease } from './status.ts';

/** What somebody has to know who decides on a release. See `Operations.review`. */
export async function review(releaseId: string, by: string, ports: Ports): Promise<Review> {
  const found = await findRelease(releaseId, ports.ledger);
  const { document, service } = found;
  const [approval, noted, last, errorBudget] = await Promise.all([
    ports.ledger.getApproval(releaseId),
    ports.ledger.getBreach(releaseId),
    lastCompletedBefore(found, ports),
    budgetOf(service, document.plan?.slo, ports),
  ]);
  const asked = document.plan?.approval;
  const breach = noted ?? document.breach;
  const closed = whyClosed({ found, approval, breach }, by, ports.clock.now());
  const whyNot = closed ?? whyBarred(approval, by);
  return {
    releaseId,
    service,
    requestedBy: found.requestedBy,
    requestedAt: found.requestedAt,
    state: stateOf(found, approval, ports.clock.now()),
    requiredCount: approval?.requiredCount ?? (asked?.isRequired ? asked.count : 0),
    separateDuties: asked?.hasSeparateDuties ?? false,
    expiresAt: approval?.expiresAt ?? null,
    decisions: approval?.decisions ?? [],
    canDecide: whyNot === null,
    whyNot,
    canReject: closed === null,
    comparedWith: last?.releaseId ?? null,
    artifact: { before: last?.artifact ?? null, after: found.artifact },
    changes: changesOf(last?.document.plan ?? null, document.plan),
    checks: document.checks,
    errorBudget,
    breach,
  };
}

/** Looked for among so many of a service. */
const lookBack = 50;

async function lastCompletedBefore(
  { service, releaseId, requestedAt }: ReleaseRecord,
  { ledger }: Ports,
): Promise<ReleaseRecord | null> {
  const releases = await ledger.listReleases({ service, limit: lookBack });
  const isEarlier = (it: ReleaseRecord) => epochMs(it.requestedAt) <= epochMs(requestedAt);
  const completed = releases.filter((it) => it.outcome === 'completed' && isEarlier(it));
  return completed.find((it) => it.releaseId !== releaseId) ?? null;
}

/** Nothing is a change where there is nothing to compare with. */
function changesOf(before: Plan | null, after: Plan | null): Change[] {
  return before && after ? changesBetween(planInWords(before), planInWords(after)) : [];
}

function hasRunOut({ expiresAt }: Approval, nowMs: number): boolean {
  return nowMs >= epochMs(expiresAt);
}

function stateOf(
  { outcome }: ReleaseRecord,
  approval: Approval | null,
  nowMs: number,
): Review['state'] {
  if (outcome === 'expired') return 'expired';
  if (!approval) return 'not-asked';
  return approval.state === 'open' && hasRunOut(approval, nowMs) ? 'expired' : approval.state;
}

interface Standing {
  found: ReleaseRecord;
  approval: Approval | null;
  breach: Breach | null;
}

/** Why this person can say nothing about it now, or null. */
function whyClosed({ found, approval, breach }: Standing, by: string, nowMs: number) {
  const own = approval?.decisions.find((it) => isSamePerson(it.by, by));
  if (own) return `you have decided already: ${own.decision === 'approve' ? 'yes' : 'no'}`;
  if (found.outcome !== null) return `the release has ended: ${found.outcome}`;
  if (breach) return `the release is being undone: ${breach.reason}`;
  if (!approval) return notAsked(found);
  if (approval.state !== 'open') return `it is ${approval.state} already`;
  if (hasRunOut(approval, nowMs)) return `the time to decide was over at ${approval.expiresAt}`;
  return null;
}

function whyBarred(approval: Approval | null, by: string): string | null {
  if (!approval?.barred || !isSamePerson(approval.barred, by)) return null;
  return 'you asked for this release, so somebody else has to approve it; you can reject it';
}

function notAsked({ document }: ReleaseRecord): string {
  return document.plan && !document.plan.approval.isRequired
    ? 'nobody has to approve releases of this service'
    : 'nobody has been asked yet';
}
