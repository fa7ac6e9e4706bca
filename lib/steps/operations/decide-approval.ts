import type { Approval, Decision } from '../../ledger/ledger.ts';
import { isoTime } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { isSamePerson } from '../../release/person.ts';
import type { Ports } from '../ports.ts';
import { decisionHappening, describeRejection, record } from '../record.ts';
import { findRelease } from './status.ts';

/**
 * One person's word on a release that waits. See `Operations.approve` and `reject`. Who may not say yes
 * is kept out by the ledger, in the same transaction.
 */
export async function decideApproval(
  releaseId: string,
  decision: 'approve' | 'reject',
  by: string,
  reason: string | null,
  ports: Ports,
): Promise<Approval> {
  const { document, phase } = await findRelease(releaseId, ports.ledger);
  const open = await ports.ledger.getApproval(releaseId);
  const earlier = open?.decisions.find((it) => isSamePerson(it.by, by));
  if (earlier) throwIfOther(releaseId, earlier, decision);
  if (!open) {
    throw new VerdigrisError(
      'ApprovalClosedError',
      `${releaseId} does not wait for an approval (${phase})`,
    );
  }
  const at = isoTime(ports.clock.now());
  const word = { by, decision, reason, at };
  const approval = await ports.ledger.recordDecision(releaseId, word);
  const stored = approval.decisions.find((it) => isSamePerson(it.by, by)) ?? word;
  // Two words of one person at once: whoever comes second is told, and not taken at their word.
  throwIfOther(releaseId, stored, decision);
  await record(document, ports, decisionHappening(approval, stored));
  await tellEngine(approval, by, reason, ports);
  return approval;
}

function throwIfOther(
  releaseId: string,
  { by, decision }: Decision,
  asked: Decision['decision'],
): void {
  if (decision === asked) return;
  throw new VerdigrisError(
    'ReleaseStateError',
    `${by} has decided already (${decision}); a rollback of ${releaseId} undoes an approval`,
  );
}

async function tellEngine(approval: Approval, by: string, reason: string | null, ports: Ports) {
  if (approval.state === 'approved') await ports.engine.succeed(approval.token, {});
  if (approval.state !== 'rejected') return;
  const cause = describeRejection({ by, reason });
  await ports.engine.fail(approval.token, { name: 'ApprovalRejectedError', cause });
}
