import type { Approval } from '../ledger/ledger.ts';
import { epochMs, isoTime } from '../release/clock.ts';
import type { Plan } from '../release/plan.ts';
import { formatDuration } from '../release/quantities.ts';
import {
  alarmBreach,
  countingAlarmsIfAsked,
  errorNameOf,
  recordBreach,
  throwIfOver,
} from './breach.ts';
import { inPhase, planOf } from './document.ts';
import type { Ports } from './ports.ts';
import { record } from './record.ts';
import type { TokenStep } from './step.ts';

/**
 * Opens the approval and leaves its token where a decision or a breach finds it, then looks whether
 * either came before the token did.
 */
export const requestApproval: TokenStep = async (document, { token, turn }, ports) => {
  await throwIfOver(document, ports);
  const plan = planOf(document);
  const now = ports.clock.now();
  const expiresAt = isoTime(now + plan.approval.expiresInSeconds * 1000);
  const approval = await ports.ledger.openApproval({
    releaseId: document.releaseId,
    requiredCount: plan.approval.count,
    ...{ token, turn },
    requestedAt: isoTime(now),
    expiresAt,
    barred: plan.approval.hasSeparateDuties ? document.requestedBy : null,
  });
  const watch = await ports.ledger.getWatch(document.releaseId);
  if (watch) await ports.ledger.putWatch({ ...watch, token, turn });
  await ports.ledger.saveDocument(inPhase(document, 'awaiting-approval', ports));
  await record(document, ports, {
    key: 'approval-requested',
    type: 'Approval Requested',
    summary: describeRequest(plan, approval),
    data: {
      requiredCount: plan.approval.count,
      expiresAt: approval.expiresAt,
      barred: approval.barred,
    },
  });
  await answerIfDecided(approval, token, ports);
  const breach = await ports.ledger.getBreach(document.releaseId);
  if (breach)
    await ports.engine.fail(token, {
      name: errorNameOf(breach, document.plan),
      cause: breach.reason,
    });
  if (breach || plan.watch.alreadyFiring === 'ignore') return;
  const [alarm] = await countingAlarmsIfAsked(document, ports);
  if (alarm) await recordBreach(document, ports, alarmBreach(alarm, ports));
};

function describeRequest({ approval }: Plan, { barred }: Approval): string {
  const { count, expiresInSeconds } = approval;
  const needed = `${count} approval${count > 1 ? 's' : ''} needed`;
  const whose = barred === null ? '' : `, not of ${barred}`;
  return `${needed} within ${formatDuration(expiresInSeconds)}${whose}`;
}

/** It may have been decided, or have run out, while no task waited for it. */
async function answerIfDecided(approval: Approval, token: string, ports: Ports): Promise<void> {
  const { state, expiresAt } = approval;
  if (state === 'approved') await ports.engine.succeed(token, {});
  if (state === 'rejected') {
    await ports.engine.fail(token, { name: 'ApprovalRejectedError', cause: 'rejected' });
  }
  if (state !== 'open' || ports.clock.now() < epochMs(expiresAt)) return;
  const cause = `nobody decided until ${expiresAt}`;
  await ports.engine.fail(token, { name: 'ApprovalExpiredError', cause });
}
