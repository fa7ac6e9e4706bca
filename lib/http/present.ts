import type { ApiToken, Approval, ManifestRecord, ReleaseRecord } from '../ledger/ledger.ts';
import { timingsOf } from '../release/status.ts';
import type { ApprovalAnswer, ManifestAnswer, ReleaseSummary, TokenAnswer } from './api.ts';

/** A record as lists show it: the document, with the plan and its variables, stays inside. */
export function presentRelease(record: ReleaseRecord): ReleaseSummary {
  return {
    releaseId: record.releaseId,
    service: record.service,
    version: record.artifact.version,
    phase: record.phase,
    outcome: record.outcome,
    reason: record.reason,
    requestedBy: record.requestedBy,
    requestedAt: record.requestedAt,
    endedAt: record.endedAt,
    blue: record.document.blue,
    green: record.document.green,
    timings: timingsOf(record.document),
  };
}

/** An approval without its task token: whoever had that could decide in everybody's name. */
export function presentApproval({
  token: _token,
  turn: _turn,
  ...approval
}: Approval): ApprovalAnswer {
  return approval;
}

/** What was stored; the source is what the caller has just sent. */
export function presentManifest({ source: _source, ...record }: ManifestRecord): ManifestAnswer {
  return record;
}

/** A token as people may see it. */
export function presentToken({ hash: _hash, ...token }: ApiToken): TokenAnswer {
  return token;
}
